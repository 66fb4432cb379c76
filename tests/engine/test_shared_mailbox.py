"""Two sources that hold the same mail fill one mailbox: each message arrives once for each of them, whatever ends."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.engine.support import Ended, migrate, plain, write_plan
from tests.servers.faults.replies import CutReply
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.02, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)
LETTERS = [b"Subject: to all %d\r\n\r\ntext\r\n" % number for number in range(12)]


def filled(user: str) -> Mailbox:
    mailbox = Mailbox(user)
    for letter in LETTERS:
        mailbox.folder("INBOX").add(letter)
    return mailbox


def run(tmp_path: Path, sources: ImapDouble, target: ImapDouble, users: str) -> Ended:
    rows = [{"Source": user, "Password": "secret", "Destination": "both"} for user in users]
    return migrate(write_plan(tmp_path, plain(sources.port), plain(target.port), rows), tmp_path / "data", QUICK)


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 LITERAL+ UIDPLUS", "IMAP4rev1"], ids=["told", "untold"])
@pytest.mark.parametrize("nth", [1, 12, *(pytest.param(nth, marks=pytest.mark.nightly) for nth in (5, 20))])
def test_connections_that_end_cost_neither_of_them_anything(tmp_path: Path, nth: int, capabilities: str) -> None:
    both = Mailbox("both")
    cuts = [CutReply("APPEND", nth=nth), CutReply("APPEND", nth=nth + 1)]
    with ImapDouble([filled("a"), filled("b")]) as sources, ImapDouble(both, cuts, capabilities=capabilities) as target:
        ended = run(tmp_path, sources, target, "ab")
        assert Counter(message.octets for message in both.folder("INBOX").messages) == Counter(LETTERS * 2)
        assert (ended.code, ended.counts.copied) == (0, 2 * len(LETTERS)), ended
        assert run(tmp_path, sources, target, "ab").counts.copied == 0


def test_what_one_has_brought_is_not_the_mail_of_one_that_comes_later(tmp_path: Path) -> None:
    both = Mailbox("both")
    with ImapDouble([filled("a"), filled("b")]) as sources, ImapDouble(both) as target:
        assert run(tmp_path, sources, target, "a").counts.copied == len(LETTERS)
        assert run(tmp_path, sources, target, "ab").code == 0
    assert Counter(message.octets for message in both.folder("INBOX").messages) == Counter(LETTERS * 2)
