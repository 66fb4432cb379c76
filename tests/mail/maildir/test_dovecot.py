"""A Maildir that Dovecot has written, read beside it: the same mail as by IMAP."""

from __future__ import annotations

import imaplib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.mail.maildir.reading import mail, source
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem
from tests.servers.mutf7 import encode_name
from tests.support.nasty_mail import nasty
from tui_migrate.mail.message import internal_date, parse_internal_date

_FETCHED = re.compile(rb'FLAGS \(([^)]*)\) INTERNALDATE ("[^"]*")')


def quoted(name: str) -> str:
    escaped = encode_name(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def by_imap(client: imaplib.IMAP4, folders: list[str], separator: str) -> Iterator[MailItem]:
    """What the server says, in the order of its UIDs."""
    for folder in folders:
        client.select(quoted(folder.replace("/", separator)), readonly=True)
        _, replies = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
        for reply in replies:
            if isinstance(reply, tuple):
                told = _FETCHED.search(reply[0])
                assert told is not None
                flags = {each.decode() for each in told[1].split()} - {"\\Recent"}
                date = parse_internal_date(told[2].strip(b'"'))
                assert date is not None
                yield MailItem(folder, reply[1], frozenset(flags), date[1])


@pytest.mark.parametrize("separator", ["/", "."])
def test_mail_is_the_same_as_by_imap(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], imap: Imap, separator: str
) -> None:
    server = dovecot_factory(DovecotOptions(separator=separator))
    user = unique_user()
    root = server.add_user(user, "secret")
    sample = nasty(separator)
    client = imap(server.port, user)
    folders = ["INBOX", *dict.fromkeys(item.folder for item in sample.items if item.folder != "INBOX")]
    for folder in (*folders[1:], *sample.empty_folders):
        assert client.create(quoted(folder.replace("/", separator)))[0] == "OK"
    client.subscribe(quoted("Privé"))
    for item in sample.items:
        date = internal_date(item.instant).decode()
        flags = " ".join(sorted(item.flags))
        name = quoted(item.folder.replace("/", separator))
        assert client.append(name, flags, date, item.content)[0] == "OK"
    told = [*by_imap(client, folders, separator)]
    found = mail(root)
    assert Counter(found) == Counter(told)
    assert [each for each in found if each.folder == "INBOX"] == [each for each in told if each.folder == "INBOX"]
    tree = source(root).tree()
    assert {each.display for each in tree.folders} == {*folders, *sample.empty_folders}
    assert {each.display for each in tree.folders if each.subscribed} == {"Privé"}


def test_what_was_delivered_and_not_seen_by_the_server_is_there(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], imap: Imap, tmp_path: Path
) -> None:
    """Its list of UIDs does not have it. What was known before stays the same, and so does the order."""
    server, user = dovecot_factory(), unique_user()
    root = server.add_user(user, "secret")
    client = imap(server.port, user)
    client.append("INBOX", "(\\Seen)", None, b"Subject: 1\r\n\r\n")
    before = [item.name for item in source(root).archive.contents(b"INBOX").items]
    (root / "new" / "1500000000.early.host").write_bytes(b"Subject: 2\n\n")
    after = [item.name for item in source(root).archive.contents(b"INBOX").items]
    assert after == [*before, "1500000000.early.host"]
