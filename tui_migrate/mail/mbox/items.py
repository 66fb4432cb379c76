"""The messages of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tui_migrate.mail.files.archive import Item, MadeItems
from tui_migrate.mail.mbox.fields import Marks
from tui_migrate.mail.mbox.files import Indexed


class Place(NamedTuple):
    """Where a message lies: its number in a file, as that was when it was looked at."""

    indexed: Indexed
    number: int


class Items(MadeItems[Place]):
    """Messages of one file, by their numbers there. `flags`: what their marks mean, where that is not what they say."""

    def __init__(
        self, file: Indexed, numbers: Sequence[int] | None = None, flags: Mapping[Marks, frozenset[str]] | None = None
    ) -> None:
        self._file = file
        self._numbers: Sequence[int] = range(len(file.index)) if numbers is None else numbers
        self._flags = flags

    def __len__(self) -> int:
        return len(self._numbers)

    def only(self, numbers: Sequence[int]) -> Items:
        """Some of them, by their numbers in the file."""
        return Items(self._file, numbers, self._flags)

    def item(self, at: int) -> Item[Place]:
        """See `MadeItems`."""
        index, number = self._file.index, self._numbers[at]
        marks = index.marks[index.kinds[number]]
        flags = marks.flags if self._flags is None else self._flags[marks]
        return Item(index.name(number), Place(self._file, number), flags, index.instant(number), index.size(number))
