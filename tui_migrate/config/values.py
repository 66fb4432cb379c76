"""Sizes, days, moments and blackouts as an admin types them, in a plan and in a form alike, and spelled back.

Each reader raises ValueError with the end of a sentence that says what is right; it never quotes what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from tui_migrate.model import Blackout

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)\s*([kmgt]?b?)(?:ytes)?", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d?:\d\d))?(?:\s+(\S+))?")
_BLACKOUT = re.compile(r"(\S+)\s+(\d\d?:\d\d)\s*(?:-|–|to)\s*(\d\d?:\d\d)(?:\s+(\S+))?", re.IGNORECASE)


def read_size(text: str) -> int:
    """Bytes, from `500 MB`, `2.5 GB` or a bare number; empty or 0: no limit. Units are thousands."""
    if not text.strip():
        return 0
    found = _SIZE.fullmatch(text.strip())
    unit = found[2].casefold() if found else ""
    unit = unit if unit in _UNITS else f"{unit}b" if f"{unit}b" in _UNITS else "" if unit == "b" else unit
    if not found or unit not in _UNITS:
        raise ValueError("must be a size such as 500 MB or 2.5 GB; empty for no limit")
    return int(float(found[1]) * _UNITS[unit] + 0.5)


def spell_size(octets: int) -> str:
    """A size as `read_size` reads it; empty for no limit."""
    if not octets:
        return ""
    for unit, size in sorted(_UNITS.items(), key=lambda each: -each[1]):
        if unit and octets >= size and octets * 1000 % size == 0:
            return f"{octets / size:.3f}".rstrip("0").rstrip(".") + f" {unit.upper().replace('KB', 'kB')}"
    return str(octets)


def read_day(text: str) -> date | None:
    """A day, from `2026-12-31`; None when empty."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("must be a day such as 2026-12-31; empty for no limit") from None


def read_moment(text: str) -> float | None:
    """Epoch seconds, from `2026-12-31 22:00`, by the clock of this machine or of the time zone that follows; None when
    empty."""
    if not text.strip():
        return None
    found = _MOMENT.fullmatch(text.strip())
    wrong = ValueError("must be a time such as 2026-12-31 22:00, or 2026-12-31 22:00 Europe/Brussels; empty for none")
    if not found:
        raise wrong
    zone = read_zone(found[3]) if found[3] else None
    try:
        day, clock = date.fromisoformat(found[1]), _clock(found[2] or "0:00")
        return datetime.combine(day, clock, zone).timestamp()
    except (ValueError, OverflowError):
        raise wrong from None


def spell_moment(at: float | None) -> str:
    """A moment as `read_moment` reads it on the same machine; empty for none."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M}" if at is not None else ""


def spell_moment_anywhere(at: float | None) -> str:
    """A moment as `read_moment` reads it on any machine: by this one's time zone, or by UTC for an hour that its clock
    shows twice; empty for none."""
    text = ""
    for zone in (local_zone(), "UTC") if at is not None else ():
        text = f"{datetime.fromtimestamp(at or 0, read_zone(zone)):%Y-%m-%d %H:%M} {zone}"
        if read_moment(text) == at:
            break
    return text


def read_blackout(text: str) -> Blackout:
    """A blackout, from `mon-fri 08:00-18:00 Europe/Brussels`, `sat,sun 00:00-24:00` or `daily 22:00-06:00 UTC`.

    Without a time zone: the one of this machine.
    """
    found = _BLACKOUT.fullmatch(text.strip())
    if not found:
        raise ValueError("must be days, hours and a time zone: mon-fri 08:00-18:00 Europe/Brussels")
    days, begins, ends, zone = found.groups()
    try:
        hours = _clock(begins), _clock(ends)
    except ValueError:
        raise ValueError("has hours that no clock shows; from 00:00 to 24:00") from None
    name = zone or local_zone()
    read_zone(name)
    return Blackout(frozenset(_weekdays(days)), *hours, name)


def spell_blackout(blackout: Blackout) -> str:
    """A blackout as `read_blackout` reads it."""
    ends = "24:00" if blackout.ends == time(0) else f"{blackout.ends:%H:%M}"
    return f"{_spell_days(blackout.weekdays)} {blackout.begins:%H:%M}-{ends} {blackout.time_zone}"


def read_zone(name: str) -> ZoneInfo:
    """A time zone of the IANA database."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("names a time zone that is not known; such as Europe/Brussels or UTC") from None


def local_zone() -> str:
    """The IANA name of this machine's time zone; UTC where it has none."""
    from tzlocal import get_localzone_name

    return get_localzone_name() or "UTC"


def _clock(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    return time(0) if (hour, minute) == (24, 0) else time(hour, minute)


def _weekdays(text: str) -> Iterator[int]:
    if text.casefold() in ("daily", "always"):
        yield from range(7)
        return
    for part in text.casefold().split(","):
        first, _, last = part.partition("-")
        names = [name[:3] for name in (first, last or first)]
        if not all(name in WEEKDAYS for name in names):
            raise ValueError("has a day that is none of mon, tue, wed, thu, fri, sat, sun or daily")
        start, end = (WEEKDAYS.index(name) for name in names)
        yield from ((start + step) % 7 for step in range((end - start) % 7 + 1))


def _spell_days(weekdays: frozenset[int]) -> str:
    if len(weekdays) == len(WEEKDAYS):
        return "daily"
    days = sorted(weekdays)
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ",".join(WEEKDAYS[day] for day in days)
