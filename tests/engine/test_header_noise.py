"""What servers put in the place of 8-bit octets in headers makes no other mail of them: nothing is copied again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.support import migrate, plan_between
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.engine.copying.match import (
    Candidate,
    SoughtMessage,
    in_bodies_of_today,
    in_prints_of_today,
    match,
    with_bodies,
)
from tui_migrate.mail.message import Content, Head, fingerprint
from tui_migrate.mail.signs import first_header_print

MAIL = [
    f"From: é{number}@b.example\r\nSubject: {subject}\r\n\r\nbody {number}\r\n".encode()
    for number, subject in enumerate(["Grüße", "Привет, мир", "Tax — X? 2024", "你好", "plain", "X"])
]
LATIN = "Subject: Grüße\r\nFrom: b@c.example\r\n\r\nlatin\r\n".encode("latin-1")
NOISE: dict[str, Callable[[bytes], bytes]] = {
    "X for each octet": lambda header: re.sub(rb"[\x80-\xff]", b"X", header),
    "? for each octet": lambda header: re.sub(rb"[\x80-\xff]", b"?", header),
    "? for each run": lambda header: re.sub(rb"[\x80-\xff]+", b"?", header),
    "nothing": lambda header: re.sub(rb"[\x80-\xff]", b"", header),
    "U+FFFD": lambda header: re.sub(rb"[\x80-\xff]", "\ufffd".encode(), header),
}


def noisy(message: bytes, noise: Callable[[bytes], bytes]) -> bytes:
    header, end, body = message.partition(b"\r\n\r\n")
    return noise(header) + end + body


@pytest.mark.parametrize("kind", NOISE)
def test_without_a_journal_nothing_that_is_there_is_copied_again(tmp_path: Path, kind: str) -> None:
    here, there = Mailbox(), Mailbox()
    for message in [*MAIL, LATIN]:
        here.folder("INBOX").add(message)
        there.folder("INBOX").add(noisy(message, NOISE[kind]))
    before = there.octets()
    with ImapDouble(here) as source, ImapDouble(there) as destination:
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data")
    assert (ended.code, ended.counts.copied, ended.counts.there) == (0, 0, len(MAIL) + 1), ended
    assert there.octets() == before


def test_what_differs_in_more_than_noise_is_copied(tmp_path: Path) -> None:
    """Of one length and date, to make it hard."""
    here, there = Mailbox(), Mailbox()
    here.folder("INBOX").add(b"Message-ID: <1X@b>\r\nSubject: a\r\n\r\nb")
    there.folder("INBOX").add(b"Message-ID: <1Y@b>\r\nSubject: a\r\n\r\nb")
    with ImapDouble(here) as source, ImapDouble(there) as destination:
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data")
    assert (ended.code, ended.counts.copied) == (0, 1), ended


@pytest.mark.parametrize("message", [*MAIL, LATIN])
def test_a_journal_of_0_1_knows_its_messages(message: bytes) -> None:
    header = message.partition(b"\r\n\r\n")[0]
    print_ = fingerprint(Content.of(message), 1000)
    old = SoughtMessage(1, type(print_)(print_.length, print_.instant, first_header_print(header), print_.body))
    head = Head.of(header)
    there = [Candidate(7, len(message), 1000, frozenset(), head)]
    assert match([old], there) == {}
    assert match(in_prints_of_today([old], there), there) == {1: 7}


def test_a_journal_of_0_1_tells_bodies_apart() -> None:
    """Monitoring mails: one header, one length and one date. Who mistook one for the other would send it twice."""
    mails = [Content.of(b"Subject: disk\r\n\r\nfull " + disk) for disk in (b"sda", b"sdb")]
    prints = [fingerprint(mail, 1000, first=True) for mail in mails]
    old = [SoughtMessage(key, replace(each, body=each.first_body)) for key, each in enumerate(prints)]
    read = {7: prints[1], 8: prints[0]}
    there = [Candidate(uid, print_.length, 1000, frozenset(), Head.of(mails[0].head())) for uid, print_ in read.items()]
    assert match(in_bodies_of_today(old, read.values()), with_bodies(there, read)) == {0: 8, 1: 7}
