"""What makes a run cheap: SQL statements that are compiled once for all stores of a process and of its children."""

from __future__ import annotations

import contextlib
import gc
import io
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.util import LRUCache

from tests.engine.support import memory_disk, migrate, plan_between
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tui_migrate.store import database
from tui_migrate.timing import Timing

_QUICK = Timing(settle=0.01, late=0.0, tick=0.01, save=0.01, poll=0.01, longest_wait=0.01)
_COMPILED: LRUCache[Any, Any] = LRUCache(2000)
_DIALECTS: list[Any] = []
"""One, once there is one: what is compiled is known by it."""


def share_statements() -> None:
    """From now on, of this process and of those that it forks."""
    database.create_engine = _engine  # type: ignore[attr-defined]


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


def _engine(*arguments: Any, **options: Any) -> Any:
    made = create_engine(*arguments, **options)
    _DIALECTS.append(made.dialect)
    made.dialect = _DIALECTS[0]
    made._compiled_cache = _COMPILED
    return made
