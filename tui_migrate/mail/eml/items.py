"""The messages of a folder, and what they say together."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b

from tui_migrate.mail.eml.files import File
from tui_migrate.mail.eml.forms import Glance
from tui_migrate.mail.files.archive import Item, LeftOut, MadeItems

_KEY = 16
_UNTOLD = -(1 << 63)


def key_of(file: File) -> bytes:
    """What a file is known by."""
    return blake2b(b"%d %d %b" % (file.size, file.stamp, file.path), digest_size=_KEY).digest()


class EmlItems(MadeItems[File]):
    """Of each its file, its key and three numbers are kept."""

    def __init__(self) -> None:
        self._files: list[File] = []
        self._keys = bytearray()
        self._repeats: dict[int, int] = {}
        self._flags = array("I")
        self._sets: dict[frozenset[str], int] = {}
        self._each: list[frozenset[str]] = []
        self._instants = array("q")
        self._sizes = array("Q")

    def add(self, file: File, seen: Glance, key: bytes, times: int) -> None:
        """The next one. `times`: how many of its key there are so far: archives may hold a path twice."""
        if times > 1:
            self._repeats[len(self._files)] = times
        number = self._sets.setdefault(seen.flags, len(self._each))
        if number == len(self._each):
            self._each.append(seen.flags)
        self._files.append(file)
        self._keys += key
        self._flags.append(number)
        self._instants.append(_UNTOLD if seen.instant is None else seen.instant)
        self._sizes.append(seen.size)

    def token(self, left_out: Sequence[LeftOut]) -> str:
        """Of all of them, and of what was left out."""
        told = blake2b(self._keys, digest_size=_KEY)
        told.update(repr(left_out).encode())
        return told.hexdigest()

    def __len__(self) -> int:
        return len(self._files)

    def item(self, at: int) -> Item[File]:
        """See `MadeItems`."""
        key, instant = self._keys[at * _KEY : (at + 1) * _KEY].hex(), self._instants[at]
        return Item(
            f"{key} {self._repeats[at]}" if at in self._repeats else key,
            self._files[at],
            self._each[self._flags[at]],
            None if instant == _UNTOLD else instant,
            self._sizes[at],
        )
