"""How busy this process is."""

from __future__ import annotations

import time

_SECONDS = 1.0


class Processor:
    """Share of one core that the engine has used of late. Python's threads have no more than one between them."""

    def __init__(self) -> None:
        self._at, self._used = time.monotonic(), time.process_time()
        self._share = 1.0

    def share(self) -> float:
        """The share of the last second or so; 1 until there was one."""
        at, used = time.monotonic(), time.process_time()
        if at - self._at >= _SECONDS:
            self._share = (used - self._used) / (at - self._at)
            self._at, self._used = at, used
        return self._share
