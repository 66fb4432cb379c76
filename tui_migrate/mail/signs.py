"""What of a message outlasts a server that rewrites it, and what stores of 0.1 know a message by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.header import decode_header
from hashlib import blake2b, sha256
from typing import Protocol

from tui_migrate.model import Signs

_FIELDS = re.compile(rb"\n(message-id|date|subject|received):([^\n]*(?:\n[ \t][^\n]*)*)", re.I)
NOISE = bytes({*range(0x21), *range(0x7F, 0x100), *b"?X"})
"""What servers are known to put in the place of 8-bit and control characters, these themselves, and blanks."""
_WORDLESS = bytes({*range(0x100)} - {*b"abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWYZ0123456789"})
_FIRST_NOISE = re.compile(rb"[\x00-\x1f\x7f-\xff?]+")
_SIGN = 8
_LET_GO, _WORTH_LETTING_GO = 2048, 1 << 16
"""Octets."""


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add to the digest."""


def first_header_print(header: bytes) -> bytes:
    """The fingerprint of a header block in journals of 0.1, and in the names of POP messages without UIDL: every run of
    control and 8-bit characters and question marks counts as one, blanks do not count."""
    plain = _FIRST_NOISE.sub(b"?", header.translate(None, b" \t")).strip(b"?")
    return blake2b(plain, digest_size=16).digest()


def first_body_print(chunks: Iterable[bytes]) -> bytes:
    """The fingerprint of all octets of a message in journals of 0.1."""
    digest = blake2b(digest_size=16)
    for chunk in chunks:
        digest.update(chunk)
    return digest.digest()


def header_signs(header: bytes, text: bytes = b"") -> Signs:
    """The signs of a header block, with that of its text. Where a field stands several times its first one counts, but
    for Received."""
    first: dict[bytes, bytes] = {}
    trace = []
    for name, value in _FIELDS.findall(b"\n" + header):
        if (folded := name.lower()) == b"received":
            trace.append(value.translate(None, NOISE))
        else:
            first.setdefault(folded, value)
    identity, date, subject = first.get(b"message-id", b""), first.get(b"date", b""), first.get(b"subject", b"")
    topic = date.translate(None, NOISE) + b"\n" + _words(subject) if date or subject else b""
    return Signs(_sign(identity.translate(None, NOISE)), _sign(topic), _sign(b"\n".join(trace)), text)


def feed(digest: Digest, octets: bytes) -> None:
    """Update a digest. hashlib lets other threads run while it works on 2,048 octets or more: to wait for one's turn
    again costs more than to hash a usual mail, so that one goes in smaller pieces."""
    if not _LET_GO <= len(octets) < _WORTH_LETTING_GO:
        digest.update(octets)
        return
    view = memoryview(octets)
    for start in range(0, len(octets), _LET_GO - 1):
        digest.update(view[start : start + _LET_GO - 1])


def text_print(octets: bytes, start: int) -> bytes:
    """What `TextPrint` gives, for a message that is in memory as a whole: of what stands behind `start`."""
    if len(octets) > _WORTH_LETTING_GO:  # piece by piece it stays in the processor's cache
        print_ = TextPrint()
        for at in range(start, len(octets), _WORTH_LETTING_GO):
            print_.take(octets[at : at + _WORTH_LETTING_GO])
        return print_.digest()
    said = octets[start:].replace(b"\r", b"").strip(b"\n")
    digest = sha256()
    feed(digest, said)
    return digest.digest()[:_SIGN] if said else b""


class TextPrint:
    """The fingerprint of what stands behind a header, which comes in pieces. Blind to CR, and to empty lines before and
    after it."""

    def __init__(self) -> None:
        self._digest = sha256()
        self._begun = False
        self._waiting = b""

    def take(self, piece: bytes) -> None:
        """Add the next piece."""
        plain = piece.replace(b"\r", b"")
        if self._waiting:
            plain = self._waiting + plain
        if not self._begun:
            plain = plain.lstrip(b"\n")
        said = plain.rstrip(b"\n")
        self._waiting = plain[len(said) :]
        self._begun = self._begun or bool(said)
        feed(self._digest, said)

    def digest(self) -> bytes:
        """The fingerprint of all of it; empty when there is nothing but line ends."""
        return self._digest.digest()[:_SIGN] if self._begun else b""


def _words(subject: bytes) -> bytes:
    """ASCII letters and digits of a subject, decoded (RFC 2047): what one server encodes is raw at another, or `X`."""
    if b"=?" in subject:
        try:
            pieces = decode_header(subject.decode("latin-1"))
            decoded = "".join(_text(*piece) for piece in pieces)
            subject = decoded.encode("ascii", "ignore")
        except (HeaderParseError, LookupError, ValueError):
            pass
    return subject.translate(None, _WORDLESS)


def _text(piece: bytes | str, charset: str | None) -> str:
    return piece if isinstance(piece, str) else piece.decode(charset or "latin-1", "replace")


def _sign(value: bytes) -> bytes:
    return blake2b(value, digest_size=_SIGN).digest() if value else b""
