"""Servers that store what they were sent only after its connection has ended: nothing is lost, nothing is twice there
without a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.crash.rewriting import KINDS, ONE_BY_ONE, Strike, mailbox, stored, there
from tests.crash.support import KILLED, Child
from tests.engine.support import Ended, migrate, plan_between
from tests.servers.faults.fault import Fault, matches
from tests.servers.faults.replies import CutReply
from tests.servers.faults.storage import LateCommit, RewriteHeaders
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Chunk
from tests.servers.mailbox import Mailbox
from tests.servers.session import Command, Proceed, Session
from tui_migrate.timing import Timing

PATIENT = Timing(settle=0.02, late=60.0, tick=0.02, poll=0.02, longest_wait=0.05)
"""It settles in no time, and gives what is in doubt as long as the test takes."""
HASTY = replace(PATIENT, late=0.0)
"""Believes what it sees at once."""
REWRITTEN = ["all", *(pytest.param(kind, marks=pytest.mark.nightly) for kind in KINDS if kind != "all")]
"""Ways to rewrite a header; each by itself is tried where nothing is late (`test_rewritten`)."""


def run(tmp_path: Path, here: Mailbox, new: Mailbox, faults: list[Fault], timing: Timing) -> list[Ended]:
    """The first run, and another one."""
    with ImapDouble(here) as source, ImapDouble(new, faults, capabilities=ONE_BY_ONE) as destination:
        plan = plan_between(tmp_path, source, destination)
        return [migrate(plan, tmp_path / "data", timing) for _ in range(2)]


@pytest.mark.parametrize("looks", [10, 40, 150])
def test_what_comes_in_time_comes_once(tmp_path: Path, looks: int) -> None:
    """After as many looks as two, eight, thirty seconds have; the settling sees nothing of it."""
    here, new = mailbox(), Mailbox()
    first, second = run(tmp_path, here, new, [LateCommit(nth=66, looks=looks)], PATIENT)
    assert there(new) == stored(here, lambda header: header)
    assert (first.code, first.counts.copied, second.code, second.counts.copied) == (0, 66, 0, 0), first


def test_a_large_message_comes_once(tmp_path: Path) -> None:
    here, new = mailbox(), Mailbox()
    here.folder("INBOX").add(b"Subject: large\r\n\r\n" + b"x" * 76 + b"\r\n" * 10 + b"y" * 20_000_000)
    first, _ = run(tmp_path, here, new, [LateCommit(nth=67, looks=40)], PATIENT)
    assert there(new) == stored(here, lambda header: header)
    assert first.code == 0, first


@pytest.mark.parametrize("kind", REWRITTEN)
def test_what_is_rewritten_and_late_comes_once(tmp_path: Path, kind: str) -> None:
    here, new = mailbox(), Mailbox()
    faults = [RewriteHeaders(KINDS[kind]), LateCommit(nth=66, looks=40)]
    first, _ = run(tmp_path, here, new, faults, PATIENT)
    assert there(new) == stored(here, KINDS[kind])
    assert first.code == 0, first


@dataclass
class CommitAfter(Fault):
    """Lets `late` commit when so many APPENDs more have come: the messages in doubt are among them then."""

    late: LateCommit
    appends: int
    _met: int = field(default=0, init=False)

    def asked(self, session: Session, command: Command) -> list[Chunk | Proceed] | None:
        if matches("APPEND", command.text):
            self._met += 1
            if self._met == self.appends:
                self.late.commit()
        return None


@pytest.mark.parametrize("kind", ["nothing", *REWRITTEN])
def test_what_comes_beyond_all_patience_is_named_until_it_is_gone(tmp_path: Path, kind: str) -> None:
    here, new = mailbox(twins=False), Mailbox()
    rewrite = KINDS.get(kind, lambda header: header)
    late = LateCommit(nth=60)
    faults: list[Fault] = [RewriteHeaders(rewrite), late, CommitAfter(late, 61)]
    want = stored(here, rewrite)
    with ImapDouble(here) as source, ImapDouble(new, faults, capabilities=ONE_BY_ONE) as destination:
        plan = plan_between(tmp_path, source, destination)
        for _ in range(2):
            ended = migrate(plan, tmp_path / "data", HASTY)
            (failure,) = ended.failures
            assert (ended.code, failure.kind, failure.folder) == (1, "arrived twice", "INBOX"), ended
            surplus = there(new) - want
            assert surplus.total() == 1
            assert not want - there(new)
            assert ended.counts.copied + ended.counts.brought == 60
        twin = int(failure.sentence.rpartition("UID ")[2].rstrip("."))
        (named,) = [message for message in new.folder("INBOX").messages if message.uid == twin]
        assert Counter([named.octets]) == surplus
        new.folder("INBOX").remove(twin)
        ended = migrate(plan, tmp_path / "data", HASTY)
    assert (ended.code, ended.failures, ended.counts.copied) == (0, [], 0), ended
    assert there(new) == want


@pytest.mark.parametrize("killed", [False, True], ids=["cut", "killed"])
def test_an_end_while_it_is_sent_again_forgets_no_doubt(tmp_path: Path, killed: bool) -> None:
    """Both copies are there when the next run looks, and none is known to have arrived."""
    here, new = mailbox(twins=False), Mailbox()
    late = LateCommit(nth=60)
    ends = Strike(nth=61) if killed else CutReply("APPEND", nth=61)
    with (
        ImapDouble(here) as source,
        ImapDouble(new, [late, ends, CommitAfter(late, 61)], capabilities=ONE_BY_ONE) as destination,
    ):
        plan = plan_between(tmp_path, source, destination)
        if isinstance(ends, Strike):
            with Child("run", plan, "--data-dir", tmp_path / "data") as child:
                ends.strike = child.kill
                assert child.wait() == KILLED, child.out + child.err
        ended = migrate(plan, tmp_path / "data", HASTY)
        assert (ended.code, [each.kind for each in ended.failures]) == (1, ["arrived twice"]), ended
        assert (there(new) - stored(here, lambda header: header)).total() == 1
        assert not stored(here, lambda header: header) - there(new)
        assert (ended.counts.copied, ended.counts.listed) == (60, 60), ended
