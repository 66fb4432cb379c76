"""When servers are to be left alone, by the clocks on the wall of their time zones. Pure: the instant comes in.

A blackout lasts from the first moment at which the clock shows its beginning, or later, to the last at which it shows
less than its end. So where clocks are put back and an hour comes twice, it takes in both; where they are put forward,
an end that no clock shows comes when they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

from tui_migrate.model import Blackout

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK_SECONDS = 7 * 86400
_DAYS_BEFORE, _DAYS_AHEAD = 3, 10


@dataclass(frozen=True, slots=True)
class Rest:
    """Time in which nothing may be done."""

    until: float
    """Epoch seconds; infinite where one blackout follows upon the other all week long."""
    time_zone: str
    """Of the blackout that ends last."""


def rest(blackouts: Iterable[Blackout], at: float) -> Rest | None:
    """The rest that is on at `at` (epoch seconds); None when work may be done. Blackouts that overlap or adjoin are
    one."""
    spans = sorted(span for each in blackouts for span in _spans(each, at))
    until, zone = at, ""
    for begins, ends, time_zone in spans:
        if begins <= until < ends:
            until, zone = ends, time_zone
    if not zone:
        return None
    return Rest(until if until - at <= _WEEK_SECONDS else inf, zone)


def spell(at: float, time_zone: str, now: float) -> str:
    """`06:00 CET`; with the weekday when that is not today, with the date when it is a week off or more. Without a
    time zone: by the clock of this machine."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(time_zone) if time_zone else None
    then, today = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in (at, now))
    days = (then.date() - today.date()).days
    day = "" if not days else f"{then:%a} " if 0 < days < 7 else f"{then:%Y-%m-%d} "
    return f"{day}{then:%H:%M} {_zone_name(then)}"


def _zone_name(then: datetime) -> str:
    """`CET`; `UTC+03` for the zones without a name of their own, whose abbreviation is a bare number."""
    name = then.tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"


def _spans(blackout: Blackout, at: float) -> Iterator[tuple[float, float, str]]:
    """The times of this blackout around `at`, in epoch seconds."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(blackout.time_zone)
    today = datetime.fromtimestamp(at, zone).date()
    for distance in range(-_DAYS_BEFORE, _DAYS_AHEAD):
        day = today + distance * _DAY
        if day.weekday() in blackout.weekdays:
            later = day if blackout.ends > blackout.begins else day + _DAY
            begins = _instant(datetime.combine(day, blackout.begins), zone, last=False)
            ends = _instant(datetime.combine(later, blackout.ends), zone, last=True)
            if begins < ends:
                yield begins, ends, blackout.time_zone


def _instant(clock: datetime, zone: ZoneInfo, *, last: bool) -> float:
    """When clocks show this for the first or the last time; for what they never show, when they are put forward."""
    first, second = (clock.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if first <= second:
        return second if last else first
    # PEP 495: of a time that is left out, fold 1 gives an instant before the leap and fold 0 one after it
    after = datetime.fromtimestamp(first, zone).utcoffset()
    seconds = range(int(second), int(first))
    return second + bisect_left(seconds, True, key=lambda at: datetime.fromtimestamp(at, zone).utcoffset() == after)
