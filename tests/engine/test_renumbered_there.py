"""A destination folder that gets other UIDs while an account is on its way: nothing is done under the old ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.support import migrate, plan_between
from tests.servers.faults.commands import CutCommand
from tests.servers.faults.fault import Matching, is_final, matches
from tests.servers.faults.storage import RewriteHeaders
from tests.servers.imap.server import MODERN, OLD, ImapDouble
from tests.servers.loopback_server import Chunk
from tests.servers.mailbox import Mailbox
from tests.servers.session import Command, Session
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.05, late=0.1, tick=0.05, save=0.05, poll=0.05)


@dataclass
class RenumberBehind(Matching):
    """When the nth APPEND has been answered, the inbox gets another UIDVALIDITY and other UIDs."""

    pattern: str = "APPEND"
    times: int | None = 1

    def told(self, session: Session, command: Command, reply: bytes) -> list[Chunk]:
        ends = matches(self.pattern, command.text) and is_final(command, reply)
        if ends and session.mailbox is not None and self.is_turn(session, command):
            session.mailbox.folder("INBOX").renumber()
        return [reply]


@pytest.mark.parametrize("capabilities", [MODERN, OLD], ids=["modern", "old"])
def test_changed_flags_reach_the_message_that_they_are_of(tmp_path: Path, capabilities: str) -> None:
    here, there = Mailbox(), Mailbox()
    inbox = here.folder("INBOX")
    for number in range(3):
        inbox.add(b"Subject: %d\r\n\r\n%d\r\n" % (number, number))
    with ImapDouble(here) as source, ImapDouble(there, capabilities=capabilities) as destination:
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, tmp_path / "data", QUICK).code == 0
        inbox.change_flags(inbox.messages[1], ["\\Flagged"])
        inbox.add(b"Subject: new\r\n\r\nnew\r\n")
        destination.faults.append(RenumberBehind())
        assert migrate(plan, tmp_path / "data", QUICK).code == 0
    assert there.contents() == here.contents()


def test_what_was_sent_again_is_no_second_copy_under_its_other_uid(tmp_path: Path) -> None:
    here, there = Mailbox(), Mailbox()
    here.folder("INBOX").add(b"Subject: 1\r\n\r\n1\r\n")
    with ImapDouble(here) as source, ImapDouble(there) as destination:
        destination.faults += [CutCommand("APPEND"), RenumberBehind()]
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data", QUICK)
    assert (ended.code, ended.failures) == (0, [])
    assert there.contents() == here.contents()


@pytest.mark.parametrize("both", [False, True])
def test_what_the_destination_has_rewritten_is_known_under_its_other_uid(tmp_path: Path, both: bool) -> None:
    here, there = Mailbox(), Mailbox()
    for number in range(3):
        here.folder("INBOX").add(b"Subject: %d\r\n\r\ntext of %d\r\n" % (number, number))
    rewrites = RewriteHeaders(lambda header: b"X-New: 1\r\n" + header)
    with ImapDouble(here) as source, ImapDouble(there, [rewrites]) as destination:
        plan = plan_between(tmp_path, source, destination)
        assert migrate(plan, tmp_path / "data", QUICK).code == 0
        there.folder("INBOX").renumber()
        if both:
            here.folder("INBOX").renumber()
        here.folder("INBOX").remove(here.folder("INBOX").messages[0].uid)
        here.folder("INBOX").add(b"Subject: new\r\n\r\nnew\r\n")
        here.folder("INBOX").change_flags(here.folder("INBOX").messages[0], ["\\Flagged"])
        ended = migrate(plan, tmp_path / "data", QUICK)
    assert (ended.code, ended.counts.copied, ended.failures) == (0, 1, [])
    assert [message.flags for message in there.folder("INBOX").messages] == [set(), {"\\Flagged"}, set(), set()]
