"""A message as Apple Mail keeps it: its length on a line, the message with LF, and a property list of what is known of
it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_migrate.mail.eml.eml import READ
from tui_migrate.mail.eml.files import File

START = 64
"""Octets that the first line lies in."""
LIST = 1 << 16
"""Octets of the property list that are looked at."""
_LENGTH = re.compile(rb"[ \t]*(\d{1,12})[ \t]*\r?\n")
_NUMBER = rb"<key>%b</key>\s*<(?:integer|real)>\s*(\d{1,18})(?:\.\d*)?\s*</"
_FLAGS = re.compile(_NUMBER % b"flags")
_RECEIVED = re.compile(_NUMBER % b"date-received")
_BITS = {
    0: "\\Seen",
    1: "\\Deleted",
    2: "\\Answered",
    4: "\\Flagged",
    6: "\\Draft",
    8: "$Forwarded",
    24: "$Junk",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Where the message lies in its file."""

    start: int
    size: int


def span_of(file: File, start: bytes) -> Span:
    """By the first line. Raises MessageDamaged when there is none, or the file ends before the message."""
    found = _LENGTH.match(start)
    if found is None:
        raise file.damaged("A file of Apple Mail does not begin with the length of its message.")
    span = Span(found.end(), int(found[1]))
    if span.start + span.size > file.size:
        raise file.damaged("A file of Apple Mail is cut short.", f"{span.size} octets told, in a file of {file.size}")
    return span


def told_in(properties: bytes) -> tuple[frozenset[str], int | None]:
    """Flags, and when the message arrived, in epoch seconds; None where that is not told."""
    bits, received = _FLAGS.search(properties), _RECEIVED.search(properties)
    flags = frozenset(flag for bit, flag in _BITS.items() if int(bits[1]) >> bit & 1) if bits else READ
    return flags, int(received[1]) if received and int(received[1]) else None
