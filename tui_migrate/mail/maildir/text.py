"""The octets of a message from its file: unpacked, with the line ends of mail.

Files have LF, as everything has on the systems that Maildir comes from, and mail has CRLF (RFC 5322 section 2.1). So
each LF without CR before it gets one, as Dovecot does; what has CRLF keeps it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

import zstandard

from tui_migrate.mail.message import SPOOL_ABOVE, Content, with_crlf
from tui_migrate.mail.spool import gather

_CHUNK = 1 << 18
_PACKED_CHUNK = 1 << 10
"""What is packed may be a thousand times as large."""
_MOST = 1 << 31
"""Octets of a message that was packed."""


class Packed(Protocol):
    """Undoes the packing while it is read."""

    def read(self, size: int, /) -> bytes:
        """At most so many octets."""


_OPENERS: tuple[tuple[bytes, Callable[[IO[bytes]], Packed]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC = (_ZSTD, *(magic for magic, _ in _OPENERS))


class Unreadable(Exception):
    """A file is packed in a way that cannot be undone. Says why."""


def content_of(descriptor: int, size: int, spool_folder: Path | None, *, as_it_is: bool = False) -> Content:
    """The octets of the message in a file that was opened. `size`: of the file, as it was a moment ago. `as_it_is`:
    they are the file's. Raises Unreadable, OSError, and StoreUnusable."""
    start = os.read(descriptor, min(SPOOL_ABOVE, size + 1))
    if len(start) == size < SPOOL_ABOVE and (as_it_is or not is_packed(start)):  # to make a file of it costs as much
        return Content.of(start if as_it_is else with_crlf(start))
    with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
        file.seek(0)
        return _content_of(file, spool_folder, as_it_is=as_it_is)


def _content_of(file: IO[bytes], spool_folder: Path | None, *, as_it_is: bool) -> Content:
    start = file.read(min(SPOOL_ABOVE, os.fstat(file.fileno()).st_size + 1))
    packed = None if as_it_is else _unpacked(start, file)
    if packed is None and len(start) < SPOOL_ABOVE:
        return Content.of(start if as_it_is else with_crlf(start))
    pieces = packed if packed is not None else _pieces(start, file)

    def pump(take: Callable[[bytes], object]) -> None:
        for piece in pieces if as_it_is else _with_crlf(pieces):
            take(piece)

    return gather(pump, spool_folder)


def is_packed(start: bytes) -> bool:
    """True for what would be unpacked, going by its first octets."""
    return start.startswith(_MAGIC)


def _with_crlf(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        piece = held + piece
        held = b"\r" if piece.endswith(b"\r") else b""  # its LF may come with the next one
        yield with_crlf(piece[: len(piece) - len(held)])
    yield held


def _pieces(start: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield start
    while piece := file.read(_CHUNK):
        yield piece


def _unpacked(start: bytes, file: IO[bytes]) -> Iterator[bytes] | None:
    """None: it is not packed, as far as its first octets tell (which is how Dovecot knows it)."""
    if start.startswith(_ZSTD):
        file.seek(0)
        return _bounded(_of_zstd(file))
    for magic, opener in _OPENERS:
        if start.startswith(magic):
            file.seek(0)
            return _bounded(_of_stream(opener(file)))
    return None


def _of_stream(stream: Packed) -> Iterator[bytes]:
    try:
        while piece := stream.read(_CHUNK):
            yield piece
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise Unreadable(str(error)) from error


def _of_zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Frame by frame; a frame that does not end was cut short."""
    left = b""
    try:
        while left or (left := file.read(_PACKED_CHUNK)):
            frame = zstandard.ZstdDecompressor().decompressobj()
            while not frame.eof:
                if not left and not (left := file.read(_PACKED_CHUNK)):
                    raise Unreadable("the packed octets end too early")
                yield frame.decompress(left)
                left = frame.unused_data
    except zstandard.ZstdError as error:
        raise Unreadable(str(error)) from error


def _bounded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    octets = 0
    for piece in pieces:
        octets += len(piece)
        if octets > _MOST:
            raise Unreadable(f"more than {_MOST:,} octets")
        yield piece
