"""Moments: 100 ns since 1601 in UTC, as properties have them."""

from __future__ import annotations

import time

from tui_migrate.mail.field_dates import derive_date
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Properties

_EPOCH = 116_444_736_000_000_000
_SECOND = 10_000_000
_END = 79_833_600_000
"""In epoch seconds: the year 4500. Outlook writes the first day of 4501 for no date."""
_DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def instant(properties: Properties, tag: int) -> int | None:
    """A moment in epoch seconds. None when there is none: 0 and Outlook's last day stand for that too."""
    told = tags.number(properties, tag)
    if not told:
        return None
    seconds = (told - _EPOCH) // _SECOND
    return seconds if 0 < seconds < _END else None


def moment(seconds: int) -> int:
    """Epoch seconds as a property has them."""
    return seconds * _SECOND + _EPOCH


def arrived(properties: Properties) -> int | None:
    """When an item arrived, in epoch seconds: when it was delivered, else sent, else what its headers say, else when it
    was made. None: nothing tells. Raises MessageDamaged."""
    for tag in (tags.DELIVERY_TIME, tags.SUBMIT_TIME):
        if (found := instant(properties, tag)) is not None:
            return found
    if headers := tags.text(properties, tags.TRANSPORT_HEADERS):
        told = derive_date(headers.encode("utf-8", "replace"))
        if told:
            return told[1]
    return instant(properties, tags.CREATION_TIME)


def mail_date(seconds: int) -> bytes:
    """As a Date header has it (RFC 5322 section 3.3), in UTC."""
    at = time.gmtime(seconds)
    return b"%b, %d %b %04d %02d:%02d:%02d +0000" % (
        _DAYS[at.tm_wday], at.tm_mday, _MONTHS[at.tm_mon - 1], at.tm_year, at.tm_hour, at.tm_min, at.tm_sec,
    )  # fmt: skip
