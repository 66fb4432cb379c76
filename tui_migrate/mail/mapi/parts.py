"""The parts that a mail is made of (RFC 2045, RFC 2046), before they are written."""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from struct import iter_unpack

from tui_migrate.mail.mapi.item import Item
from tui_migrate.mail.mapi.words import LONGEST

BOUNDARY_START = b"=_"
"""Of all boundaries. Neither quoted-printable nor base64 can hold it, and plain text that does is encoded."""

_CONTROLS = bytes({*range(32), 127} - set(b"\t\r\n"))
_EIGHT_BIT = bytes(range(128, 256))
_BASE64_LINE = 76
_WHOLE_LINES = 57 * 1024
"""Octets that fill whole lines of base64."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that is known as it will be written."""

    headers: bytes
    """Content-*, each with its CRLF."""
    content: bytes
    """Encoded; the line end that follows it is not part of it."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A part that is read while it is written, and encoded in base64."""

    headers: bytes
    data: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A message in the message."""

    headers: bytes
    item: Item


@dataclass(frozen=True, slots=True)
class Deferred:
    """A part that is looked at when it is its turn, so that no two of its kind are in memory together."""

    part: Callable[[], Leaf | Stream]


@dataclass(frozen=True, slots=True)
class Multipart:
    """Several parts."""

    kind: bytes
    """What follows `multipart/`, with its parameters."""
    parts: Sequence[Part]


Part = Leaf | Stream | Enclosed | Deferred | Multipart


def joined(kind: bytes, parts: Sequence[Part]) -> Part:
    """These parts as one."""
    return parts[0] if len(parts) == 1 else Multipart(kind, parts)


def crlf(text: bytes) -> bytes:
    """With line ends as mail has them."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def plain(text: bytes) -> bool:
    """True when these lines may stand in a mail as they are."""
    return (
        text.isascii()
        and len(text.translate(None, _CONTROLS)) == len(text)
        and b"--" + BOUNDARY_START not in text
        and max(map(len, text.split(b"\r\n"))) <= LONGEST
    )


def text_part(kind: bytes, charset: bytes, text: bytes, more: bytes = b"") -> Leaf:
    """Text with CRLF line ends: as it is when that is possible, else in quoted-printable or base64, whichever is
    shorter."""
    content_type = b"Content-Type: text/%b; charset=%b\r\n%b" % (kind, charset, more)
    if plain(text):
        return Leaf(content_type + b"Content-Transfer-Encoding: 7bit\r\n", text)
    if len(text) - len(text.translate(None, _EIGHT_BIT)) > len(text) // 6:
        return Leaf(content_type + b"Content-Transfer-Encoding: base64\r\n", _lines(text))
    # The encoder takes its line ends from the first one that it meets: there must be one.
    content = b2a_qp(text + b"\r\n", istext=True).removesuffix(b"\r\n")
    return Leaf(content_type + b"Content-Transfer-Encoding: quoted-printable\r\n", content)


def base64_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Base64 in lines with CRLF between them, some 80 KB at a time."""
    waiting, between = bytearray(), b""
    for piece in pieces:
        waiting += piece
        whole = len(waiting) - len(waiting) % _WHOLE_LINES
        for start in range(0, whole, _WHOLE_LINES):
            yield between + _lines(waiting[start : start + _WHOLE_LINES])
            between = b"\r\n"
        if whole:
            del waiting[:whole]
    if waiting:
        yield between + _lines(waiting)


def _lines(data: bytes | bytearray) -> bytes:
    coded = b2a_base64(data, newline=False)
    rest = len(coded) % _BASE64_LINE
    lines = [line for (line,) in iter_unpack(f"{_BASE64_LINE}s", coded[: len(coded) - rest])]
    return b"\r\n".join([*lines, coded[len(coded) - rest :]] if rest else lines)
