"""What makes a run cheap: all is imported and compiled before the processes fork that run."""

from __future__ import annotations

import contextlib
import gc
import io
import tempfile
from pathlib import Path

from tests.engine.support import memory_disk, migrate, plan_between
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tests.support.statements import share_statements
from tui_migrate.timing import Timing

_QUICK = Timing(settle=0.01, late=0.0, tick=0.01, save=0.01, poll=0.01, longest_wait=0.01)


def warm_up() -> None:
    """Move a mailbox twice, so that all is imported and compiled. Leaves no thread behind."""
    share_statements()
    here = Mailbox()
    here.folder("INBOX").add(b"Subject: warm\r\n\r\nx\r\n", ["\\Seen"])
    here.add_folder("Sent").add(b"Subject: warmer\r\n\r\nx\r\n", ["$Label1"])
    with (
        tempfile.TemporaryDirectory(prefix="soak-", dir=memory_disk()) as name,
        contextlib.redirect_stdout(io.StringIO()),
        ImapDouble(here) as source,
        ImapDouble(Mailbox()) as target,
    ):
        for _ in range(2):
            migrate(plan_between(Path(name), source, target), Path(name) / "data", _QUICK)
    gc.freeze()
