"""How long servers take to answer for what they have been sent in full."""

from __future__ import annotations

import threading
from collections import defaultdict

from tui_migrate.timing import Timing

_STEP = 3
"""Bits: sizes that differ by less than a factor of eight are taken for one."""


class Delays:
    """The longest times that servers took to answer, by server and size. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._longest: dict[str, dict[int, float]] = defaultdict(dict)

    def note(self, server: str, octets: int, seconds: float) -> None:
        """Note the seconds from the last octet of a command with so many octets of mail to its OK."""
        size = octets.bit_length() // _STEP
        with self._lock:
            mine = self._longest[server]
            mine[size] = max(seconds, mine.get(size, 0.0))

    def patience(self, server: str, octets: int, timing: Timing) -> float:
        """How long a server must have been quiet before it is believed that so many octets are not stored any more."""
        size = octets.bit_length() // _STEP
        with self._lock:
            seen = max((each for known, each in self._longest[server].items() if known <= size), default=0.0)
        return min(max(timing.settle, seen * timing.settle_times), max(timing.settle, timing.longest_settle))
