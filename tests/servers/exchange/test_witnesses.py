"""Clients that others have written list and fetch from the double what lies in it: exchangelib, and DavMail."""

from __future__ import annotations

import imaplib
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import exchangelib
import pytest
from exchangelib.errors import ErrorMimeContentConversionFailed
from exchangelib.protocol import CachingProtocol

from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.certificates import Certificates
from tests.servers.exchange.conftest import mail
from tests.servers.exchange.davmail import davmail, must_be_installed
from tests.servers.exchange.items import FORWARDED, REPLIED, Attachment, ExchangeItem
from tests.servers.exchange.logins import Accounts
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.exchange.windows import end_point
from tests.servers.maildir import MailItem
from tests.servers.mutf7 import decode_name

ANNA = "anna@old.example"
ROLES = {
    "Posteingang": "inbox",
    "Gesendete Elemente": "sentitems",
    "Entwürfe": "drafts",
    "Gelöschte Elemente": "deleteditems",
    "Junk-E-Mail": "junkemail",
    "Postausgang": "outbox",
}
Mail = tuple[str, bytes]
"""Path of a folder, and the octets."""


class FlagStatus(exchangelib.ExtendedProperty):  # type: ignore[misc]
    """PR_FLAG_STATUS."""

    property_tag = 0x1090
    property_type = "Integer"


class LastVerb(exchangelib.ExtendedProperty):  # type: ignore[misc]
    """What was done with a message last."""

    property_tag = 0x1081
    property_type = "Integer"


@pytest.fixture
def full() -> ExchangeMailbox:
    """Anna's, with a bit of everything."""
    mailbox = ExchangeMailbox()
    for name, role in ROLES.items():
        mailbox.add_folder(name, role)
    inbox = mailbox.roles["inbox"]
    calendar = mailbox.add_folder("Kalender", "calendar", folder_class="IPF.Appointment")
    calendar.add(b"", item_class="IPM.Appointment")
    mailbox.add_folder("Kontakte", "contacts", folder_class="IPF.Contact").add(b"", item_class="IPM.Contact")
    below = mailbox.add_folder("Projekte & <mehr>", parent=inbox)
    for name, parent in (("2024", below), ("日本", inbox), ("Приве́т", mailbox.top)):
        for number in range(7):
            mailbox.add_folder(name, parent=parent) if number == 0 else None
            mailbox.folders[-1].add(mail(number + 100 * len(mailbox.folders)))
    when = datetime(2023, 7, 1, 12, 30, 45, tzinfo=UTC)
    inbox.add(mail(1), read=True, flag="Flagged", received=when)
    inbox.add(mail(2), verb=REPLIED, categories=["Rot", "Blau & Grün"])
    inbox.add(mail(3), verb=FORWARDED, attachments=[Attachment("a.txt", b"text of a")])
    inbox.add(mail(4) + b"x" * 300_000 + b"\r\n")
    mailbox.roles["drafts"].add(mail(5), draft=True)
    mailbox.add_folder("Suche", is_search=True).found.append(next(iter(inbox.items.values())))
    mailbox.add_folder("Versteckt", hidden=True)
    return mailbox


def held(mailbox: ExchangeMailbox) -> Counter[Mail]:
    return Counter((item.folder.path, item.octets) for item in mailbox.items.values() if item.element == "Message")


@pytest.fixture
def served(full: ExchangeMailbox, certificates: Certificates) -> Iterator[ExchangeDouble]:
    public = ExchangeMailbox("public folders")
    public.add_folder("Alle", parent=public.add_public_folders()).add(mail(77))
    with ExchangeDouble(full, tls=certificates.good.context(), public=public) as server:
        yield server


@pytest.fixture
def account(
    served: ExchangeDouble, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[exchangelib.Account]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca_file))
    with ExitStack() as stack:
        for name, kind in (("last_verb", LastVerb), ("flag_status", FlagStatus)):
            exchangelib.Message.register(name, kind)
            stack.callback(exchangelib.Message.deregister, name)
        stack.callback(CachingProtocol.clear_cache)
        yield _account(served, "basic")


def _account(server: ExchangeDouble, auth_type: str) -> exchangelib.Account:
    credentials = exchangelib.Credentials("OLD\\anna", "secret")
    config = exchangelib.Configuration(service_endpoint=server.url(), credentials=credentials, auth_type=auth_type)
    return exchangelib.Account(ANNA, config=config, access_type=exchangelib.DELEGATE, default_timezone=exchangelib.UTC)


def _path(folder: Any) -> str:
    top = "/root/Top of Information Store/"
    return str(folder.absolute).replace("/Root/", "/root/").removeprefix(top)


def test_exchangelib(full: ExchangeMailbox, served: ExchangeDouble, account: exchangelib.Account) -> None:
    fields = (
        "mime_content",
        "is_read",
        "is_draft",
        "categories",
        "last_verb",
        "flag_status",
        "datetime_received",
        "size",
    )
    found: Counter[Mail] = Counter()
    for folder in account.msg_folder_root.walk():
        if folder.folder_class == "IPF.Note" and folder.name != "Suche":
            for item in folder.all().only(*fields):
                assert isinstance(item, exchangelib.Message)
                found[_path(folder), item.mime_content] += 1
                _same(full.items[item.id], item)
    assert found == held(full)
    assert {folder.name for folder in account.msg_folder_root.children} >= {*ROLES, "Kalender", "Приве́т"}
    assert account.sent.name == "Gesendete Elemente"
    assert [kind for kind, _ in account.inbox.sync_items(only_fields=["id"])] == ["create"] * 4


def _same(item: ExchangeItem, seen: Any) -> None:
    assert (seen.is_read, seen.is_draft, seen.last_verb) == (item.read, item.draft, item.verb)
    assert (seen.datetime_received, seen.size) == (item.received, len(item.octets))
    assert (seen.categories or [], seen.flag_status == 2) == (item.categories, item.flag == "Flagged")


def test_exchangelib_follows_changes(full: ExchangeMailbox, account: exchangelib.Account) -> None:
    inbox, folder = full.roles["inbox"], account.inbox
    first, second, third, _ = inbox.items.values()
    list(folder.sync_items(only_fields=["id"]))
    inbox.mark(first, read=False)
    inbox.delete(second)
    moved = inbox.move(third, full.roles["deleteditems"])
    new = inbox.add(mail(9))
    kinds = Counter(kind for kind, _ in folder.sync_items(sync_state=folder.item_sync_state, only_fields=["id"]))
    assert kinds == {"read_flag_change": 1, "delete": 2, "create": 1}
    assert [item.id for item in account.trash.all().only("id")] == [moved.id]
    assert new.id in [item.id for item in folder.all().only("id")]


def test_exchangelib_by_ntlm(
    full: ExchangeMailbox, served: ExchangeDouble, account: exchangelib.Account, certificates: Certificates
) -> None:
    served.accounts = Accounts(offers=("Negotiate", "NTLM"), binding=end_point(certificates.good.chain))
    CachingProtocol.clear_cache()
    _is_inbox(full, _account(served, "NTLM"))


def test_exchangelib_impersonates(full: ExchangeMailbox, served: ExchangeDouble, account: exchangelib.Account) -> None:
    served.accounts = Accounts(services={"svc@old.example": "service word"})
    credentials = exchangelib.Credentials("OLD\\svc", "service word")
    config = exchangelib.Configuration(service_endpoint=served.url(), credentials=credentials, auth_type="basic")
    _is_inbox(full, exchangelib.Account(ANNA, config=config, access_type=exchangelib.IMPERSONATION))
    assert served.asked[-1].headers["x-anchormailbox"] == ANNA


def test_exchangelib_by_tokens_of_an_app(
    full: ExchangeMailbox, served: ExchangeDouble, account: exchangelib.Account, certificates: Certificates
) -> None:
    app = Client("app", secret="word", scopes={"https://outlook.office365.com/.default"}, mailboxes={ANNA})
    with AuthorizationServer(Microsoft(), [app], tls=certificates.good.context()) as office:
        served.accounts = Accounts(offers=("Bearer",), tokens=office)

        class Here(exchangelib.OAuth2Credentials):  # type: ignore[misc]
            token_url = office.url("/contoso.example/oauth2/v2.0/token")

        credentials = Here("app", "word", "contoso.example", exchangelib.Identity(primary_smtp_address=ANNA))
        config = exchangelib.Configuration(service_endpoint=served.url(), credentials=credentials)
        _is_inbox(full, exchangelib.Account(ANNA, config=config, access_type=exchangelib.IMPERSONATION))


def _is_inbox(full: ExchangeMailbox, account: exchangelib.Account) -> None:
    octets = {item.mime_content for item in account.inbox.all().only("mime_content")}
    assert octets == {item.octets for item in full.roles["inbox"].items.values()}


def test_exchangelib_sees_the_archive_and_public_folders(
    full: ExchangeMailbox, served: ExchangeDouble, account: exchangelib.Account
) -> None:
    with served.lock:
        full.add_folder("Alt", parent=full.add_archive()).add(mail(70))
    (old,) = account.archive_msg_folder_root.children
    assert [item.mime_content for item in old.all().only("mime_content")] == [mail(70)]
    (public,) = account.public_folders_root.children
    assert [item.mime_content for item in public.all().only("mime_content")] == [mail(77)]


def test_exchangelib_is_told_of_items_that_fail(full: ExchangeMailbox, account: exchangelib.Account) -> None:
    full.roles["inbox"].add(mail(8), mime_error="ErrorMimeContentConversionFailed")
    ids = [(item.id, item.changekey) for item in account.inbox.all().only("id", "changekey")]
    outcomes = list(account.fetch(ids, only_fields=["mime_content"]))
    failed = [each for each in outcomes if isinstance(each, Exception)]
    assert (len(outcomes), len(failed)) == (5, 1)
    assert isinstance(failed[0], ErrorMimeContentConversionFailed)


@pytest.mark.nightly  # it starts a Java machine
def test_davmail(full: ExchangeMailbox, served: ExchangeDouble, certificates: Certificates, tmp_path: Path) -> None:
    must_be_installed()
    found: Counter[MailItem] = Counter()
    with davmail(served.url(), certificates.ca_file, tmp_path) as program:
        client = program.connect(ANNA, "secret")
        for line in client.list()[1]:
            assert isinstance(line, bytes)
            name = line.decode().split('"')[-2]
            assert client.select(f'"{name}"', readonly=True)[0] == "OK"
            for answer in client.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]:
                if isinstance(answer, tuple) and name != "Suche":
                    found[_by_imap(name, *answer)] += 1
        client.shutdown()
    assert found == Counter(map(_expected, (item for item in full.items.values() if item.element == "Message")))


_NAMES = {"inbox": "INBOX", "sentitems": "Sent", "drafts": "Drafts", "deleteditems": "Trash", "junkemail": "Junk"}
_FLAGS = {REPLIED: "\\Answered", FORWARDED: "$Forwarded"}


def _by_imap(name: str, head: bytes, octets: bytes) -> MailItem:
    # DavMail writes in its own way what no folder of WebDAV could be called, and a category as it is.
    flags = re.search(rb"FLAGS \((.*?)\)", head)
    date = imaplib.Internaldate2tuple(head)
    assert flags is not None
    assert date is not None
    told = frozenset(flags[1].decode().replace("\\Recent", "").replace("& ", "").split())
    folder = decode_name(name).replace("_x003E_", ">").replace("_x003C_", "<")
    return MailItem(folder, octets, told, int(time.mktime(date)))


def _expected(item: ExchangeItem) -> MailItem:
    names = [item.folder.path]
    for role, name in _NAMES.items():
        top = item.folder.mailbox.roles[role].path
        names += [name + item.folder.path.removeprefix(top)] if f"{item.folder.path}/".startswith(f"{top}/") else []
    flags = {
        "\\Seen": item.read,
        "\\Flagged": item.flag == "Flagged",
        "\\Draft": item.draft,
        _FLAGS.get(item.verb or 0, ""): item.verb is not None,
        **{word: True for category in item.categories for word in category.replace("& ", "").split()},
    }
    told = frozenset(flag for flag, holds in flags.items() if holds)
    return MailItem(names[-1], item.octets, told, int(item.received.timestamp()))
