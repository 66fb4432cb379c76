"""How fast an account goes, and where its time goes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping

from tui_migrate.model import Pace, Stretch, Wait

RATE_SECONDS = 10.0
STRETCH_SECONDS = 10.0
KEPT_STRETCHES = 90
"""A quarter of an hour."""


class PaceMeter:
    """Counts what moves and what is waited for. The lanes add, the supervisor reads."""

    def __init__(self, before: Pace | None = None) -> None:
        self.moved = (0, 0)
        """Messages and octets that have arrived, in all passes of this run."""
        self._samples: deque[tuple[float, int, int]] = deque()
        self._spent = {what: before.spent.get(what, 0.0) if before else 0.0 for what in Wait}
        self._history: deque[Stretch] = deque(before.history if before else (), maxlen=KEPT_STRETCHES)
        self._stretch_began = (time.monotonic(), 0, 0)
        self._held = 0.0
        self._lock = threading.Lock()
        self.lanes = 1
        """Each of so many waits by itself."""

    def reset(self) -> None:
        """Begin a new pass."""
        for what in self._spent:  # its size never changes: the other thread may be looking
            self._spent[what] = 0.0
        self._history.clear()

    def move(self, messages: int, octets: int) -> None:
        """Note what has arrived at the destination."""
        with self._lock:
            self.moved = (self.moved[0] + messages, self.moved[1] + octets)

    def wait(self, what: Wait, seconds: float) -> None:
        """Note for how long nothing could be done but wait for this, or for what has held up the other side
        meanwhile."""
        with self._lock:
            held, self._held = min(self._held, seconds), 0.0
            self._spent[Wait.THROTTLED] += held / self.lanes
            self._spent[what] += (seconds - held) / self.lanes

    def throttled(self, seconds: float) -> None:
        """Note for how long limits have held it up."""
        with self._lock:
            self._spent[Wait.THROTTLED] += seconds / self.lanes

    def held(self, seconds: float) -> None:
        """Note for how long limits have held up the thread that reads; the one that adds will find that it waited for
        it."""
        with self._lock:
            self._held += seconds

    def rates(self) -> tuple[float, float]:
        """Messages and bytes per second over the last ten seconds. To be asked about once a second."""
        now = time.monotonic()
        if not self._samples or now - self._samples[-1][0] > RATE_SECONDS:  # nobody asked: it was not at work
            self._stretch_began = (now, *self.moved)
        self._samples.append((now, *self.moved))
        while self._samples[0][0] < now - RATE_SECONDS:
            self._samples.popleft()
        first, last = self._samples[0], self._samples[-1]
        seconds = last[0] - first[0]
        self._close_stretch(now)
        return ((last[1] - first[1]) / seconds, (last[2] - first[2]) / seconds) if seconds else (0.0, 0.0)

    def pace(self) -> Pace:
        """Where the time of the pass goes and how fast it is, as the admin sees it."""
        spent: Mapping[Wait, float] = {what: round(seconds, 1) for what, seconds in self._spent.items() if seconds}
        return Pace(spent, tuple(self._history))

    def _close_stretch(self, now: float) -> None:
        began, messages, octets = self._stretch_began
        if now - began >= STRETCH_SECONDS:
            seconds = now - began
            done = Stretch(time.time(), (self.moved[0] - messages) / seconds, (self.moved[1] - octets) / seconds)
            self._history.append(done)
            self._stretch_began = (now, *self.moved)
