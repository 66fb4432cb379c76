"""Destinations that rewrite what they are given: a cut or a kill loses nothing there, and brings nothing twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.older_store import back_up
from tests.crash.rewriting import KINDS, ONE_BY_ONE, Strike, mailbox, stored, there
from tests.crash.support import KILLED, Child, run_here
from tests.crash.waits import QUIET
from tests.engine.support import migrate, plan_between
from tests.servers.faults.commands import CutLiteral
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import CutReply
from tests.servers.faults.storage import RewriteHeaders
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.05, late=0.05, tick=0.02, poll=0.02, longest_wait=0.05)


@pytest.mark.parametrize(
    "capabilities",
    [
        pytest.param(ONE_BY_ONE, id="one by one"),
        pytest.param("IMAP4rev1 LITERAL+", id="bare", marks=pytest.mark.nightly),
        pytest.param(MODERN, id="full"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_cut_at_random_places(tmp_path: Path, kind: str, capabilities: str) -> None:
    draw = random.Random(f"{kind} {capabilities}")
    here, new = mailbox(), Mailbox()
    groups = capabilities == MODERN
    cuts = [CutReply("APPEND", nth=draw.randrange(1, 3 if groups else 30)) for _ in range(2)]
    cuts[1].nth += cuts[0].nth
    literal = CutLiteral(nth=draw.randrange(30, 60))
    faults: list[Fault] = [RewriteHeaders(KINDS[kind]), *cuts, literal]
    with (
        ImapDouble(here) as source,
        ImapDouble(new, faults, capabilities=capabilities) as destination,
    ):
        plan = plan_between(tmp_path, source, destination)
        ended = migrate(plan, tmp_path / "data", QUICK)
        assert destination.connections > 2
        want = stored(here, KINDS[kind])
        assert not want - there(new), "lost"
        assert ended.code == 0, ended
        assert there(new) == want
        assert migrate(plan, tmp_path / "data", QUICK).counts.copied == 0
    assert there(new) == want


@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_the_middle(tmp_path: Path, kind: str) -> None:
    draw = random.Random(kind)
    here, new, strike = mailbox(), Mailbox(), Strike(nth=draw.randrange(2, 50))
    with (
        ImapDouble(here) as source,
        ImapDouble(new, [RewriteHeaders(KINDS[kind]), strike], capabilities=ONE_BY_ONE) as destination,
    ):
        plan = plan_between(tmp_path, source, destination)
        with Child("run", plan, "--data-dir", tmp_path / "data", settle=QUIET) as child:
            strike.strike = child.kill
            assert child.wait() == KILLED, child.out + child.err
        again = run_here("run", plan, "--data-dir", tmp_path / "data", settle=QUIET)
    assert again.returncode == 0, again.stdout + again.stderr
    assert there(new) == stored(here, KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_an_older_store(tmp_path: Path, kind: str) -> None:
    """What was brought in the time that a restored backup does not know of is recognised as well."""
    here, new, data = mailbox(), Mailbox(), tmp_path / "data"
    with ImapDouble(here) as source, ImapDouble(new, [RewriteHeaders(KINDS[kind])]) as destination:
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, data, QUICK).code == 0
        backup = back_up(data, tmp_path / "backup")
        for number in range(20):
            late = f"Message-ID: <late{number}@b>\r\nX-Odd: 1\r\nSubject: Grüße\r\n\r\nlate {number}\r\n".encode()
            here.folder("INBOX").add(late)
        assert migrate(plan, data, QUICK).counts.copied == 20
        theirs = b"Message-ID: <1@b.example>\r\nSubject: an answer\r\n\r\nof somebody else\r\n"
        new.folder("INBOX").add(theirs)
        want = stored(here, KINDS[kind]) + Counter([theirs])
        ended = migrate(plan, backup, QUICK)
        assert ended.code == 0, ended
        assert there(new) == want
        assert migrate(plan, backup, QUICK).counts.copied == 0
    assert there(new) == want


def test_copies_that_came_on_two_ways_are_lost_by_nobody(tmp_path: Path) -> None:
    """Where the destination drops what tells them apart, they arrive all the same; what is there once more is named."""
    here, new = Mailbox(), Mailbox()
    for way in (b"list", b"direct"):
        here.folder("INBOX").add(
            b"Received: by " + way + b"\r\nMessage-ID: <a@b>\r\nDate: today\r\nSubject: s\r\n\r\ntext\r\n"
        )
    cut = CutReply("APPEND")
    with (
        ImapDouble(here) as source,
        ImapDouble(new, [RewriteHeaders(KINDS["drop"]), cut], capabilities="IMAP4rev1 UIDPLUS") as destination,
    ):
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data", QUICK)
    (copies,) = there(new).values()
    assert copies >= 2
    assert ended.code == (1 if copies > 2 else 0), ended
    assert [each.kind for each in ended.failures] == ["arrived twice"] * (copies > 2)
