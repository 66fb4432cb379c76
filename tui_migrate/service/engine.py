"""The engine of a store: is it there, start it, stop it, and why is it not there."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from tui_migrate.engine import process
from tui_migrate.model import EngineStatus
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import events, looks

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


class Engine:
    """The background engine of an open store."""

    def __init__(self, store: OpenStore) -> None:
        self._store = store
        self._spawned: _Spawned | None = None

    def status(self) -> EngineStatus:
        """Whether an engine runs, and what it does. One that was started a moment ago counts as running."""
        pid = process.holder(self._store.paths.lock_file)
        with self._store.look() as connection:
            beat = looks.engine.last_beat(connection)
        if pid is None:
            beat_at = beat.beat_at if beat else None
            starting = self._starting(beat_at)
            return EngineStatus(running=starting, beat_at=None if starting else beat_at)
        if beat is not None and beat.pid == pid:
            return replace(beat, running=True)
        held_at = process.held_since(self._store.paths.lock_file)
        starting = abs(time.time() - held_at) <= STARTING_SECONDS
        return EngineStatus(True, pid or None, beat_at=None if starting else held_at)

    def _starting(self, beat_at: float | None) -> bool:
        """True from the start of an engine to its first beat, or its last words."""
        spawned = self._spawned
        if spawned is None or spawned.beat_before != beat_at:
            return False
        silent = process.last_words(self._store.paths.log_dir)[1] == spawned.words_before
        return silent and time.monotonic() - spawned.at < STARTING_SECONDS

    def is_missing(self) -> bool:
        """True when no engine runs, and what the admin wants to run waits for one."""
        if self.status().running:
            return False
        with self._store.look() as connection:
            return looks.engine.work_waits(connection)

    def trouble(self) -> str:
        """What the last engine said when it ended against its will; empty when it said nothing, or one runs."""
        status = self.status()
        return "" if status.running else self._last_words(status.beat_at or 0.0)

    def _last_words(self, since: float) -> str:
        """The last line that an engine wrote for people after `since` (epoch seconds). One in good health writes
        none."""
        words, at = process.last_words(self._store.paths.log_dir)
        return words if at >= since else ""

    def start(self) -> None:
        """Start the background engine, as the admin's own act."""
        with self._store.write() as connection:
            events.add(connection, self._store.who, "started the engine")
        self.ensure_running()

    def ensure_running(self) -> None:
        """Start the background engine when none runs on this store."""
        if not self._store.has_engine:
            paths = self._store.paths
            with self._store.look() as connection:
                beat = looks.engine.last_beat(connection)
            words_at = process.last_words(paths.log_dir)[1]
            self._spawned = _Spawned(time.monotonic(), beat.beat_at if beat else None, words_at)
            process.spawn(paths.data_dir, paths.log_dir)

    def compact(self) -> tuple[int, int]:
        """Give back what the store does not need any more of its disk; no engine can start meanwhile. Returns its
        octets before and after. Raises LockHeld when an engine has it, StoreUnusable."""
        database = self._store.database
        with process.Lock(self._store.paths.lock_file):
            before = database.octets
            database.compact()
        return before, database.octets

    def stop(self) -> bool:
        """Stop the background engine: what is in flight is finished. False when none was running."""
        return process.terminate(self._store.paths.lock_file)
