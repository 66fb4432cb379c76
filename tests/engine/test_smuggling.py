"""A message must never become a command: bodies full of IMAP, flags and dates that no grammar allows, servers that say
BAD. On a real Dovecot nothing but messages arrives, and every message does."""

from __future__ import annotations

import imaplib
import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.support import Ended, migrate, plain, write_plan
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.imap_session import ImapProxy
from tests.servers.maildir import MailItem, counted, folder_names, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy
from tests.support.nasty_mail import FIRST_OF_JULY, SMUGGLED, UNSTORABLE_FLAGS, VICTIM, smuggling
from tests.support.rewriting_proxy import RewritingProxy
from tui_migrate.model import AccountState
from tui_migrate.service import open_service
from tui_migrate.timing import Timing

EVIL = f"x1 CREATE {SMUGGLED}\r\nx2 DELETE {VICTIM}\r\n".encode()

QUICK = Timing(settle=0.5, late=0.5)


@pytest.fixture
def servers(dovecot_factory: DovecotFactory) -> tuple[Dovecot, Dovecot]:
    return dovecot_factory(), dovecot_factory(DovecotOptions(separator="."))


def events(data_dir: Path) -> list[str]:
    """What the audit trail says, the oldest first."""
    with closing(open_service(data_dir)) as service:
        return [event.what for event in reversed(service.logs.events())]


def commands_of(proxy: ImapProxy) -> set[bytes]:
    """Names of all commands that the destination got."""
    return {command.split(b" ")[1] for command in proxy.commands}


ORDINARY = frozenset(
    b"AUTHENTICATE CAPABILITY ID LIST NAMESPACE STATUS NOOP CREATE SUBSCRIBE SELECT EXAMINE UNSELECT UID APPEND "
    b"LOGOUT".split()
)

"""What we say by ourselves."""


@pytest.mark.parametrize(
    ("remove", "add"),
    [
        ((), ()),
        (("MULTIAPPEND",), ()),
        (("LITERAL+",), ("LITERAL-",)),
        (("LITERAL+", "MULTIAPPEND"), ("LITERAL-",)),
        (("LITERAL+",), ()),
        (("LITERAL+", "MULTIAPPEND", "UIDPLUS"), ()),
    ],
    ids=["LITERAL+ in groups", "LITERAL+", "LITERAL- in groups", "LITERAL-", "no literals", "nothing"],
)
def test_bodies_of_commands_stay_bodies(
    servers: tuple[Dovecot, Dovecot],
    unique_user: Callable[[], str],
    tmp_path: Path,
    remove: tuple[str, ...],
    add: tuple[str, ...],
) -> None:
    (old, new), user = servers, unique_user()
    items = smuggling()
    root = old.add_user(user, "secret")
    write_maildir(root, "/", items)
    new.add_user(user, "secret")
    with CapabilityProxy(new.port, remove, add) as proxy:
        ended = migrate(write_plan(tmp_path, plain(old.port), plain(proxy.port), [user]), tmp_path / "data")
    assert (ended.code, ended.counts.copied, ended.failures) == (0, len(items), []), ended
    assert proxy.violations == []
    assert commands_of(proxy) <= ORDINARY
    assert b"CREATE " + SMUGGLED.encode() not in b"\n".join(proxy.commands)
    expected = [replace(item, flags=item.flags - UNSTORABLE_FLAGS) for item in items]
    assert read_maildir(new.maildir(user), ".") == counted(expected)
    assert folder_names(new.maildir(user), ".") == {item.folder for item in items}
    assert read_maildir(root, "/") == counted(items), "the source is as it was"
    assert_lost_flags_are_told(ended, tmp_path / "data", items)


def assert_lost_flags_are_told(ended: Ended, data_dir: Path, items: list[MailItem]) -> None:
    """In the account's line, which `status` shows, and in the audit trail."""
    lost = Counter(flag for item in items for flag in item.flags & UNSTORABLE_FLAGS)
    sentence = ended.accounts[0].detail
    assert sentence.startswith("flag not kept: ")
    assert all(f"{flag} on {count}" in sentence for flag, count in lost.items())
    assert events(data_dir)[-1].endswith(sentence)


def keywords(count: int, length: int = 48) -> list[str]:
    return [f"k{number:04}".ljust(length, "x") for number in range(count)]


def flags_there(client: imaplib.IMAP4, folder: str = "INBOX") -> list[set[str]]:
    client.select(folder, readonly=True)
    lines = [line for line in client.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]
    return [{flag.decode() for flag in imaplib.ParseFlags(line)} - {"\\Recent"} for line in lines]


def test_hundreds_of_keywords(
    servers: tuple[Dovecot, Dovecot], unique_user: Callable[[], str], tmp_path: Path, imap: Imap
) -> None:
    """300 make a line of 14 KB, which goes with a synchronising literal, and 1,500 one that Dovecot says BAD to."""
    (old, new), user = servers, unique_user()
    items = [MailItem("INBOX", EVIL * number, frozenset(), FIRST_OF_JULY) for number in (1, 2, 3)]
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")
    client = imap(old.port, user)
    client.select()
    many = keywords(1500)
    client.store("2", "+FLAGS", f"({' '.join(many[:300])})")
    for start in range(0, len(many), 300):
        client.store("3", "+FLAGS", f"(\\Seen {' '.join(many[start : start + 300])})")
    client.close()
    with CapabilityProxy(new.port) as proxy:
        ended = migrate(write_plan(tmp_path, plain(old.port), plain(proxy.port), [user]), tmp_path / "data")
    assert (ended.code, ended.counts.copied) == (0, 3), ended
    # What a Maildir's file names cannot hold Dovecot keeps in its index, so the flags are read over IMAP here.
    assert flags_there(imap(new.port, user)) == [set(), set(many[:300]), {"\\Seen", *many[:300]}]
    stored = read_maildir(new.maildir(user), ".")
    assert counted(replace(item, flags=frozenset()) for item in stored.elements()) == counted(items)
    assert folder_names(new.maildir(user), ".") == {"INBOX"}
    long = [command for command in proxy.commands if len(command) > 5000]
    assert [command.endswith(b"+}") for command in long] == [False] * 3
    assert "and 1,190 more" in ended.accounts[0].detail


BROKEN_DATES = (
    b"00-Jan-0000 00:00:00 +0000",
    b"31-Feb-2020 10:00:00 +0000",
    b"01-Jan-2020 25:61:61 +9999",
    b"yesterday",
    b"",
    b") {3+}",
)


def test_broken_dates(servers: tuple[Dovecot, Dovecot], unique_user: Callable[[], str], tmp_path: Path) -> None:
    """A date that is none is replaced by what the message's header tells; one in another form is understood."""
    (old, new), user = servers, unique_user()
    said = (*BROKEN_DATES, b" 1-jul-2012 06:05:04 +0000", b"1-Jul-2012 08:05:04 +0200", b"Sun, 1 Jul 2012 06:05:04 GMT")
    header = b"Date: Sun, 1 Jul 2012 06:05:04 +0000\r\n\r\n"
    items = [
        MailItem("INBOX", header + EVIL * number, frozenset(), FIRST_OF_JULY) for number in range(1, len(said) + 1)
    ]
    written = [replace(item, instant=1_600_000_000) for item in items]
    write_maildir(old.add_user(user, "secret"), "/", written)
    new.add_user(user, "secret")

    def rewritten(line: bytes, answered: bytes | None) -> bytes:
        uid = re.search(rb"UID (\d+)", line)
        if uid is None or b"INTERNALDATE" not in line:
            return line
        return re.sub(rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "%s"' % said[int(uid[1]) - 1], line)

    with RewritingProxy(old.port, server_line=rewritten) as source, CapabilityProxy(new.port) as destination:
        ended = migrate(write_plan(tmp_path, plain(source.port), plain(destination.port), [user]), tmp_path / "data")
    assert (ended.code, ended.failures) == (0, []), ended
    assert read_maildir(new.maildir(user), ".") == counted(items)
    assert folder_names(new.maildir(user), ".") == {"INBOX"}
    assert commands_of(destination) <= ORDINARY


def numbered(count: int) -> list[MailItem]:
    """Messages of different lengths, harmless: what a poisoned connection does is done before anybody can know."""
    return [
        MailItem("INBOX", b"Subject: %d\r\n\r\n" % n + b"." * n, frozenset({"\\Seen"}), FIRST_OF_JULY + n)
        for n in range(count)
    ]


def poisonings(data_dir: Path) -> list[str]:
    return [event for event in events(data_dir) if "he connection was closed at once" in event]


@pytest.mark.parametrize(
    ("remove", "forever"), [((), True), (("MULTIAPPEND",), False)], ids=["in a group, always", "alone, once"]
)
def test_bad_closes_the_connection_and_the_message_goes_again_alone(
    servers: tuple[Dovecot, Dovecot],
    unique_user: Callable[[], str],
    tmp_path: Path,
    remove: tuple[str, ...],
    forever: bool,
) -> None:
    (old, new), user = servers, unique_user()
    items = numbered(60)
    culprit = items[46]  # near the end of its group: after twenty lines that are no commands Dovecot hangs up
    size = len(culprit.content)
    marked = rb"\{%d\+?\}" % size if forever else rb"\{%d\+\}" % size
    pattern = re.compile(rb"\((\\Seen\) \"[^\"]*\" " + marked + rb"\r\n)\Z")
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")

    def spoilt(line: bytes) -> bytes:
        return pattern.sub(rb"(\\Foo \1", line)

    with RewritingProxy(new.port, client_line=spoilt) as spoiler, CapabilityProxy(spoiler.port, remove) as proxy:
        ended = migrate(write_plan(tmp_path, plain(old.port), plain(proxy.port), [user]), tmp_path / "data", QUICK)
    assert len(poisonings(tmp_path / "data")) == 1
    again = [line for line in proxy.commands if line.endswith(b"{%d}" % size)]
    assert again, "alone, with a synchronising literal"
    if forever:
        assert (ended.code, ended.accounts[0].state) == (1, AccountState.DONE_WITH_FAILURES)
        (failure,) = ended.failures
        assert (failure.kind, failure.uid, failure.subject) == ("message refused", 47, "46")
        assert failure.server_words.startswith("BAD ")
        items.remove(culprit)
    else:
        assert (ended.code, ended.failures) == (0, []), ended
    assert read_maildir(new.maildir(user), ".") == counted(items)


def test_bad_for_what_was_stored_stores_nothing_twice(
    servers: tuple[Dovecot, Dovecot], unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """A group of fifty arrives, and the server says BAD all the same."""
    (old, new), user = servers, unique_user()
    items = numbered(160)
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")
    replies = iter(range(1, 1000))

    def lied(line: bytes, answered: bytes | None) -> bytes:
        if answered == b"APPEND" and next(replies) == 2:
            return re.sub(rb" OK .*", b" BAD I did not get that", line)
        return line

    with RewritingProxy(new.port, server_line=lied) as proxy:
        ended = migrate(write_plan(tmp_path, plain(old.port), plain(proxy.port), [user]), tmp_path / "data")
    assert (ended.code, ended.failures, ended.counts.copied) == (0, [], 160), ended
    (event,) = poisonings(tmp_path / "data")
    assert event.startswith(f"{user}: waiting. The destination did not understand an APPEND command")
    assert read_maildir(new.maildir(user), ".") == counted(items)


def test_a_server_that_always_misunderstands_is_soon_asked_each_time(
    servers: tuple[Dovecot, Dovecot], unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """It announces LITERAL+ and does not get on with it: after three poisoned connections no literal goes unasked."""
    (old, new), user = servers, unique_user()
    items = numbered(400)
    write_maildir(old.add_user(user, "secret"), "/", items)
    new.add_user(user, "secret")
    unasked: set[bytes] = set()

    def noted(line: bytes) -> bytes:
        if b" APPEND " in line:
            change = unasked.add if line.endswith(b"+}\r\n") else unasked.discard
            change(line.split(b" ")[0])
        return line

    def lied(line: bytes, answered: bytes | None) -> bytes:
        tag = line.split(b" ")[0]
        return tag + b" BAD I did not get that\r\n" if answered == b"APPEND" and tag in unasked else line

    with (
        CapabilityProxy(new.port, ["MULTIAPPEND"]) as fewer,
        RewritingProxy(fewer.port, client_line=noted, server_line=lied) as proxy,
    ):
        plan = write_plan(tmp_path, plain(old.port), plain(proxy.port), [user])
        ended = migrate(plan, tmp_path / "data", QUICK)
    assert (ended.code, ended.failures, ended.counts.copied) == (0, [], 400), ended
    assert len(poisonings(tmp_path / "data")) == 3
    assert read_maildir(new.maildir(user), ".") == counted(items)
