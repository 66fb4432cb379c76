"""The dates that a message's header carries."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from functools import cache

from tui_migrate.mail.message import date_time, from_mail_date

_EARLIEST = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
_DAY = 86_400
_MAIL_DATE = re.compile(
    rb"[ \t\r\n]*(?:[A-Za-z]{3},[ \t\r\n]+)?(\d{1,2})[ \t\r\n]+([A-Za-z]{3})[ \t\r\n]+([12]\d{3})[ \t\r\n]+"
    rb"(\d\d):(\d\d):(\d\d)[ \t\r\n]+(?!-0000)([+-])(\d\d)(\d\d)(?:[ \t\r\n]|\Z)"
)
"""RFC 5322 section 3.3, as nearly all mail has it: the email package takes ten times as long for the same."""
_PLAIN = re.compile(rb"(?:[!-9;-~]++:[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+\r?(?:\n|\Z))*+[\r\n]*+")
"""A header of which all lines are fields: what the email package would make of it is sure."""


def derive_date(header: bytes) -> tuple[bytes, int] | None:
    """The date a message arrived, from its topmost sane Received line, else the dates it carries. None:
    it tells none."""
    names = (b"received", b"delivery-date", b"x-received", b"resent-date", b"date")
    return next(field_dates(header, *names), None)


def field_dates(header: bytes, *names: bytes) -> Iterator[tuple[bytes, int]]:
    """The sane dates that fields of these names end with, the topmost of each first. Names are in lower case."""
    latest = time.time() + _DAY
    for text in _field_ends(header, names):
        found = _MAIL_DATE.match(text)
        date = date_time(found) if found else None
        if date is None:
            date = from_mail_date(text.decode("ascii", "replace"))
        if date and _EARLIEST <= date[1] <= latest:
            yield date


def _field_ends(header: bytes, names: Sequence[bytes]) -> Iterator[bytes]:
    """What follows the last semicolon of each field of these names."""
    if not _PLAIN.fullmatch(header):
        parsed = BytesHeaderParser(policy=compat32).parsebytes(header)
        for line in (line for name in names for line in parsed.get_all(name.decode(), [])):
            yield str(line).rpartition(";")[2].encode("ascii", "replace")
        return
    for name in names:
        for value in _field(name).findall(b"\n" + header):
            if not value.isascii():
                shown = compat32.header_fetch_parse("", value.strip().decode("ascii", "surrogateescape"))
                value = str(shown).encode("ascii", "replace")
            yield value.rpartition(b";")[2]


@cache
def _field(name: bytes) -> re.Pattern[bytes]:
    """Its group is the value."""
    return re.compile(rb"\n%b:([^\n]*+(?:\n[ \t][^\n]*+)*+)" % name, re.I)
