"""When a message arrived, as far as an mbox file tells."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from tui_migrate.mail.field_dates import field_dates
from tui_migrate.mail.mbox.separators import Stamp, stamp

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_ZONES = {b"EST": -5, b"EDT": -4, b"CST": -6, b"CDT": -5, b"MST": -7, b"MDT": -6, b"PST": -8, b"PDT": -7}
"""RFC 5322 section 4.3, in hours: what other names mean depends on the country."""
_OFFSET = re.compile(rb"(?:UTC|GMT)?([+-]\d\d):?(\d\d)")


def instant(line: bytes, header: bytes) -> int | None:
    """In epoch seconds. None: nothing tells that is understood here.

    A separator with a zone is believed. Without one it tells UTC or the time of some computer: then a Received line
    within a day of it is more exact. Thunderbird writes the time at which it filed the message: the header's own dates
    come first, as where a separator tells nothing."""
    told = stamp(line)
    zone = _zone(told.zone) if told else None
    there = _seconds(told, zone or 0) if told else None
    if there is None or line.startswith(b"From - "):
        return next((each for _, each in field_dates(header, b"received", b"date")), there)
    if zone is not None or b"received" not in header.lower():  # to look for it in its fields costs ten times as much
        return there
    return next((each for _, each in field_dates(header, b"received") if abs(each - there) <= _DAY), there)


def _zone(told: bytes) -> int | None:
    """Seconds east of UTC; None: not told, or told by a name that means several."""
    if not told:
        return None
    told = told.strip(b"()").upper()
    if found := _OFFSET.fullmatch(told):
        hours, minutes = int(found[1]), int(found[2])
        return (hours * 60 + (-minutes if found[1].startswith(b"-") else minutes)) * 60
    if told in (b"UTC", b"GMT", b"Z", b"UT"):
        return 0
    return _ZONES[told] * 3600 if told in _ZONES else None


def _seconds(told: Stamp, zone: int) -> int | None:
    midnight = _midnight(told.year, told.month, told.day)
    hour, minute, *second = map(int, told.time.split(b":"))
    if midnight is None or hour > 23 or minute > 59 or abs(zone) >= _DAY:
        return None
    return midnight + hour * 3600 + minute * 60 + (min(second[0], 59) if second else 0) - zone


@lru_cache(maxsize=4096)
def _midnight(year: int, month: bytes, day: int) -> int | None:
    """Of a day, which has many messages."""
    try:
        return (date(year, _MONTHS[month], day).toordinal() - _EPOCH) * _DAY
    except ValueError:
        return None
