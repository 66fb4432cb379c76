"""How fast servers may be used: octets and messages per second, shared by all connections to a server.

Octets pay when they have moved, in small pieces, on the socket: a slow reader is never silent for long, so no server
takes it for dead, and a message larger than the rate needs nothing special. What reads for a throttled destination
keeps to that one's pace too: else the mail would pile up here, and the source be left with unread data.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tui_migrate.model import Migration

BURST_SECONDS = 1.0
"""What was not used is saved up for so long."""
_PIECES_A_SECOND = 20
_SMALLEST_PIECE = 1 << 10
_LOOK_SECONDS = 0.25
"""A change of the settings, or the end of a connection, is seen after so long."""
_WINDOW_SECONDS = 2


class Bucket:
    """Amounts that are paid for at a rate, in the order in which they were charged. Pure: the time is given.

    Over any time t, no more is paid for than rate * t and what `BURST_SECONDS` have saved up. Any amount can be
    charged; it takes its time to be paid.
    """

    def __init__(self, now: float) -> None:
        self._rate = 0.0
        self._charged = 0.0
        self._paid = 0.0
        self._at = now

    def set_rate(self, rate: float, now: float) -> None:
        """Set what is paid for in a second from now on; 0: everything is paid for at once."""
        if rate != self._rate:
            self._advance(now)
            if not self._rate:
                self._paid = self._charged + rate * BURST_SECONDS
            self._rate = rate

    def charge(self, amount: float, now: float) -> float:
        """Charge an amount. Returns a ticket, to ask with if it is paid for."""
        self._advance(now)
        self._charged += amount
        return self._charged

    def wait(self, ticket: float, now: float) -> float:
        """Seconds until a ticket is paid for, at the present rate; 0 when it is."""
        self._advance(now)
        if not self._rate or ticket <= self._paid:
            return 0.0
        return (ticket - self._paid) / self._rate

    def _advance(self, now: float) -> None:
        passed, self._at = max(0.0, now - self._at), max(self._at, now)
        self._paid = min(self._paid + self._rate * passed, self._charged + self._rate * BURST_SECONDS)


class Flow(StrEnum):
    """What is counted at a server. `AHEAD`: what is read elsewhere in order to be written there."""

    READ = "read"
    WRITTEN = "written"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Rates:
    """Per second; 0: no limit."""

    octets: int = 0
    messages: int = 0


def rates(migrations: Iterable[Migration]) -> dict[tuple[str, Flow], Rates]:
    """The strictest rates that any of these sets, by server and what is counted."""
    found: dict[tuple[str, Flow], Rates] = {}
    for migration in migrations:
        source, destination = migration.source, migration.destination
        for server, flow in ((source, Flow.READ), (destination, Flow.WRITTEN), (destination, Flow.AHEAD)):
            before = found.get((server.key, flow), Rates())
            found[server.key, flow] = Rates(
                _stricter(before.octets, server.bytes_per_second),
                _stricter(before.messages, server.messages_per_second),
            )
    return found


def _stricter(one: int, other: int) -> int:
    return min(one or other, other or one)


class Throttles:
    """The buckets of all servers. Safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rates: Mapping[tuple[str, Flow], Rates] = {}
        self.any = False
        """True when anything is limited: else nobody need ask, which is done for every message."""
        self._buckets: dict[tuple[str, Flow, str], Bucket] = {}

    def adopt(self, wanted: Mapping[tuple[str, Flow], Rates]) -> None:
        """Apply these rates from now on, also to who waits."""
        with self._lock:
            self._rates = wanted
            self.any = any(rates != Rates() for rates in wanted.values())
            for (server, flow, unit), bucket in self._buckets.items():
                bucket.set_rate(self._rate(server, flow, unit), self._clock())

    def rates(self, server: str, flow: Flow) -> Rates:
        """The rates that hold for a server now."""
        return self._rates.get((server, flow), Rates())

    def charge(self, server: str, flow: Flow, unit: str, amount: int) -> float:
        """Charge a server's bucket. `unit`: `octets` or `messages`. Returns a ticket."""
        with self._lock:
            return self._bucket(server, flow, unit).charge(amount, self._clock())

    def wait(self, server: str, flow: Flow, unit: str, ticket: float) -> float:
        """Seconds until a ticket is paid for."""
        with self._lock:
            return self._bucket(server, flow, unit).wait(ticket, self._clock())

    def _bucket(self, server: str, flow: Flow, unit: str) -> Bucket:
        bucket = self._buckets.get((server, flow, unit))
        if bucket is None:
            bucket = self._buckets[server, flow, unit] = Bucket(self._clock())
            bucket.set_rate(self._rate(server, flow, unit), self._clock())
        return bucket

    def _rate(self, server: str, flow: Flow, unit: str) -> int:
        return int(getattr(self.rates(server, flow), unit))


class ThrottledValve:
    """One connection's way through the buckets that concern it; a `Valve` of its stream. One thread pays, the others
    may look and `release`."""

    def __init__(
        self,
        throttles: Throttles,
        ways: Iterable[tuple[str, Flow]],
        stop: threading.Event,
        count: Callable[[int, int], None] = lambda octets, spared: None,
        waited: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """`count` is told all octets that pass and those that compressing has spared, `waited` the seconds for which
        they were held up. `stop` ends all waiting."""
        self._throttles = throttles
        self._ways = tuple(ways)
        self._stop = stop
        self._count = count
        self._released = False
        self._waited = waited
        self._tickets = [0.0] * len(self._ways)

    def piece(self, most: int) -> int:
        """How many octets may move at once: few enough to be paid for in a fraction of a second."""
        limits = [rate for way in self._ways if (rate := self._throttles.rates(*way).octets)]
        return min([most, *(max(_SMALLEST_PIECE, rate // _PIECES_A_SECOND) for rate in limits)])

    def passed(self, octets: int) -> None:
        """Pay for octets that have moved."""
        self._count(octets, 0)
        self._pay("octets", octets)

    def spared(self, octets: int) -> None:
        """Count what did not have to move."""
        self._count(0, octets)

    def message(self) -> None:
        """Pay for a message."""
        self._pay("messages", 1)

    def book(self, messages: int) -> None:
        """Pay for messages without waiting; `due` says how long the next ones must."""
        if self._throttles.any:
            self._tickets = [self._throttles.charge(*way, "messages", messages) for way in self._ways]

    def due(self) -> float:
        """Seconds until what was booked is paid for."""
        if self._released or not self._throttles.any:
            return 0.0
        return max(
            self._throttles.wait(*way, "messages", ticket)
            for way, ticket in zip(self._ways, self._tickets, strict=True)
        )

    def window(self, messages: int, octets: int) -> tuple[int, int]:
        """How large a window may be for the mail to arrive evenly: at most so many messages and octets."""
        for way in self._ways:
            rate = self._throttles.rates(*way)
            messages = min(messages, rate.messages or messages)
            octets = min(octets, _WINDOW_SECONDS * rate.octets or octets)
        return messages, octets

    def release(self) -> None:
        self._released = True

    def _pay(self, unit: str, amount: int) -> None:
        for way in self._ways if self._throttles.any else ():
            if not getattr(self._throttles.rates(*way), unit):
                continue
            ticket = self._throttles.charge(*way, unit, amount)
            while not self._released and (seconds := self._throttles.wait(*way, unit, ticket)):
                began = time.monotonic()
                stopped = self._stop.wait(min(seconds, _LOOK_SECONDS))
                self._waited(time.monotonic() - began)
                if stopped:
                    return
