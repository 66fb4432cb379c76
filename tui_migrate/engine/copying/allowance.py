"""How much of an account may be read and written in a day.

A day is any 24 hours: providers count their days by a clock that they do not tell (Gmail by that of California), and
who uses one day's budget before his own midnight and the next one's after it has used two in one of theirs. What
was used is kept by the hour, and counts until the whole of that hour is 24 hours old.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tui_migrate.errors import DayUsedUp, Throttled
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import Migration
from tui_migrate.model.day_use import HourUse

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets in 24 hours; 0: no limit."""

    read: int = 0
    written: int = 0


def day_limits(migration: Migration) -> Limits:
    """The limits of a day that are set for each account of a migration."""
    return Limits(migration.source.bytes_per_day, migration.destination.bytes_per_day)


def used(use: Iterable[tuple[int, int]], now: float) -> int:
    """Octets that were used in the last 24 hours. `use`: hours since the epoch, each with its octets."""
    return sum(octets for hour, octets in use if _ends(hour) > now)


def free_at(use: Iterable[tuple[int, int]], limit: int, now: float) -> float:
    """When something may be used again, in epoch seconds; `now` when it may be."""
    counting = sorted((_ends(hour), octets) for hour, octets in use if _ends(hour) > now)
    total, when = sum(octets for _, octets in counting), now
    for ends, octets in counting:
        if not limit or total < limit:
            break
        total, when = total - octets, ends
    return when


def _ends(hour: int) -> float:
    return (hour + 1) * HOUR + DAY


class Allowance:
    """What one account has used, and may still use. Any thread adds, the reader asks."""

    def __init__(self, use: Iterable[HourUse] = (), clock: Callable[[], float] = time.time) -> None:
        """`use` is on record already."""
        self._clock = clock
        self._lock = threading.Lock()
        self._limits = Limits()
        self._hours = {each.hour: [each.read, each.written] for each in use}
        """Octets read and written, by hour since the epoch."""
        self._unsaved: dict[int, list[int]] = {}
        self._granted = 0
        self._moved = [0, 0]
        """Octets read and written since `begin`."""

    def begin(self) -> None:
        """Begin a run, to which nothing is granted yet."""
        with self._lock:
            self._granted, self._moved = 0, [0, 0]

    def adopt(self, limits: Limits) -> None:
        """Apply these limits from now on."""
        self._limits = limits

    def read(self, octets: int) -> None:
        """Note octets that have come from the source."""
        self._count([octets, 0])

    def written(self, octets: int) -> None:
        """Note octets that have gone to the destination."""
        self._count([0, octets])

    def take_unsaved(self) -> list[HourUse]:
        """What has been used since the last call, to be added to what is on record."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, {}
        return [HourUse(hour, *octets) for hour, octets in unsaved.items()]

    def spent(self) -> DayUsedUp | None:
        """Why nothing may be used now, and for how long."""
        now = self._clock()
        with self._lock:
            for side, limit, name in ((0, self._limits.read, "source"), (1, self._limits.written, "destination")):
                when = free_at(self._side(side), limit, now)
                if when > now:
                    return DayUsedUp(name, limit, when - now)
        return None

    def refusal(self) -> Throttled:
        """Why not all that was wanted was granted. Where sizes were told too large, something is left to be granted."""
        return self.spent() or Throttled("The day's bytes are counted anew.", seconds=0.0)

    def grant(self, wanted: Sequence[Listed]) -> Sequence[Listed]:
        """As many of these, from the first on, as may be moved: the last one may go beyond the limit.
        The first message of a run is always among them, or a mailbox with a long listing would never be done."""
        if self._limits == Limits():
            return wanted
        with self._lock:
            left = self._left()
            for number, listed in enumerate(wanted):
                if left <= 0 and self._granted:
                    return wanted[:number]
                left -= listed.size
                self._granted += listed.size
        return wanted

    def _left(self) -> int:
        """Octets that may still be granted; what was granted and has not moved yet counts as used."""
        now = self._clock()
        left = []
        for side, limit in ((0, self._limits.read), (1, self._limits.written)):
            if limit:
                left.append(limit - used(self._side(side), now) - max(0, self._granted - self._moved[side]))
        return min(left)

    def _side(self, side: int) -> list[tuple[int, int]]:
        return [(hour, octets[side]) for hour, octets in self._hours.items()]

    def _count(self, octets: list[int]) -> None:
        hour = int(self._clock()) // HOUR
        with self._lock:
            self._add(self._hours, hour, octets)
            self._add(self._unsaved, hour, octets)
            self._moved = [before + more for before, more in zip(self._moved, octets, strict=True)]

    @staticmethod
    def _add(hours: dict[int, list[int]], hour: int, octets: list[int]) -> None:
        before = hours.get(hour, [0, 0])
        hours[hour] = [before[0] + octets[0], before[1] + octets[1]]
