"""One byte budget for all mail that waits here, whoever holds it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

DEFAULT_BYTES = 24 << 20
OVERHEAD = 2048
"""Octets that even the smallest message costs in objects and bookkeeping."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """Somebody who waits for room."""

    cost: int
    granted: threading.Event = field(default_factory=threading.Event)


class Budget:
    """Octets that may be in memory at once over all lanes.
    One thing larger than all of it is let through when nothing else is.

    All lanes share its lock, and each that is woken in vain takes it once more: who waits is woken when there is room
    for him, in the order of coming, and nobody else is."""

    def __init__(self, total: int = DEFAULT_BYTES) -> None:
        self._total = total
        self._used = 0
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    def take(self, cost: int, timeout: float) -> bool:
        """Reserve; waits up to `timeout` seconds. False when there was no room."""
        with self._lock:
            if not self._waiting and self._fits(cost):
                self._used += cost
                return True
            if not timeout:
                return False
            mine = _Waiting(cost)
            self._waiting.append(mine)
        if mine.granted.wait(timeout):
            return True
        with self._lock:
            if not mine.granted.is_set():
                self._waiting.remove(mine)
                self._grant()  # who came behind may need less
            return mine.granted.is_set()

    def give(self, cost: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self._used -= cost
            self._grant()

    def _grant(self) -> None:
        while self._waiting and self._fits(self._waiting[0].cost):
            first = self._waiting.popleft()
            self._used += first.cost
            first.granted.set()

    def _fits(self, cost: int) -> bool:
        return not self._used or self._used + cost <= self._total
