"""How the runs of one account follow each other, and how long that may go on without success."""

from __future__ import annotations

import threading
import time
from enum import Enum, auto

from tui_migrate.errors import MailError
from tui_migrate.model import Wait


class RunState(Enum):
    """What an account does now."""

    RESTING = auto()
    """Between two runs."""
    CONNECTING = auto()
    CONNECTED = auto()
    """The run has got as far as both mailboxes."""


class Attempts:
    """How the runs of one account stand. Thread-safe. Times are monotonic."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = RunState.RESTING
        self._rests: tuple[Wait, float] | None = None
        """What is waited for between two runs, and since when."""
        self._end, self._alike = "", 0
        """How the last runs ended that copied nothing, and how many of them did so."""
        self.tries = 0
        """Runs in a row that made no progress."""
        self.worked_at = time.monotonic()
        """When a run last made progress."""
        self.sent_until = 0.0
        """When the last run that this engine made of the account ended."""

    @property
    def state(self) -> RunState:
        """What the account does now."""
        return self._state

    def begin(self) -> tuple[Wait, float] | None:
        """Begin a run. Returns what was waited for before it, and for how many seconds."""
        with self._lock:
            self._state = RunState.CONNECTING
            rests, self._rests = self._rests, None
        return (rests[0], time.monotonic() - rests[1]) if rests else None

    def connected(self) -> None:
        """Note that the run has got as far as both mailboxes."""
        with self._lock:
            self._state = RunState.CONNECTED

    def progressed(self) -> None:
        """Note that something has worked: patience begins anew."""
        with self._lock:
            self.tries, self._end, self._alike = 0, "", 0
            self.worked_at = time.monotonic()

    def alike(self, error: MailError) -> int:
        """Note how the run has ended. Returns how many ended so, one after the other, with nothing copied."""
        text = f"{error.kind} {error.sentence} {error.command} {error.server_words}"
        with self._lock:
            self._alike = self._alike + 1 if self._end == text else 1
            self._end = text
            return self._alike

    def failed(self) -> None:
        """Note that the run has ended with an error."""
        with self._lock:
            self.tries += 1

    def sent(self) -> None:
        """Note that the run sends nothing from now on."""
        with self._lock:
            self.sent_until = time.monotonic()

    def rest(self, what: Wait | None) -> None:
        """End the run and let the account wait: for this, where it is known."""
        with self._lock:
            self._state = RunState.RESTING
            self._rests = (what, time.monotonic()) if what else None
