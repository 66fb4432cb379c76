"""One byte budget for all mail that waits here, whoever holds it."""

from __future__ import annotations

import threading

DEFAULT_BYTES = 24 << 20
_OVERHEAD = 2048
"""Octets that even the smallest message costs in objects and bookkeeping."""


class Budget:
    """Octets that may be in memory at once over all lanes.
    One thing larger than all of it is let through when nothing else is."""

    def __init__(self, total: int = DEFAULT_BYTES) -> None:
        self._total = total
        self._used = 0
        self._changed = threading.Condition()

    @staticmethod
    def cost(weight: int) -> int:
        """What a message of this weight counts for."""
        return weight + _OVERHEAD

    def take(self, cost: int, timeout: float) -> bool:
        """Reserve; waits up to `timeout` seconds. False when there was no room."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._used or self._used + cost <= self._total, timeout):
                return False
            self._used += cost
            return True

    def give(self, cost: int) -> None:
        """Give back what was taken."""
        with self._changed:
            self._used -= cost
            self._changed.notify_all()
