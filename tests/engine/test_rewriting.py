"""A destination that changes what it stores is found out by a few messages of each account, and that is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.support import migrate, plan_between
from tests.servers.faults.fault import Fault
from tests.servers.faults.storage import ChangeDates, DropFlags, RewriteHeaders
from tests.servers.imap.server import MODERN, OLD, ImapDouble
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.servers.session import Session
from tui_migrate.model import RemarkKind
from tui_migrate.service import open_service

MESSAGE = "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: Grüße\r\nX-Odd: 1\r\n\r\ntext\r\n".encode()


def said(tmp_path: Path, faults: Sequence[Fault], capabilities: str = MODERN) -> list[str]:
    """What is remarked of a mailbox, and still is after a second run."""
    here, there = Mailbox(), Mailbox()
    for message in (MESSAGE.replace("Grüße".encode(), b"ascii"), MESSAGE):
        here.folder("INBOX").add(message, {"\\Seen"})
    with ImapDouble(here) as source, ImapDouble(there, faults, capabilities=capabilities) as destination:
        plan = plan_between(tmp_path, source, destination)
        ended = [migrate(plan, tmp_path / "data") for _ in range(2)]
        assert [each.code for each in ended] == [0, 0]
        assert ended[1].counts.copied == 0
        assert not destination.unexpected
    with closing(open_service(tmp_path / "data")) as service:
        return [each.what for each in service.passes.remarks() if each.kind is RemarkKind.REWRITTEN]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (RewriteHeaders(lambda header: b"X-New: 1\r\n" + header), "headers added: X-New"),
        (RewriteHeaders(lambda header: header.replace(b"\r\nX-Odd: 1", b"")), "headers dropped: X-Odd"),
        (RewriteHeaders(lambda header: re.sub(rb"[\x80-\xff]", b"X", header)), "headers changed: Subject"),
        (RewriteHeaders(lambda header: b"\r\n".join(header.split(b"\r\n")[::-1])), "headers in another order"),
        (ChangeDates("05-Feb-2025 10:00:00 +0000"), "date"),
        (DropFlags(), "flags"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_changed_is_said(tmp_path: Path, fault: Fault, words: str) -> None:
    assert said(tmp_path, [fault]) == [words]


@pytest.mark.parametrize("capabilities", [MODERN, OLD], ids=["modern", "old"])
def test_of_a_server_that_changes_nothing_nothing_is_said(tmp_path: Path, capabilities: str) -> None:
    assert said(tmp_path, [], capabilities) == []


ORDINARY = b"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: usual\r\n\r\ntext\r\n"


@dataclass
class Change(Fault):
    """Of some messages: other octets, another date."""

    when: Callable[[StoredMessage], bool]
    change: Callable[[StoredMessage], None]

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        if self.when(message):
            self.change(message)
        return True


@pytest.mark.parametrize(
    ("octets", "date", "change", "words"),
    [
        (MESSAGE, "", lambda one: _octets(one, re.sub(rb"[\x80-\xff]", b"X", one.octets)), "headers changed: Subject"),
        (ORDINARY[:-2], "", lambda one: _octets(one, one.octets + b"\r\n"), "last line end"),
        (ORDINARY + b"a\nb\r\n", "", lambda one: _octets(one, one.octets.replace(b"a\n", b"a\r\n")), "line ends"),
        (
            ORDINARY,
            "01-Jan-1970 00:00:00 +0000",
            lambda one: setattr(one, "date", "05-Feb-2025 10:00:00 +0000"),
            "date, of mail that has a date before 1980",
        ),
        (
            ORDINARY,
            "31-Dec-2099 00:00:00 +0000",
            lambda one: setattr(one, "date", "05-Feb-2025 10:00:00 +0000"),
            "date, of mail that has a date to come",
        ),
    ],
    ids=["8-bit header", "no last line end", "a bare LF", "an old date", "a date to come"],
)
def test_what_is_changed_of_odd_mail_alone_is_said_too(
    tmp_path: Path, octets: bytes, date: str, change: Callable[[StoredMessage], None], words: str
) -> None:
    """The odd message is the last one of another folder than the first."""
    here, there = Mailbox(), Mailbox()
    for name in ("INBOX", "Other"):
        folder = here.find(name) or here.add_folder(name)
        for number in range(60):
            folder.add(ORDINARY.replace(b"usual", b"%d" % number), {"\\Seen"}, "05-Feb-2020 10:00:00 +0000")
    here.folder("Other").add(octets, {"\\Seen"}, date or "05-Feb-2020 10:00:00 +0000")
    odd = Change(lambda one: one.octets == octets, change)
    with ImapDouble(here) as source, ImapDouble(there, [odd]) as destination:
        assert migrate(plan_between(tmp_path, source, destination), tmp_path / "data").code == 0
    with closing(open_service(tmp_path / "data")) as service:
        assert [(each.kind, each.what) for each in service.passes.remarks()] == [(RemarkKind.REWRITTEN, words)]


def test_mail_that_differs_in_a_field_is_another_one_where_only_line_ends_are_changed(tmp_path: Path) -> None:
    """The user has received at the destination what the source receives too, by another way."""
    here, there = Mailbox(), Mailbox()
    here.folder("INBOX").add(ORDINARY[:-2])
    ends = Change(lambda one: not one.octets.endswith(b"\r\n"), lambda one: _octets(one, one.octets + b"\r\n"))
    with ImapDouble(here) as source, ImapDouble(there, [ends]) as destination:
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, tmp_path / "data").code == 0
        letter = b"Message-ID: <1@list>\r\nReceived: %s\r\nSubject: both\r\n\r\ntext\r\n"
        here.folder("INBOX").add(letter % b"here")
        there.folder("INBOX").add(letter % b"there")
        ended = migrate(plan, tmp_path / "data")
    assert (ended.code, ended.counts.copied) == (0, 1)
    assert sum(b"Received: here" in each.octets for each in there.folder("INBOX").messages) == 1


def _octets(message: StoredMessage, octets: bytes) -> None:
    message.octets = octets
