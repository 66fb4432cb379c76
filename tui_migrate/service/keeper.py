"""The use cases about the engine of a store: is it there, start it, stop it, and why is it not there. Part of the
service."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tui_migrate.config.paths import Paths
from tui_migrate.engine import process
from tui_migrate.mail.lessons import Experience, Lessons
from tui_migrate.mail.protocols import Ordinals
from tui_migrate.model import EngineStatus, Server
from tui_migrate.store import events, glance, inventory, lessons, ordinals, progress
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

STARTING_SECONDS = 10.0
"""So long may an engine take from its start, or from taking the lock, to its first heartbeat. A second is usual."""


@dataclass(frozen=True, slots=True)
class _Spawned:
    """An engine that this service has started."""

    at: float
    """Monotonic."""
    beat_before: float | None
    """When an engine was last heard of then."""
    words_before: float
    """When an engine had last complained then."""


class Keeper:
    """An open store and its engine. Raises StoreUnusable."""

    def __init__(self, paths: Paths, database: Database, vault: Vault, who: str) -> None:
        self.paths = paths
        self.database = database
        self.vault = vault
        self.who = who
        self._spawned: _Spawned | None = None

    def ordinals(self, account_id: int) -> Ordinals:
        """The UIDs of a POP mailbox's messages as the engine knows them, or will."""

        def foresee(names: Sequence[str]) -> tuple[int, Sequence[int]]:
            with self.database.read() as connection:
                return ordinals.foresee(connection, account_id, names)

        return foresee

    def lessons(self, server: Server) -> Lessons:
        """What the engine has learned of a server. What is learned besides is not kept: it alone writes what is so."""
        with self.database.read() as connection:
            return Lessons(lessons.listing(connection).get(server.key, ()))

    @cached_property
    def experience(self) -> Experience:
        """The same of all servers, and what is learned from now on, for whatever looks at many mailboxes."""
        with self.database.read() as connection:
            return Experience(lessons.listing(connection))

    def forget_traces(self) -> None:
        """Remove the traces of accounts that are gone. Raises OSError."""
        with self.database.read() as connection:
            known = inventory.account_ids(connection)
        for account_id, path in self.paths.traces():
            if account_id not in known:
                path.unlink(missing_ok=True)

    def engine(self) -> EngineStatus:
        """Whether an engine runs, and what it does. One that was started a moment ago counts as running."""
        pid = process.holder(self.paths.lock_file)
        with self.database.read() as connection:
            beat = progress.last_beat(connection)
        if pid is None:
            beat_at = beat.beat_at if beat else None
            starting = self._starting(beat_at)
            return EngineStatus(running=starting, beat_at=None if starting else beat_at)
        if beat is not None and beat.pid == pid:
            return replace(beat, running=True)
        held_at = process.held_since(self.paths.lock_file)
        starting = abs(time.time() - held_at) <= STARTING_SECONDS
        return EngineStatus(True, pid or None, beat_at=None if starting else held_at)

    def _starting(self, beat_at: float | None) -> bool:
        """True from the start of an engine to its first beat, or its last words."""
        spawned = self._spawned
        if spawned is None or spawned.beat_before != beat_at:
            return False
        silent = process.last_words(self.paths.log_dir)[1] == spawned.words_before
        return silent and time.monotonic() - spawned.at < STARTING_SECONDS

    def engine_missing(self) -> bool:
        """No engine runs, and what the admin wants to run waits for one."""
        if self.engine().running:
            return False
        with self.database.read() as connection:
            return glance.work_waits(connection)

    def engine_trouble(self) -> str:
        """What the last engine said when it ended against its will; empty when it said nothing, or one runs."""
        status = self.engine()
        return "" if status.running else self._last_words(status.beat_at or 0.0)

    def _last_words(self, since: float) -> str:
        """The last line that an engine wrote for people after `since` (epoch seconds). One in good health writes
        none."""
        words, at = process.last_words(self.paths.log_dir)
        return words if at >= since else ""

    def start_engine(self) -> None:
        """Start the background engine, as the admin's own act."""
        with self.database.write() as connection:
            events.add(connection, self.who, "started the engine")
        self.ensure_engine()

    def ensure_engine(self) -> None:
        """Start the background engine when none runs on this store."""
        if process.holder(self.paths.lock_file) is None:
            with self.database.read() as connection:
                beat = progress.last_beat(connection)
            words_at = process.last_words(self.paths.log_dir)[1]
            self._spawned = _Spawned(time.monotonic(), beat.beat_at if beat else None, words_at)
            process.spawn(self.paths.data_dir, self.paths.log_dir)

    def stop_engine(self) -> bool:
        """Stop the background engine: what is in flight is finished. False when none was running."""
        return process.terminate(self.paths.lock_file)
