"""Messages that are too large for memory, or may be: their octets go through an unlinked file."""

from __future__ import annotations

import contextlib
import errno
import io
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.message import SPOOL_ABOVE, Content, Prints

_CHUNK = 1 << 19
_CHUNKS_AHEAD = 2
"""That may wait for their prints to be taken."""


def spool(length: int, pump: Callable[[Callable[[bytes], object]], None], folder: Path | None) -> Content:
    """Content of `length` octets in an unlinked file: `pump` is given the function that takes the octets. Raises
    StoreUnusable when the disk does not take it.

    To take the prints costs as much as all else that is done with a large message; they are taken at the same time, by
    a thread of its own."""
    prints = Prints()
    with _kept_in(folder, length):
        file = _spool_file(folder)
        try:
            with _aside(prints.take) as take:
                chunks = _Chunks(lambda chunk: (take(chunk), file.write(chunk)))
                pump(chunks.add)
                chunks.end()
            file.flush()
        except BaseException:
            file.close()
            raise
    return Content(None, file, length, prints)


class _Chunks:
    """Makes chunks of pieces: TLS gives 16 KB at a time, and each one that is handed on costs."""

    def __init__(self, hand_on: Callable[[bytes], object]) -> None:
        self._hand_on = hand_on
        self._pieces: list[bytes] = []
        self._gathered = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        self._pieces.append(piece)
        self._gathered += len(piece)
        if self._gathered >= _CHUNK:
            self.end()

    def end(self) -> None:
        """Hand on what there is."""
        chunk = b"".join(self._pieces)
        self._pieces.clear()
        self._gathered = 0
        self._hand_on(chunk)


@contextlib.contextmanager
def _aside(work: Callable[[bytes], object]) -> Iterator[Callable[[bytes], object]]:
    """Gives a function that has `work` done with what it is given, in order, by another thread. All of it is done in
    the end. Raises what `work` raises."""
    waiting: queue.Queue[bytes | None] = queue.Queue(_CHUNKS_AHEAD)
    faults: list[BaseException] = []

    def run() -> None:
        while (chunk := waiting.get()) is not None:
            try:
                if not faults:
                    work(chunk)
            except BaseException as fault:  # noqa: BLE001 - raised by whoever waits for it
                faults.append(fault)

    thread = threading.Thread(target=run, name=f"{threading.current_thread().name} prints")
    thread.start()
    try:
        yield waiting.put
    finally:
        waiting.put(None)
        thread.join()
    if faults:
        raise faults[0]


def gather(pump: Callable[[Callable[[bytes], object]], None], folder: Path | None) -> Content:
    """Content whose length its end alone tells, as POP has it: in memory, and in an unlinked file once it is large.
    Raises StoreUnusable when the disk does not take it."""
    gathered = _Gathered(folder)
    try:
        pump(gathered.take)
        return gathered.content()
    except BaseException:
        gathered.close()
        raise


class _Gathered:
    """Octets of a message that has not ended yet."""

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
