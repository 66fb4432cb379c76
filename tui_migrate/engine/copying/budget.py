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

    All lanes share its lock. So a lane takes more than it needs at once while there is plenty; and who waits is woken
    when a quarter of all is free, for then there is room for more than one message, and a window is not sent for each.
    """

    def __init__(self, total: int = DEFAULT_BYTES) -> None:
        self._total = total
        self._plenty = total - total // 4
        """No more than this is used."""
        self._used = 0
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    def take(self, cost: int, timeout: float = 0.0, wished: int = 0) -> int:
        """Reserve so much, or as much as is wished while there is plenty; waits up to `timeout` seconds. Returns how
        much was reserved; 0: there was no room."""
        with self._lock:
            if not self._waiting and self._fits(cost):
                taken = max(cost, wished) if self._used + wished <= self._plenty else cost
                self._used += taken
                return taken
            if not timeout:
                return 0
            mine = _Waiting(cost)
            self._waiting.append(mine)
        mine.granted.wait(timeout)
        with self._lock:
            if not mine.granted.is_set():
                self._waiting.remove(mine)
                if not self._fits(cost):
                    return 0
                self._used += cost
            return cost

    def give(self, cost: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self._used -= cost
            while self._waiting and self._used <= self._plenty and self._fits(self._waiting[0].cost):
                first = self._waiting.popleft()
                self._used += first.cost
                first.granted.set()

    def _fits(self, cost: int) -> bool:
        return not self._used or self._used + cost <= self._total
