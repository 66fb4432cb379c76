"""The messages of a folder: it may have a million, and all of them are listed before the first is read."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple, overload

from tui_migrate.mail.files.archive import Item

_UNKNOWN = -(1 << 62)


class Place(NamedTuple):
    """Of a message."""

    nid: int
    token: str
    """Of the file, as it was when this was listed."""


class Items(Sequence[Item[Place]]):
    """Each is made when it is asked for, out of some twenty octets."""

    def __init__(self, key: str, token: str) -> None:
        """`key`: of the store, within which a NID is the name of one message for ever."""
        self._key = key
        self._token = token
        self._nids = array("I")
        self._instants = array("q")
        self._sizes = array("I")
        self._flags = array("I")
        self._sets: dict[frozenset[str], int] = {}
        self._each: list[frozenset[str]] = []

    def add(self, nid: int, flags: frozenset[str], instant: int | None, size: int) -> None:
        """The next one."""
        self._nids.append(nid)
        self._instants.append(_UNKNOWN if instant is None else instant)
        self._sizes.append(size & 0xFFFFFFFF)
        number = self._sets.setdefault(flags, len(self._sets))
        if number == len(self._each):
            self._each.append(flags)
        self._flags.append(number)

    @overload
    def __getitem__(self, index: int) -> Item[Place]: ...

    @overload
    def __getitem__(self, index: slice) -> list[Item[Place]]: ...

    def __getitem__(self, index: int | slice) -> Item[Place] | list[Item[Place]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        nid, instant = self._nids[index], self._instants[index]
        return Item(
            f"{self._key}-{nid:x}",
            Place(nid, self._token),
            self._each[self._flags[index]],
            None if instant == _UNKNOWN else instant,
            self._sizes[index],
        )

    def __len__(self) -> int:
        return len(self._nids)
