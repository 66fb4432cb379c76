"""The messages of a folder, of each of which a file's name and some numbers are kept."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Sequence

from tui_migrate.mail.files.archive import Item, MadeItems
from tui_migrate.mail.maildir.folder import PARTS, MailFile
from tui_migrate.mail.maildir.names import FileName, parse

_UNTOLD = -(1 << 63)


class MailItems(MadeItems[MailFile]):
    """Of these files, in their order."""

    def __init__(
        self,
        files: Sequence[MailFile],
        instants: Sequence[int | None],
        flags: Callable[[FileName], frozenset[str]],
        uids: Sequence[int] = (),
    ) -> None:
        """`flags`: which a file's name tells."""
        self._flags = flags
        self._names = [each.name for each in files]
        self._keys = {at: each.key for at, each in enumerate(files) if each.key != each.parsed.unique}
        self._parts = bytes(PARTS.index(each.part) for each in files)
        self._modified = array("q", (each.modified for each in files))
        self._octets = array("Q", (each.octets for each in files))
        self._inodes = array("Q", (each.inode for each in files))
        self._instants = array("q", (_UNTOLD if each is None else each for each in instants))
        self._uids = array("Q", uids)

    def __len__(self) -> int:
        return len(self._names)

    def item(self, at: int) -> Item[MailFile]:
        """See `MadeItems`."""
        name, octets, instant = self._names[at], self._octets[at], self._instants[at]
        parsed = parse(name)
        key = self._keys.get(at, parsed.unique)
        file = MailFile(key, PARTS[self._parts[at]], name, parsed, self._modified[at], octets, self._inodes[at])
        return Item(
            portable(key),
            file,
            self._flags(parsed),
            None if instant == _UNTOLD else instant,
            parsed.size or octets,
            self._uids[at] if self._uids else 0,
        )


def portable(key: str) -> str:
    """The same as text that can be stored: the system's names may be in no encoding."""
    return key if key.isascii() else os.fsencode(key).decode("latin-1")
