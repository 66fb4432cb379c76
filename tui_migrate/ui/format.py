"""Numbers, sizes and times as an admin reads them. Pure: values in, text out; no clock, no screen.

What is not known is a dash. Progress is rounded down, so that nothing looks finished before it is.
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from tui_migrate.model import Account, Counts, Migration, MigrationOverview
from tui_migrate.model.figures import RATE_WINDOW as RATE_WINDOW
from tui_migrate.model.figures import UNKNOWN as UNKNOWN
from tui_migrate.model.figures import message_rate as message_rate
from tui_migrate.model.figures import rate as rate
from tui_migrate.model.figures import size as size
from tui_migrate.model.figures import three_digits
from tui_migrate.model.moments import clock
from tui_migrate.model.moments import moment as moment
from tui_migrate.printable import plural as plural

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LETTERS = {1: "s", _MINUTE: "m", _HOUR: "h", _DAY: "d"}


class Tone(StrEnum):
    """What a text is about; styles give it a colour. A word or a glyph says the same to eyes without colours."""

    PLAIN = "plain"
    QUIET = "quiet"
    BUSY = "busy"
    GOOD = "good"
    CARE = "care"
    BAD = "bad"


class Cell(NamedTuple):
    """A piece of text in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: cut with an ellipsis, or padded on the one side or the other."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def count(number: int) -> str:
    """A number in at most five cells: 9,999 is exact, 12.3k and 3.9M are rounded down."""
    if number < 10_000:
        return f"{number:,}"
    return three_digits(number, ("k", "M", "G", "T"))


def some(number: int) -> str:
    """A number; empty for none, which is not worth a look."""
    return count(number) if number else ""


def moved(work: Account | MigrationOverview, *, wide: bool = True) -> str:
    """What has arrived by us in all passes; in a first one, how much of all: `1.2 GB of 4.0 GB copied`."""
    if work.is_in_first_pass:
        return f"{size(work.bytes_copied)} of {size(work.bytes_listed)} copied" if work.bytes_listed else ""
    messages = f"{plural(work.moved.messages, 'message')}, " if wide else ""
    return f"{messages}{size(work.moved.bytes)} moved{' in all passes' if wide else ''}"


def bar(fraction: float, width: int) -> str:
    """How far it is, as a bar. Only what is complete is full."""
    full = int(min(max(fraction, 0.0), 1.0) * width)
    return "█" * full + "░" * (width - full)


def share(counts: Counts, *, ended: bool = False) -> float:
    """The part of the listed messages whose fate is known, 0 to 1. Of no messages, an ended pass has done all."""
    if counts.listed:
        return min(counts.settled / counts.listed, 1.0)
    return float(ended)


def progress(counts: Counts, *, exact: bool = False, more: bool = False) -> str:
    """`120/4,512`; with a plus sign when `more` are to be counted yet."""
    number = "{:,}".format if exact else count
    return f"{number(counts.settled)}/{number(counts.listed)}{'+' if more else ''}"


def seconds_left(work: Account | MigrationOverview) -> float | None:
    """Seconds until what was counted is done at the present rate, None when that cannot be said.

    Of messages and bytes, what takes longer counts. Bytes are known to be missing only while everything that was
    settled has been copied: mail that was there already is in the listed bytes and not in the copied ones.
    """
    counts = work.counts
    if work.rate_messages <= 0 or counts.listed == 0:
        return None
    seconds = counts.pending / work.rate_messages
    if counts.settled == counts.copied and work.rate_bytes > 0:
        seconds = max(seconds, (work.bytes_listed - work.bytes_copied) / work.rate_bytes)
    return seconds


def left(seconds: float | None) -> str:
    """Time left in at most six cells, rounded up: ~40s, ~12m, ~1h20m, ~23h, ~3d."""
    if seconds is None:
        return UNKNOWN
    if seconds <= 55:
        return f"~{max(5, -int(-seconds // 5) * 5)}s"
    minutes = -int(-seconds // _MINUTE)
    if minutes < 60:
        return f"~{minutes}m"
    if minutes < 10 * 60:
        return f"~{minutes // 60}h{minutes % 60:02}m"
    hours = -int(-seconds // _HOUR)
    return f"~{hours}h" if hours < 72 else f"~{-int(-seconds // _DAY)}d"


def finish(seconds: float | None, now: float) -> str:
    """When it will be done, in seven cells: ~14:20 today, ~13 Mar later; empty when that cannot be said."""
    return "" if seconds is None else f"~{when(now + seconds, now)}"


def took(seconds: float) -> str:
    """Time that has passed, in at most five cells, rounded down: 45s, 12m, 1h20m, 3d."""
    unit = took_unit(seconds)
    return spell_time(int(seconds) // unit, unit)


def took_unit(seconds: float) -> int:
    """The seconds of the smallest unit in which `took` tells so long a time."""
    if seconds < _MINUTE:
        return 1
    if seconds < 10 * _HOUR:
        return _MINUTE
    return _HOUR if seconds < 3 * _DAY else _DAY


def spell_time(number: int, unit: int) -> str:
    """An amount of time in units of this many seconds: 45s, 12m, 1h20m, 3d."""
    if unit == _MINUTE and number >= 60:
        return f"{number // 60}h{number % 60:02}m"
    return f"{number}{_LETTERS[unit]}"


def route(migration: Migration) -> str:
    """From which server mail goes to which."""
    return f"{migration.source.name} → {migration.destination.name}"


def when(at: float, now: float) -> str:
    """A moment in at most six cells of local time: the hour today, the day this year, else the year."""
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return f"{then.tm_hour:02}:{then.tm_min:02}"
    return f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}" if then.tm_year == today.tm_year else str(then.tm_year)


def minute(at: float, now: float) -> str:
    """A moment in local time, the hour today, else day and hour: 14:05, 13 Mar 14:05."""
    hour, day = clock(at), when(at, now)
    return hour if day == hour else f"{day} {hour}"
