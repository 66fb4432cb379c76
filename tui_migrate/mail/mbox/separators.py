"""Which lines of an mbox file separate messages. Anybody may begin a line of a mail with `From `."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST = 1000
"""Octets; no program writes a longer separator."""
AHEAD = 1 << 14
"""Octets behind such a line that are enough to judge it by."""

_TIME = rb"(?P<time>\d{1,2}:\d\d(?::\d\d)?)"
_ZONE = rb"(?:\([\w +-]{1,40}\)|[A-Za-z]{1,5}|(?:UTC|GMT)?[+-]\d\d:?\d\d|(?:UTC|GMT)[+-]\d{1,2})"
_STAMP = re.compile(
    rb"(?:^| )(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?"
    rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(?P<day>\d{1,2}),? +"
    + _TIME
    + rb"(?: +(?P<before>"
    + _ZONE
    + rb")){0,2} +(?P<year>\d{4})(?: +(?P<after>"
    + _ZONE
    + rb")){0,2}(?: remote from \S+)?$"
)
"""As ctime(3) and its relatives write it: with a zone before or behind the year, or none."""
_LOOSE = re.compile(rb"\d{1,2}:\d\d(?::\d\d)?(?: +[\w+:()-]{1,40}){0,2} +\d{4}(?: +" + _ZONE + rb")?$")
_FIELD = re.compile(rb">?(?P<name>[!-9;-~]{1,100})[ \t]*:")
_KNOWN = frozenset(
    b"received return-path delivered-to envelope-to from sender reply-to to cc bcc subject date message-id in-reply-to "
    b"references mime-version content-type content-transfer-encoding dkim-signature arc-seal authentication-results "
    b"received-spf x-received x-original-to x-envelope-from x-account-key x-uidl x-mozilla-status x-mozilla-status2 "
    b"x-mozilla-keys status x-status x-uid x-keywords x-imap x-imapbase x-gm-thrid x-gmail-labels list-id "
    b"x-mailer user-agent lines content-length resent-from resent-date".split()
)


class Stamp(NamedTuple):
    """When a separator says that its message came."""

    month: bytes
    day: int
    time: bytes
    year: int
    zone: bytes
    """Empty: it tells none."""


@lru_cache(maxsize=16)  # a line is judged first, and then asked
def stamp(line: bytes) -> Stamp | None:
    """What a separator says, given without blanks at its end; None: nothing that is understood."""
    found = _STAMP.search(line, 4) if len(line) <= LONGEST else None
    if found is None:
        return None
    zone = found["after"] or found["before"] or b""
    return Stamp(found["month"], int(found["day"]), found["time"], int(found["year"]), zone)


def separates(data: bytes, at: int, *, after_empty: bool) -> bool:
    """Whether the line that begins here, with `From `, separates messages; `AHEAD` octets of what follows must be
    there, too, unless the file ends before. `after_empty`: an empty line stands before it, or nothing.

    One with a date does, behind an empty line. One that only looks like it, because it ends in a time and a year, or
    one without a date, must have a header behind it; the more words it has, the more of a header, since people write
    sentences. Where no empty line stands before it, it must be as old Mozilla has written it, with a header."""
    line_end = data.find(b"\n", at, at + LONGEST + 2)
    behind = line_end + 1 if line_end >= 0 else len(data)
    line = data[at : min(behind, at + LONGEST + 2)].rstrip()
    if len(line) > LONGEST or not (after_empty or line.startswith(b"From - ")):
        return False
    if stamp(line) is not None:
        return after_empty or _known_fields(data, behind) > 0
    if not after_empty or _FIELD.match(data, behind) is None:
        return False
    if _LOOSE.search(line, 4) is not None:
        return True
    return _known_fields(data, behind) > (0 if len(line.split()) <= 2 else 1)


def _known_fields(data: bytes, start: int) -> int:
    """How many fields of mail the header block that begins here has, each counted once."""
    names = set()
    for line in data[start : start + AHEAD].splitlines():
        if not line:
            break
        if (found := _FIELD.match(line)) and (name := found["name"].lower()) in _KNOWN:
            names.add(name)
        elif found is None and not line.startswith((b" ", b"\t")):
            break
    return len(names)
