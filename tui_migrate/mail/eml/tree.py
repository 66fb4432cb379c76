"""A folder of files on disk. No link in it is followed."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from tui_migrate.errors import FileChanged, FolderUnreadable, raw
from tui_migrate.mail.eml.files import File, Vanished
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.packed.bounds import text

_PIECE = 1 << 18
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""Nothing that took a file's place meanwhile is followed, or waited for."""
_CHANGED = "A file was written or replaced while it was read."


class Tree:
    """See `Files`. Names are octets, which need not be text."""

    def __init__(self, root: Path) -> None:
        self._root = os.fsencode(root)

    def subfolders(self, folder: bytes) -> Collection[bytes]:
        """By one look at what lies there."""
        return [each.name for each in self._scan(folder) if each.is_dir(follow_symlinks=False)]

    def files(self, folder: bytes) -> Iterator[File | LeftOut]:
        """With size and time of each."""
        for each in self._scan(folder):
            try:
                if each.is_symlink():
                    yield LeftOut("links", 1)
                elif each.is_file(follow_symlinks=False):
                    seen = each.stat(follow_symlinks=False)
                    path = b"%b/%b" % (folder, each.name) if folder else each.name
                    yield File(path, seen.st_size, seen.st_mtime_ns)
                elif not each.is_dir(follow_symlinks=False):
                    yield LeftOut("other files", 1)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _unlisted(folder, error) from error

    def pieces(self, file: File, start: int = 0, most: int | None = None) -> Iterator[bytes]:
        """Raises FileChanged where size or time are not as they were listed."""
        try:
            descriptor = os.open(b"%b/%b" % (self._root, file.path), _FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            raise Vanished from None
        except OSError as error:
            raise file.unreadable(error) from error
        try:
            _check(file, descriptor)
            if start:
                os.lseek(descriptor, start, os.SEEK_SET)
            left = file.size - start if most is None else min(most, file.size - start)
            while left > 0:
                if not (piece := os.read(descriptor, min(left, _PIECE))):
                    raise FileChanged(_CHANGED, server_words=raw(text(file.path)))
                left -= len(piece)
                yield piece
            if most is None:
                _check(file, descriptor)
        except OSError as error:
            raise file.unreadable(error) from error
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _scan(self, folder: bytes) -> Iterator[os.DirEntry[bytes]]:
        try:
            with os.scandir(b"%b/%b" % (self._root, folder)) as entries:
                yield from entries
        except (FileNotFoundError, NotADirectoryError):
            raise Vanished from None
        except OSError as error:
            raise _unlisted(folder, error) from error


def _check(file: File, descriptor: int) -> None:
    seen = os.fstat(descriptor)
    if (seen.st_size, seen.st_mtime_ns) != (file.size, file.stamp):
        raise FileChanged(_CHANGED, server_words=raw(text(file.path)))


def _unlisted(folder: bytes, error: OSError) -> FolderUnreadable:
    return FolderUnreadable(f"The folder {text(folder)} cannot be listed.", server_words=error.strerror or "")
