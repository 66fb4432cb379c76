"""The file of an archive."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from tui_migrate.errors import FileChanged, FilesMissing, raw
from tui_migrate.mail.packed.bounds import text

_SIGN = 262
"""Octets by which it is known what a file is."""


class ArchiveFile:
    """Open for reading, as long as nobody writes to it or puts another one into its place."""

    def __init__(self, path: Path) -> None:
        """Raises FilesMissing."""
        self._path = path
        try:
            with ExitStack() as closing:
                self.file = closing.enter_context(path.open("rb"))
                self._seen = self._look(os.fstat(self.file.fileno()))
                self.sign = self.file.read(_SIGN)
                closing.pop_all()
        except OSError as error:
            raise FilesMissing("The archive cannot be opened.", server_words=error.strerror or "") from error
        self.size = self._seen[2]

    def check(self) -> None:
        """Raises FileChanged."""
        try:
            seen = self._look(self._path.stat())
        except OSError:
            seen = None
        if seen != self._seen:
            name = raw(text(os.fsencode(self._path.name)))
            raise FileChanged("The archive was written or replaced while it was read.", server_words=name)

    def close(self) -> None:
        """Give it back."""
        self.file.close()

    @staticmethod
    def _look(seen: os.stat_result) -> tuple[int, int, int, int]:
        return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns
