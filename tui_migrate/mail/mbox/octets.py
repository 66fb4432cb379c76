"""Octets that lie somewhere: a file, a stretch of one. Read by place, never mapped: a map of a file that somebody cuts
short ends the whole process."""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from tui_migrate.errors import FileChanged, FileDamaged, FilesMissing
from tui_migrate.mail.files.stamps import stamp

State = tuple[int, int, int, int]
"""Device, inode, size and moment of the last change in nanoseconds."""
_TAIL = 1 << 16


class Octets(Protocol):
    """May be read at any place, by one thread at a time."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, offset: int, size: int) -> bytes:
        """So many from there; fewer only at the end. Raises FileChanged, FileDamaged."""

    def check(self) -> None:
        """Raises FileChanged when they are no longer what they were when they were opened."""

    def close(self) -> None:
        """Give back what is open."""


class OpenFile:
    """A file. `linked`: a link may stand in its place."""

    def __init__(self, path: Path, *, linked: bool = False) -> None:
        self.path = path
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if linked else os.O_NOFOLLOW)
        try:
            self._handle = os.open(path, flags)
        except OSError as error:
            raise FilesMissing(f"{path} cannot be opened.", server_words=str(error.strerror)) from None
        except ValueError:  # an octet of zero
            raise FilesMissing(f"{str(path)!r} is no path.") from None
        try:
            self.state = self._look()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """As it was when it was opened."""
        return self.state[2]

    def read(self, offset: int, size: int) -> bytes:
        """Raises FileChanged when the file is shorter than it was, FileDamaged when the disk does not hand it out."""
        wanted = max(0, min(size, self.size - offset))
        pieces = []
        while wanted:
            try:
                piece = os.pread(self._handle, min(wanted, 1 << 30), offset)
            except OSError as error:
                raise FileDamaged(f"{self.path} cannot be read.", server_words=str(error.strerror)) from None
            if not piece:
                raise FileChanged(f"{self.path} was cut short while it was read.")
            pieces.append(piece)
            offset += len(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def check(self) -> None:
        """Raises FileChanged."""
        if self._look() != self.state:
            raise FileChanged(f"{self.path} was changed while it was read.")

    def token(self) -> str:
        """Another one after every change of the file; empty where one might go unseen. Its end is in it, too: there
        mail is added, and not every disk keeps all times. Raises as `read` does."""
        if not (told := stamp(self._stat())):
            return ""
        tail = blake2b(self.read(self.size - min(self.size, _TAIL), _TAIL), digest_size=8)
        return f"{told}/{tail.hexdigest()}"

    def close(self) -> None:
        """Give back the descriptor."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _stat(self) -> os.stat_result:
        try:
            return os.fstat(self._handle)
        except OSError as error:
            raise FilesMissing(f"{self.path} cannot be looked at.", server_words=str(error.strerror)) from None

    def _look(self) -> State:
        seen = self._stat()
        if not stat.S_ISREG(seen.st_mode):
            raise FilesMissing(f"{self.path} is no file.")
        return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


class Part:
    """A part of other octets, which are closed with it."""

    def __init__(self, inside: Octets, start: int, size: int) -> None:
        self._inside = inside
        self._start = start
        self.size = size

    def read(self, offset: int, size: int) -> bytes:
        """Raises what the others raise."""
        return self._inside.read(self._start + offset, max(0, min(size, self.size - offset)))

    def check(self) -> None:
        """Raises FileChanged."""
        self._inside.check()

    def close(self) -> None:
        """The others too."""
        self._inside.close()
