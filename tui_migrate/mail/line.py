"""What has been seen of the way to a server: how far it is, and how much comes through."""

from __future__ import annotations

import threading
from dataclasses import dataclass

_SECONDS = 1.0
_OCTETS = 1 << 17
"""What must have been waited for, and have come meanwhile, before a rate is believed."""
_REMEMBERED = 30.0
"""Seconds of waiting; the older ones count half, and so on: a line has other hours."""


@dataclass(slots=True)
class Flow:
    """Octets that have moved one way."""

    octets: float = 0.0
    """Lately, while they were waited for."""
    seconds: float = 0.0
    """For which they were."""

    @property
    def rate(self) -> float | None:
        """Octets a second of one connection; None: too few have been seen."""
        if self.seconds < _SECONDS or self.octets < _OCTETS:
            return None
        return self.octets / self.seconds


class Line:
    """Seen by all connections to one server together. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inward, self._outward = Flow(), Flow()
        self.round_trip: float | None = None
        """Seconds from a command to its answer, the least that was seen."""

    def came(self, octets: int, seconds: float) -> None:
        """Note what was received in the middle of an answer, and how long it was waited for."""
        self._add(self._inward, octets, seconds)

    def went(self, octets: int, seconds: float) -> None:
        """Note what was sent, and how long it was until it was taken."""
        self._add(self._outward, octets, seconds)

    def answered(self, seconds: float) -> None:
        """Note how long a command took from its sending to its answer."""
        with self._lock:
            self.round_trip = min(seconds, self.round_trip or seconds)

    @property
    def inward(self) -> float | None:
        """Octets a second that come on a connection; None: not known yet."""
        return self._inward.rate

    @property
    def outward(self) -> float | None:
        """Octets a second that go out on a connection; None: not known yet."""
        return self._outward.rate

    @property
    def slowest(self) -> float | None:
        """The lower of both rates, as far as they are known."""
        inward, outward = self._inward.rate, self._outward.rate
        if inward is None or outward is None:
            return inward or outward
        return min(inward, outward)

    def _add(self, flow: Flow, octets: int, seconds: float) -> None:
        with self._lock:
            flow.octets += octets
            flow.seconds += seconds
            if flow.seconds > _REMEMBERED:
                flow.octets, flow.seconds = flow.octets / 2, flow.seconds / 2
