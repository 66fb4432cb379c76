"""The protocol traces that the admin wants: a file for each account, written while it is wanted."""

from __future__ import annotations

import logging
from collections.abc import Set
from pathlib import Path

from tui_migrate.config.paths import trace_file
from tui_migrate.engine.log import PrivateFile, stamped
from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.trace import Tracer

_LOG = logging.getLogger(__name__)
_OCTETS = 10 << 20
_OLDER = 2
"""Files that are kept of those that have become so large."""


class Traces:
    """The traces of an engine. `adopt` is called by the supervisor, what a tracer writes comes from the accounts'
    threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tracers: dict[int, Tracer] = {}
        self._files: dict[int, PrivateFile | None] = {}
        """None: it cannot be written, which was said."""

    def of(self, account_id: int) -> Tracer:
        """What all connections of this account are given."""
        return self._tracers.setdefault(account_id, Tracer())

    def adopt(self, wanted: Set[int]) -> None:
        """Trace these accounts from now on, also on connections that are open, and no others."""
        for account_id in wanted - self._files.keys():
            self._begin(account_id)
        for account_id in self._files.keys() - wanted:
            self._end(account_id)

    def close(self) -> None:
        """End all traces."""
        self.adopt(frozenset())

    def _begin(self, account_id: int) -> None:
        path = trace_file(self._folder, account_id)
        try:
            file = PrivateFile(path, _OCTETS, _OLDER)
        except (OSError, StoreUnusable) as error:
            _LOG.error("the trace %s cannot be written: %s", path, error)
            self._files[account_id] = None
            return
        self._files[account_id] = file
        file.setFormatter(stamped("%(message)s"))
        file.write("-- the trace begins")
        self.of(account_id).switch(file.write)

    def _end(self, account_id: int) -> None:
        self.of(account_id).switch(None)
        if (file := self._files.pop(account_id)) is not None:
            file.write("-- the trace ends")
            file.close()
