"""A message at the source whose header does not come cannot be known again: it is compared when it does."""

from __future__ import annotations

from pathlib import Path

from tests.engine.support import migrate, plan_between
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ReplyGarbage
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)


def test_what_could_not_be_compared_is_there_once_when_it_can_be_read_again(tmp_path: Path) -> None:
    here, there = Mailbox(), Mailbox()
    for number in range(4):
        here.folder("INBOX").add(b"Subject: %d\r\n\r\nx\r\n" % number)
    for message in here.folder("INBOX").messages[:3]:
        there.folder("INBOX").add(message.octets)
    damaged: list[Fault] = [ReplyGarbage(2, b"")]
    with ImapDouble(here, damaged) as source, ImapDouble(there) as destination:
        plan = plan_between(tmp_path, source, destination)
        ended = migrate(plan, tmp_path / "data", QUICK)
        assert (ended.code, [failure.uid for failure in ended.failures]) == (1, [2]), ended
        source.faults.clear()
        ended = migrate(plan, tmp_path / "data", QUICK)
        assert (ended.code, ended.counts.copied) == (0, 0), ended
        assert there.octets() == here.octets()
