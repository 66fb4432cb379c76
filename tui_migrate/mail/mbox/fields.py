"""What programs write into the header of a message that lies in an mbox file: whether it was read, what it is marked
with, how long it is. None of that was in the mail, and all of it may be another the next time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_VALUE = rb"([^\n]*+(?:\n[ \t][^\n]*+)*+)"
_STORED = re.compile(
    rb"\n(status|x-status|x-mozilla-(?:status2?|keys)|x-keywords|x-uid|x-imap(?:base)?|content-length)[ \t]*:" + _VALUE
)
_TAKEOUT = re.compile(rb"\n(x-gm-thrid|x-gmail-labels)[ \t]*:" + _VALUE)
_LETTERS = re.compile(rb"[A-Za-z ]{0,10}")
_DUMMY = re.compile(rb"\nsubject:[ \t]*don't delete this message", re.I)
_EXPUNGED, _READ, _REPLIED, _MARKED, _FORWARDED = 0x8, 0x1, 0x2, 0x4, 0x1000
"""Bits of X-Mozilla-Status."""
_X_STATUS = {"A": "\\Answered", "F": "\\Flagged", "D": "\\Deleted", "T": "\\Draft"}
_NO_ATOM = re.compile(r"[^!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~\[]")
_MOST_KEYWORDS, _LONGEST_KEYWORD = 64, 100
_MOST_FIELDS, _LONGEST_VALUE = 16, 1 << 13
"""What is looked at of such fields; octets."""


class Field(NamedTuple):  # made of each message, and a frozen dataclass costs four times as much
    """A field that a program wrote, with its place in the header, its line end and continuations too."""

    name: bytes
    """In lower case."""
    start: int
    end: int
    value: bytes


class Marks(NamedTuple):
    """What those fields say of a message."""

    flags: frozenset[str] = frozenset()
    expunged: bool = False
    """Thunderbird leaves what was deleted where it is, until the file is compacted."""
    labels: bytes | None = None
    """As Google writes them; None: it wrote none."""


def stored_fields(header: bytes) -> list[Field]:
    """Those of a header block. Google's stand before all others; elsewhere they are the sender's."""
    lower = b"\n" + header.lower()
    found: list[Field] = []
    end = 0
    while google := _TAKEOUT.match(lower, end):
        found.append(_field(header, google))
        end = google.end()
    for match in _STORED.finditer(lower, end):
        field = _field(header, match)
        if not field.name.endswith(b"status") or b"mozilla" in field.name or _LETTERS.fullmatch(field.value.strip()):
            found.append(field)
    return found


def without(header: bytes, fields: Sequence[Field]) -> bytes:
    """What of the header is the mail's own."""
    pieces, start = [], 0
    for field in fields:
        pieces.append(header[start : field.start])
        start = field.end
    pieces.append(header[start:])
    return b"".join(pieces)


def is_dummy(header: bytes, fields: Sequence[Field]) -> bool:
    """True for what some programs put first, to keep their numbers in it."""
    return any(each.name.startswith(b"x-imap") for each in fields) and _DUMMY.search(b"\n" + header) is not None


def content_length(fields: Sequence[Field]) -> int | None:
    """As it is told; None: not at all."""
    for field in fields:
        if field.name == b"content-length":
            told = field.value.strip()
            return int(told) if told.isdigit() and len(told) <= 15 else None
    return None


def marks(fields: Sequence[Field]) -> Marks:
    """What they say together."""
    telling = [(each.name, each.value[:_LONGEST_VALUE]) for each in fields if each.name not in _NO_MARKS]
    return _marks(tuple(telling[:_MOST_FIELDS]))


_NO_MARKS = frozenset((b"content-length", b"x-uid", b"x-imap", b"x-imapbase", b"x-gm-thrid", b"x-mozilla-status2"))


@lru_cache(maxsize=256)
def _marks(fields: Sequence[tuple[bytes, bytes]]) -> Marks:
    flags: set[str] = set()
    expunged, labels = False, None
    for name, raw in fields:
        value = raw.decode("ascii", "replace").strip()
        if name == b"status":
            flags |= {"\\Seen"} if "R" in value else set()
        elif name == b"x-status":
            flags |= {_X_STATUS[letter] for letter in value if letter in _X_STATUS}
        elif name == b"x-mozilla-status":
            bits = int(value, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,8}", value) else 0
            expunged = bool(bits & _EXPUNGED)
            pairs = ((_READ, "\\Seen"), (_REPLIED, "\\Answered"), (_MARKED, "\\Flagged"), (_FORWARDED, "$Forwarded"))
            flags |= {flag for bit, flag in pairs if bits & bit}
        elif name == b"x-gmail-labels":
            labels = raw
        else:
            flags |= {keyword(each) for each in value.split()[:_MOST_KEYWORDS]}
    return Marks(frozenset(flags), expunged, labels)


def keyword(text: str) -> str:
    """As a keyword that IMAP can have (RFC 3501 section 9, `flag-keyword`)."""
    return _NO_ATOM.sub("_", text)[:_LONGEST_KEYWORD]


def _field(header: bytes, found: re.Match[bytes]) -> Field:
    """Found behind a line end that the header does not have, and the field's own line end belongs to it: its places in
    the header are one lower, and its end is where the match ends."""
    stop = min(found.end(), len(header))
    return Field(found[1], found.start(), stop, header[found.start(2) - 1 : stop].strip(b"\r\n"))
