"""Servers that can do less than Dovecot, or are another program: still exact, and never more than was offered."""

from __future__ import annotations

import imaplib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import migrate, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import MailItem, counted, folder_names, read_maildir, subscriptions, write_maildir
from tests.servers.mutf7 import decode_name
from tests.servers.proxies import CapabilityProxy
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.demo import DemoServers, demo_servers
from tui_migrate.model import Counts

Lists = tuple[tuple[str, ...], tuple[str, ...]]
LISTING = ("LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "NAMESPACE", "CHILDREN")
NEW_SERVERS: dict[str, Lists] = {
    "no UIDPLUS": (("UIDPLUS",), ()),
    "no MULTIAPPEND": (("MULTIAPPEND",), ()),
    "LITERAL-": (("LITERAL+",), ("LITERAL-",)),
    "LITERAL- without MULTIAPPEND": (("LITERAL+", "MULTIAPPEND"), ("LITERAL-",)),
    "no literal extension": (("LITERAL+",), ()),
    "neither literals nor groups nor UIDPLUS": (("LITERAL+", "MULTIAPPEND", "UIDPLUS"), ()),
}
BOTH_SERVERS: dict[str, Lists] = {
    **{f"no {name}": ((name,), ()) for name in (*LISTING[:-1], "CONDSTORE", "SASL-IR", "UNSELECT")},
    "nothing at all": (
        (*LISTING, "UIDPLUS", "MULTIAPPEND", "LITERAL+", "CONDSTORE", "QRESYNC", "SASL-IR", "UNSELECT", "ENABLE"), ()
    ),
    "no SASL": (("AUTH=PLAIN", "SASL-IR"), ()),
}  # fmt: skip


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


def mail() -> list[MailItem]:
    """With twins, with sizes on both sides of what LITERAL- allows, and one that goes through a file."""
    sizes = [10, 4095, 4096, 4097, 10, 10, 20_000, 1_100_000, 10, 300]
    letters = [b"Subject: %d\r\n\r\n" % size + b"x" * size + b"\r\n" for size in sizes]
    items = [
        MailItem(folder, letter, frozenset({"\\Seen", "$Label1"} if number % 2 else ()), FIRST_OF_JULY + number // 6)
        for folder in ("INBOX", "Privé/R&D")
        for number, letter in enumerate(letters)
    ]
    return [*items, *(MailItem("Many", b"Subject: %d\r\n\r\n" % n, frozenset(), FIRST_OF_JULY) for n in range(70))]


def check(server: Dovecot, user: str, tmp_path: Path, source: CapabilityProxy, destination: CapabilityProxy) -> None:
    """Copy, look, and copy again: the second time there is nothing to do."""
    items = mail()
    write_maildir(server.add_user(user, "secret"), "/", items, folders=["Empty"], subscribed=["Privé/R&D", "Empty"])
    there = server.add_user(f"new-{user}", "secret")
    plan = write_plan(tmp_path, plain(source.port), plain(destination.port), [(user, f"new-{user}")])
    first = migrate(plan, tmp_path / "data")
    assert (first.code, first.counts) == (0, Counts(listed=len(items), copied=len(items))), str(first)
    assert read_maildir(there, "/") == counted(items)
    assert folder_names(there, "/") == {"INBOX", "Privé/R&D", "Many", "Empty"}
    assert subscriptions(there, "/") == {"Privé/R&D", "Empty"}
    appends = sum(b" APPEND " in command for command in destination.commands)
    second = migrate(plan, tmp_path / "data")
    assert (second.code, second.counts) == (0, Counts(listed=len(items), brought=len(items))), str(second)
    assert sum(b" APPEND " in command for command in destination.commands) == appends > 0
    assert read_maildir(there, "/") == counted(items)
    assert (source.violations, destination.violations) == ([], [])


@pytest.mark.parametrize(("remove", "add"), NEW_SERVERS.values(), ids=NEW_SERVERS)
def test_a_destination_that_can_do_less(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, remove: tuple[str, ...], add: tuple[str, ...]
) -> None:
    with CapabilityProxy(server.port) as source, CapabilityProxy(server.port, remove, add) as destination:
        check(server, unique_user(), tmp_path, source, destination)


@pytest.mark.parametrize(("remove", "add"), BOTH_SERVERS.values(), ids=BOTH_SERVERS)
def test_two_servers_that_can_do_less(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, remove: tuple[str, ...], add: tuple[str, ...]
) -> None:
    with CapabilityProxy(server.port, remove, add) as source, CapabilityProxy(server.port, remove, add) as destination:
        check(server, unique_user(), tmp_path, source, destination)
        said = b"\n".join([*source.commands, *destination.commands])
    words = {
        "UNSELECT": b" UNSELECT",
        "CONDSTORE": b"MODSEQ",
        "NAMESPACE": b" NAMESPACE",
        "SPECIAL-USE": b"SPECIAL-USE",
    }
    assert [name for name in remove if words.get(name, b"\0") in said] == []


@pytest.fixture(scope="module")
def pymap() -> Iterator[DemoServers]:
    """Two servers written in Python: one full of mail, one empty."""
    with demo_servers({"femke": 60}) as running:
        yield running


def stored(port: int, user: str, password: str) -> tuple[Counter[MailItem], set[str]]:
    """Mail and selectable folders of a mailbox, read with Python's own client."""
    client = imaplib.IMAP4("127.0.0.1", port, timeout=120)
    try:
        client.login(user, password)
        rows = (re.fullmatch(rb'\((.*?)\) "/" "?(.+?)"?', row) for row in client.list()[1] if isinstance(row, bytes))
        names = [row[2].decode() for row in rows if row and b"Noselect" not in row[1]]
        return counted(item for name in names for item in in_folder(client, name)), {*map(decode_name, names)}
    finally:
        client.logout()


def in_folder(client: imaplib.IMAP4, name: str) -> Iterator[MailItem]:
    client.select(f'"{name}"', readonly=True)
    for part in client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]:
        if isinstance(part, tuple):
            flags = {flag.decode() for flag in imaplib.ParseFlags(part[0])}
            date = imaplib.Internaldate2tuple(part[0])
            assert date is not None
            yield MailItem(decode_name(name), part[1], frozenset(flags - {"\\Recent"}), int(time.mktime(date)))


def test_pymap_to_dovecot_and_back(
    pymap: DemoServers, server: Dovecot, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    user, (name, password) = unique_user(), pymap.accounts[-1]
    root = server.add_user(user, "secret")
    mail, folders = stored(pymap.source_port, name, password)
    assert mail.total() > 50
    there = {"Source": name, "Password": password, "Destination": user, "Destination Password": "secret"}
    back = {"Source": user, "Password": "secret", "Destination": name, "Destination Password": password}
    ways = [(pymap.source_port, server.port, there), (server.port, pymap.destination_port, back)]
    for source, destination, account in ways:
        folder = tmp_path / account["Source"]
        folder.mkdir()
        plan = write_plan(folder, plain(source), plain(destination), [account])
        first, second = migrate(plan, folder / "data"), migrate(plan, folder / "data")
        assert (first.code, first.counts) == (0, Counts(listed=mail.total(), copied=mail.total())), str(first)
        assert (second.code, second.counts) == (0, Counts(listed=mail.total(), brought=mail.total())), str(second)
    assert (read_maildir(root, "/"), folder_names(root, "/")) == (mail, folders)
    assert stored(pymap.destination_port, name, password) == (mail, folders)
