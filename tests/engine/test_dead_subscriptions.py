"""A destination's subscription to a folder that is not there keeps nothing from being copied, and we leave none."""

from __future__ import annotations

from pathlib import Path

from tests.engine.support import migrate, plan_between
from tests.servers.faults.commands import RefuseCommand
from tests.servers.imap.server import OLD, ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)


def filled() -> Mailbox:
    mailbox = Mailbox()
    mailbox.add_folder("a.b").add(b"Subject: 1\r\n\r\nx\r\n")
    return mailbox


def test_a_folder_that_is_only_subscribed_to_is_made(tmp_path: Path) -> None:
    here, there = filled(), Mailbox()
    there.subscriptions.add("a.b")
    with ImapDouble(here) as source, ImapDouble(there, capabilities=OLD) as destination:
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data", QUICK)
    assert (ended.code, there.octets()) == (0, here.octets()), ended


def test_a_name_that_is_refused_is_not_subscribed_to(tmp_path: Path) -> None:
    here, there = filled(), Mailbox()
    refusal = RefuseCommand(r'CREATE "a\.b', reply=b"NO [CANNOT] invalid name")
    with ImapDouble(here) as source, ImapDouble(there, [refusal], capabilities=OLD) as destination:
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data", QUICK)
    assert (ended.code, there.subscriptions) == (0, {"INBOX", "a_b"}), ended
