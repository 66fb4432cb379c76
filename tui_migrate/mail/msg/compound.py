"""Reading compound files (MS-CFB). `olefile` knows how they are made; here its errors become ours, and what a file may
cost is bounded by its size."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final
from uuid import UUID

import olefile

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.msg.storage import StorageOf, StreamOf

_CUTOFF: Final = 4096
"""Octets from which on a stream has sectors of its own."""
_AT_ONCE: Final = 512
"""Sectors of a large stream that are given as one piece."""
_DEEPEST: Final = 64
_HEADER: Final = struct.Struct("<30xH12xI16xI4xI")
_ODD: Final = (
    OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, struct.error,
)  # fmt: skip
"""What olefile raises where a file is damaged: it checks most of what it reads, not all."""


def root_of(file: IO[bytes]) -> Storage:
    """What all else in a compound file is in. The file must stay open for as long as anything is read, by one thread at
    a time. Raises MessageDamaged."""
    with _understood():
        _check_tables(file)
        # By default it goes on without what it cannot find, and an attachment would be gone without a word.
        ole = olefile.OleFileIO(file, raise_defects=olefile.DEFECT_INCORRECT)
        _check_sizes(ole, file.seek(0, 2))
    return Storage(ole, ole.root, ())


class Storage:
    """A storage in a compound file. Names are in lower case."""

    def __init__(self, ole: Any, entry: Any, path: Sequence[str]) -> None:
        self._ole = ole
        self._entry = entry
        self._path = path

    def streams(self) -> list[str]:
        """Names of the streams in it."""
        return [name for name, kid in self._entry.kids_dict.items() if kid.entry_type == olefile.STGTY_STREAM]

    def storages(self) -> list[str]:
        """Names of the storages in it."""
        return [name for name, kid in self._entry.kids_dict.items() if kid.entry_type == olefile.STGTY_STORAGE]

    def storage(self, name: str) -> Storage | None:
        """One that is in it, if it is."""
        kid = self._entry.kids_dict.get(name)
        if kid is None or kid.entry_type != olefile.STGTY_STORAGE:
            return None
        if len(self._path) > _DEEPEST:
            raise MessageDamaged(f"Storages in the file lie more than {_DEEPEST} deep in one another.")
        return Storage(self._ole, kid, (*self._path, name))

    def read(self, name: str) -> bytes:
        """A stream as a whole; empty where there is none. Raises MessageDamaged."""
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The same in pieces: a large one is never in memory as a whole."""
        kid = self._entry.kids_dict.get(name)
        if kid is None or kid.entry_type != olefile.STGTY_STREAM or not kid.size:
            return
        if kid.size < _CUTOFF:
            with _understood():
                whole: bytes = self._ole.openstream([*self._path, name]).read()
            if len(whole) != kid.size:
                raise _cut_off()
            yield whole
            return
        left, sector = kid.size, kid.isectStart
        while left > 0:
            with _understood():
                piece, sector = self._sectors(sector, left)
            yield piece
            left -= len(piece)

    def _sectors(self, first: int, left: int) -> tuple[bytes, int]:
        """Of a stream of which so many octets are left, the sectors that follow each other in the file, and the number
        of the next one."""
        table, size, count = self._ole.fat, self._ole.sectorsize, 1
        most = min(-(-left // size), _AT_ONCE)
        while count < most and table[first + count - 1] == first + count:
            count += 1
        wanted = min(left, count * size)
        self._ole.fp.seek((first + 1) * size)
        piece: bytes = self._ole.fp.read(wanted)
        if len(piece) < wanted:
            raise _cut_off()
        return piece, table[first + count - 1]

    def as_root(self) -> StorageOf:
        """This storage and all in it, as what a file of its own is made of. Raises MessageDamaged."""
        below: list[StorageOf | StreamOf] = []
        for kid in self._entry.kids:
            if kid.entry_type == olefile.STGTY_STREAM:
                below.append(StreamOf(kid.name, kid.size, self._pieces_of(kid.name.lower())))
            elif (storage := self.storage(kid.name.lower())) is not None:
                below.append(storage.as_root())
        with _understood():
            class_id = UUID(self._entry.clsid).bytes_le if self._entry.clsid else bytes(16)
        return StorageOf(self._entry.name, below, class_id)

    def _pieces_of(self, name: str) -> Any:
        return lambda: self.pieces(name)


def _check_tables(file: IO[bytes]) -> None:
    """The tables of sectors must fit into the file: olefile believes what it says, and would read for hours."""
    start = file.read(_HEADER.size)
    if len(start) < _HEADER.size:
        raise _cut_off()
    size = file.seek(0, 2)
    shift, *tables = _HEADER.unpack(start)
    if shift not in (9, 12) or any(count << shift > size for count in tables):
        raise MessageDamaged("The file is no message that Outlook has saved, or its start is damaged.")
    file.seek(0)


def _check_sizes(ole: Any, size: int) -> None:
    """No two streams share octets, so all of them together are no larger than the file: a small file cannot be made
    to give many large attachments."""
    streams = (entry.size for entry in ole.direntries if entry and entry.entry_type == olefile.STGTY_STREAM)
    if sum(streams) > size:
        raise _cut_off()


def _cut_off() -> MessageDamaged:
    return MessageDamaged("The file is cut off: it is smaller than what it says to hold.")


@contextmanager
def _understood() -> Iterator[None]:
    """What goes wrong while a file is read, as our error."""
    try:
        yield
    except _ODD as error:
        said = str(error) or type(error).__name__
        raise MessageDamaged("The file is damaged, or no message that Outlook has saved.", server_words=said) from error
