"""Mail that a server makes anew each time that it is asked for, as Exchange does: what of its octets is the message's.

The marks between the parts (RFC 2046 section 5.1.1) may be others each time, and some fields tell of the server that
made it. All else is compared: the text, every attachment, every field of the sender's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tui_migrate.mail.message import header_block

_HEADER_LIMIT = 1 << 20
_LONGEST = 1000
"""Octets up to which a line is looked at (RFC 5322 section 2.1.1)."""
_DECLARED = re.compile(rb'(\bboundary[ \t]*=[ \t]*)("[^"\r\n]{1,70}"|[^\s";]{1,70})', re.IGNORECASE)
_OWN_FIELD = re.compile(
    rb"^(?:X-MS-[!-9;-~]*|X-Microsoft-[!-9;-~]*|Content-Language)[ \t]*:[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*",
    re.IGNORECASE | re.MULTILINE,
)
_MARK = b"--boundary"


def without_marks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The octets of a message in pieces, in which all marks are the same one. The server's own fields are left out."""
    known: set[bytes] = set()
    start = b""
    pieces = iter(chunks)
    for piece in pieces:
        start += piece
        if len(header_block(start[:_HEADER_LIMIT])) < len(start) or len(start) > _HEADER_LIMIT:
            break
    header = header_block(start[:_HEADER_LIMIT])
    yield from _lines([_OWN_FIELD.sub(b"", header + b"\n")[:-1]], known)
    yield from _lines(_followed_by(start[len(header) :], pieces), known)


def _followed_by(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _lines(pieces: Iterable[bytes], known: set[bytes]) -> Iterator[bytes]:
    """The pieces with their marks replaced. `known`: marks that have been declared so far; a mark is declared before it
    is used."""
    held, amid = b"", False
    for piece in pieces:
        held += piece
        if amid:
            rest, end, held = held.partition(b"\n")
            yield rest + end
            amid = not end
        whole, end, held = held.rpartition(b"\n")
        if b"boundary" in whole.lower() or b"--" in whole:
            yield b"".join(_replaced(line, known) for line in (whole + end).splitlines(keepends=True))
        else:
            yield whole + end
        if len(held) > _LONGEST:  # no mark: such a line is passed on as it comes
            yield held
            held, amid = b"", True
    yield held if amid else _replaced(held, known)


def _replaced(line: bytes, known: set[bytes]) -> bytes:
    if len(line) > _LONGEST:
        return line
    if line.startswith(b"--"):
        text = line.rstrip(b"\r\n \t")
        if text[2:] in known:
            return _MARK + line[len(text) :]
        if text.endswith(b"--") and text[2:-2] in known:
            return _MARK + b"--" + line[len(text) :]
        return line

    def declared(found: re.Match[bytes]) -> bytes:
        known.add(found[2].strip(b'"'))
        return found[1]

    return _DECLARED.sub(declared, line)
