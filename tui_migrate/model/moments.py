"""Moments and durations as an admin reads them, the same on screens, in tables, reports and logs. Pure.

Moments are epoch seconds, told by the clock of this machine unless the name says UTC; durations are seconds.
"""

from __future__ import annotations

import time

from tui_migrate.model.figures import UNKNOWN


def moment(at: float | None) -> str:
    """Date and time of day with the zone: 2026-12-31 22:00:05 CET."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at)) if at is not None else UNKNOWN


def minute(at: float) -> str:
    """Date and time of day: 2026-12-31 22:00."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def clock(at: float) -> str:
    """Time of day: 22:00."""
    return time.strftime("%H:%M", time.localtime(at))


def in_utc(at: float | None) -> str:
    """Date and time of day for those who read elsewhere: 2026-12-31T21:00:05Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if at is not None else UNKNOWN


def duration(seconds: float | None) -> str:
    """5 s, 12 min 05 s, 2 h 05 min."""
    if seconds is None:
        return UNKNOWN
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
