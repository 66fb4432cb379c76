"""A copy of the store as it is, beside it, for the way back."""

from __future__ import annotations

import filecmp
import itertools
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path


def back_up(source: sqlite3.Connection, target: Path) -> Path:
    """Copy the store that `source` sees, what waits in the WAL included, to `target`; where something else lies there,
    to `target`-2, -3 and so on. Returns where it lies; a copy of the same octets that is there already is taken.

    It is whole and on the disk when this returns, and its owner alone can read it. What is there is never written to,
    and no link is followed. Nobody else may do this at the same time. Raises OSError, sqlite3.Error.
    """
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)  # of one that was killed at it
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with closing(sqlite3.connect(part)) as copy:
            copy.execute("PRAGMA journal_mode = OFF").close()  # there is nothing in it yet to roll back to
            source.backup(copy)
        if not os.path.samestat(os.fstat(handle), part.lstat()):
            raise FileExistsError(f"{part} was replaced while it was written")
        os.fsync(handle)
        return _placed(part, target)
    finally:
        os.close(handle)
        part.unlink(missing_ok=True)


def _placed(part: Path, target: Path) -> Path:
    for path in _names(target):
        try:
            os.link(part, path)
        except FileExistsError:
            if path.is_symlink() or not path.is_file() or not filecmp.cmp(part, path, shallow=False):
                continue
        _sync(path.parent)
        return path
    raise AssertionError("numbers do not end")


def _names(target: Path) -> Iterator[Path]:
    yield target
    for number in itertools.count(2):
        yield target.with_stem(f"{target.stem}-{number}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
