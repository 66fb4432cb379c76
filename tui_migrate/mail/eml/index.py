"""The folders and files of an archive, by their names. Nothing is unpacked for it."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator

from tui_migrate.mail.eml.files import DEEPEST, File, Vanished
from tui_migrate.mail.files.archive import LeftOut

_LONGEST = 4096
"""Octets of a name; no system takes longer ones."""
_ODD = re.compile(rb"^[/\\]|^[A-Za-z]:[/\\]|//|(?:^|/)\.{1,2}(?:/|$)|\0|/$")
_ABSOLUTE = re.compile(rb"^[/\\]|^[A-Za-z]:[/\\]|\0")


class Index:
    """What lies below one folder of an archive, which is `inner`; all of it where that is empty."""

    def __init__(self, inner: tuple[str, ...]) -> None:
        self._depth = len(inner)
        self._start = _composed(os.fsencode("/".join(inner)) + b"/") if inner else b""
        self._files: dict[bytes, list[File]] = {}
        self._folders: dict[bytes, dict[bytes, None]] = {b"": {}}
        self._left_out: dict[bytes, Counter[str]] = {}
        self.exists = not inner
        """True when there is such a folder."""

    def place(self, name: bytes) -> bytes | None:
        """Where an entry of this name lies below the folder, without `/` at either end; empty for the folder itself.
        None: elsewhere, or nowhere, which is counted."""
        if _ODD.search(name):
            parts = [each for each in name.split(b"/") if each not in (b"", b".")]
            if b".." in parts or _ABSOLUTE.search(name):
                self._refuse(name, "paths that lead out of the archive")
                return None
            name = b"/".join(parts)
        if len(name) > _LONGEST or name.count(b"/") > DEEPEST:
            self._refuse(name, "paths that are too long")
            return None
        if not self._start:
            return name
        if not _composed(name + b"/").startswith(self._start):
            return None
        return b"/".join(name.split(b"/")[self._depth :])

    def add_folder(self, path: bytes) -> None:
        """And those that it lies in."""
        self.exists = True
        below = b""
        while path not in self._folders:
            self._folders[path] = {below: None} if below else {}
            path, _, below = path.rpartition(b"/")
        if below:
            self._folders[path][below] = None

    def add(self, file: File) -> None:
        """A file, whose name others may have too."""
        self.add_folder(file.folder)
        self._files.setdefault(file.folder, []).append(file)

    def leave_out(self, path: bytes, reason: str) -> None:
        """An entry that is no file."""
        self._left_out.setdefault(path.rpartition(b"/")[0], Counter())[reason] += 1

    def subfolders(self, folder: bytes) -> Collection[bytes]:
        """See `Files`."""
        return self._folders.get(folder, {})

    def files(self, folder: bytes) -> Iterator[File | LeftOut]:
        """See `Files`."""
        if folder not in self._folders:
            raise Vanished
        yield from self._files.get(folder, ())
        for reason, items in self._left_out.get(folder, Counter[str]()).items():
            yield LeftOut(reason, items)

    def _refuse(self, name: bytes, reason: str) -> None:
        if name.startswith(self._start):
            self.leave_out(b"", reason)


def _composed(name: bytes) -> bytes:
    """The same for the two ways in which Unicode writes an accent: archives made on a Mac have the other one."""
    if name.isascii():
        return name
    try:
        return unicodedata.normalize("NFC", name.decode()).encode()
    except UnicodeDecodeError:
        return name
