"""A message as a file of its own (RFC 5322), as programs write one to a disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_SHORT_HEAD = 1 << 11
_HEAD = 1 << 14
_LONGEST_HEAD = 1 << 18
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:\r\n|\r|\n))*(?:From [^\r\n]*(?:\r\n|\r|\n))?")
"""What may stand before the header: the mark of UTF-8, empty lines, the separator of an mbox."""
_FIELD = re.compile(rb"^[!-9;-~]{1,200}[ \t]*:", re.M)
_STATE = re.compile(rb"^(x-unsent|status|x-status|x-mozilla-status)[ \t]*:[ \t]*([0-9A-Za-z]*)[ \t]*$", re.I | re.M)
_LETTERS = {"R": "\\Seen", "A": "\\Answered", "F": "\\Flagged", "D": "\\Deleted", "T": "\\Draft"}
_OTHER_LETTERS = "OUN"
"""Old, unread, new: a state, and no flag."""
_BITS = {1: "\\Seen", 2: "\\Answered", 4: "\\Flagged", 0x1000: "$Forwarded"}
READ = frozenset({"\\Seen"})
"""The flags of a message of which nothing is told: an archive is no mail that waits to be read."""

Pieces = Callable[[], Iterator[bytes]]
"""Octets that can be gone through more than once."""


def flags_of(read: Callable[[int], bytes]) -> frozenset[str] | None:
    """What a file says of its message; None: it has no header. `read` gives so many octets of its start."""
    header = _header(start := read(_HEAD))
    if header is None and len(start) == _HEAD:
        header = _header(start := read(_LONGEST_HEAD))
    if header is None:
        header = _plain(start)
    if not _FIELD.search(header):
        return None
    return _flags({found[1].lower(): found[2].decode().upper() for found in _STATE.finditer(header)})


def mended(pieces: Pieces) -> Iterator[bytes]:
    """The message: without what stands before its header, and with the line ends of mail. A file that has these in one
    place has them as it was told to: it is left as it is."""
    before = _BEFORE.match(next(pieces(), b""))
    left_out = before.end() if before else 0
    line_end = _line_end(pieces)
    for piece in pieces():
        kept = piece[left_out:]
        left_out = 0
        yield kept.replace(line_end, b"\r\n") if line_end else kept


def _flags(told: dict[bytes, str]) -> frozenset[str]:
    """X-Mozilla-Status is hexadecimal; Status and X-Status are letters, and nothing where other ones are among them, as
    in mail of programs that mean something else."""
    found: set[str] | None = None
    for letters in (told.get(b"status", ""), told.get(b"x-status", "")):
        if letters and not letters.strip("".join(_LETTERS) + _OTHER_LETTERS):
            found = (found or set()) | {_LETTERS[each] for each in letters if each in _LETTERS}
    if re.fullmatch("[0-9A-F]{4}", bits := told.get(b"x-mozilla-status", "")):
        found = (found or set()) | {flag for bit, flag in _BITS.items() if int(bits, 16) & bit}
    flags = READ if found is None else frozenset(found)
    return flags | {"\\Draft"} if told.get(b"x-unsent") == "1" else flags


def _header(start: bytes) -> bytes | None:
    """With LF; None when it does not end here."""
    for size in (_SHORT_HEAD, len(start)):
        plain = _plain(start[:size])
        end = 0 if plain.startswith(b"\n") else plain.find(b"\n\n")
        if end >= 0:
            return plain[:end]
    return None


def _plain(start: bytes) -> bytes:
    before = _BEFORE.match(start)
    return start[before.end() if before else 0 :].replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _line_end(pieces: Pieces) -> bytes:
    """What to put line ends in the place of: LF or CR; empty: nothing."""
    found, last = b"", b""
    for piece in pieces():
        has_cr = b"\r" in piece  # one octet is found forty times as fast as two
        if b"\r\n" in last + piece[:1] or (has_cr and b"\r\n" in piece):
            return b""
        if b"\n" in piece:
            found = b"\n"
        elif not found and has_cr:
            found = b"\r"
        last = piece[-1:]
    return found
