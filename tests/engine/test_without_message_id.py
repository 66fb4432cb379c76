"""Mail without a Message-ID that is at the destination already is known by its text, too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.engine.support import migrate, plan_between
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)


@pytest.mark.parametrize(
    ("here", "there", "copied"),
    [(b"disk is full", b"disk is fine", 1), (b"disk is full", b"disk is full", 0), (b"disk\nfull", b"disk\r\nfull", 0)],
    ids=["another text of that length", "the same", "other line ends"],
)
def test_what_another_tool_has_brought(tmp_path: Path, here: bytes, there: bytes, copied: int) -> None:
    old, new = Mailbox(), Mailbox()
    header = b"From: cron\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\n"
    old.folder("INBOX").add(header + here)
    new.folder("INBOX").add(header + there)
    with ImapDouble(old) as source, ImapDouble(new) as destination:
        ended = migrate(plan_between(tmp_path, source, destination), tmp_path / "data", QUICK)
    assert (ended.code, ended.counts.copied) == (0, copied)
    found = Counter(message.octets for message in new.folder("INBOX").messages)
    assert found == Counter([header + there] + [header + here] * copied)
