"""Cuts one direction of an IMAP connection into lines and literals (RFC 3501 section 4.3, RFC 7888, RFC 3516)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r?\n\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its line end."""

    data: bytes
    starts: bool
    """It begins a command or a response; False: it goes on behind a literal."""
    literal: int | None
    """Bytes of the literal that follows, or None."""
    synchronising: bool
    """The literal waits for the server's go-ahead."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a literal, as much as had arrived."""

    data: bytes
    last: bool


class Lexer:
    """Feed it what arrives; it keeps incomplete lines, and passes literals on without waiting for their end."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self._starts = True
        self._awaiting = False

    def feed(self, data: bytes) -> Iterator[Line | Piece]:
        """The lines and pieces that `data` completes. Concatenated, they are the stream."""
        self._buffer += data
        while self._buffer:
            if self._left:
                yield self._take_piece()
                continue
            end = self._buffer.find(b"\n") + 1
            if not end:
                return
            line = self._take_line(end)
            yield line
            if line.literal == 0:
                yield Piece(b"", last=True)

    def refuse(self) -> None:
        """The server answered instead of giving the go-ahead: the announced literal will not come."""
        if self._awaiting:
            self._left, self._starts, self._awaiting = 0, True, False

    def _take_piece(self) -> Piece:
        data = bytes(self._buffer[: self._left])
        del self._buffer[: len(data)]
        self._left -= len(data)
        self._awaiting = False
        return Piece(data, last=not self._left)

    def _take_line(self, end: int) -> Line:
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        found = _LITERAL.search(data)
        size = int(found.group(1)) if found else None
        synchronising = bool(found and not found.group(2))
        line = Line(data, self._starts, size, synchronising)
        self._left, self._starts, self._awaiting = size or 0, found is None, synchronising
        return line
