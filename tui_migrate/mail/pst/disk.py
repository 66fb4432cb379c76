"""The octets of a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tui_migrate.errors import FileChanged, FilesMissing, MailError
from tui_migrate.mail.files.stamps import stamp
from tui_migrate.mail.pst.cache import Cache
from tui_migrate.mail.pst.damage import Damage

_CHUNK = 1 << 16
_KEPT = 4 << 20
"""Octets that are kept."""


class Disk:
    """A file that is read here and there, never written. Not mapped: one that is cut short would end the process."""

    def __init__(self, path: Path) -> None:
        """Raises FilesMissing."""
        self.path = path
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (OSError, ValueError) as error:  # ValueError: the path holds a NUL
            raise FilesMissing(f"{path} cannot be opened.", server_words=_words(error)) from error
        state = os.fstat(self._file)
        self.size, self.modified, self.stamp = state.st_size, state.st_mtime_ns, stamp(state)
        self._was = _identity(state)
        self._chunks: Cache[bytes] = Cache(_KEPT)
        self._start, self._chunk = -1, b""
        """The chunk that was asked last: what is read next mostly lies in it."""
        if not stat.S_ISREG(state.st_mode):
            self.close()
            raise FilesMissing(f"{path} is no file.")

    def read(self, offset: int, length: int) -> bytes:
        """So many octets. Raises Damage where there are fewer, FileChanged when there were more."""
        end = offset + length
        if end > self.size:
            raise Damage(f"{length} octets at {offset} lie behind the end of the file")
        start = offset & -_CHUNK
        if end <= start + _CHUNK:
            if start != self._start:
                self._start, self._chunk = start, self._chunk_at(start)
            return self._chunk[offset - start : end - start]
        pieces = [self._chunk_at(each) for each in range(start, end, _CHUNK)]
        pieces[0] = pieces[0][offset - start :]
        pieces[-1] = pieces[-1][: (end - 1) % _CHUNK + 1]
        return b"".join(pieces)

    def _chunk_at(self, start: int) -> bytes:
        """What lies near to each other is asked for together: a system call costs more than its octets."""
        data = self._chunks.get(start)
        if data is None:
            length = min(_CHUNK, self.size - start)
            try:
                data = os.pread(self._file, length, start)
            except OSError as error:
                raise Damage(f"{length} octets at {start} cannot be read: {_words(error)}") from error
            if len(data) != length:
                self.check()
                raise Damage(f"of {length} octets at {start} the system gives {len(data)}")
            self._chunks.put(start, data, length)
        return data

    def check(self) -> None:
        """Raises FileChanged when the file was written, cut short, replaced or taken away since it was opened."""
        try:
            same = _identity(self.path.stat()) == self._was
        except OSError as error:
            raise FileChanged(f"{self.path} is not there any more.", server_words=_words(error)) from error
        if not same:
            raise FileChanged(f"{self.path} was changed while it was read.")

    def error(self, kind: type[MailError], sentence: str, damage: Exception) -> MailError:
        """What damage means to whoever met it. Raises FileChanged when that explains it."""
        self.check()
        return kind(sentence, server_words=f"{self.path.name}: {damage}")

    def close(self) -> None:
        """Give the file back; reading it afterwards is damage."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _identity(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _words(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
