"""Messages that are too large for memory, or may be: their octets go through an unlinked file."""

from __future__ import annotations

import contextlib
import errno
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.message import SPOOL_ABOVE, Content, Prints


def spool(length: int, pump: Callable[[Callable[[bytes], object]], None], folder: Path | None) -> Content:
    """Content of `length` octets in an unlinked file: `pump` is given the function that takes the octets. Raises
    StoreUnusable when the disk does not take it.

    The prints are taken while it comes in: to read the file again for them costs as much once more."""
    prints = Prints()
    with _kept_in(folder, length):
        file = _spool_file(folder)

        def take(piece: bytes) -> None:
            prints.take(piece)
            file.write(piece)

        try:
            pump(take)
            file.flush()
        except BaseException:
            file.close()
            raise
    return Content(None, file, length, prints)


def gather(pump: Callable[[Callable[[bytes], object]], None], folder: Path | None) -> Content:
    """Content whose length its end alone tells, as POP has it: in memory, and in an unlinked file once it is large.
    Raises StoreUnusable when the disk does not take it."""
    gathered = Gathered(folder)
    try:
        pump(gathered.take)
        return gathered.content()
    except BaseException:
        gathered.close()
        raise


class Gathered:
    """Octets of a message that has not ended yet. Raises StoreUnusable when the disk does not take it."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._length = 0

    def take(self, piece: bytes) -> None:
        """Add the next octets."""
        self._pieces.append(piece)
        self._length += len(piece)
        if self._file is not None or self._length > SPOOL_ABOVE:
            self._to_file()

    def content(self) -> Content:
        """All octets, as the content of a message."""
        if self._file is None:
            return Content.of(b"".join(self._pieces))
        with _kept_in(self._folder, self._length):
            self._file.flush()
        return Content(None, self._file, self._length)

    def close(self) -> None:
        """Give back the spool file."""
        if self._file is not None:
            self._file.close()

    def _to_file(self) -> None:
        with _kept_in(self._folder, self._length):
            if self._file is None:
                self._file = _spool_file(self._folder)
            self._file.writelines(self._pieces)
        self._pieces.clear()


def _spool_file(folder: Path | None) -> IO[bytes]:
    """An unlinked file. Where no more files can be opened, memory takes its place: a message must not end all."""
    try:
        return tempfile.TemporaryFile(dir=folder, prefix="message-")  # lives as long as the content
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        return io.BytesIO()


@contextlib.contextmanager
def _kept_in(folder: Path | None, length: int) -> Iterator[None]:
    """Have a disk's refusal come out as our error."""
    try:
        yield
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise StoreUnusable(f"A message of {length} bytes cannot be kept in {where}: {error.strerror}.") from error
