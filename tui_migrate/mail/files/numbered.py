"""The items of a folder under the numbers that the journal knows them by."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

from tui_migrate.mail.files.archive import Contents, Item
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import internal_date
from tui_migrate.mail.protocols import Listed, Ordinals

P = TypeVar("P")


class Numbered(Generic[P]):
    """What lies in a folder, in ascending UID. The items themselves are not held twice: a folder may have a million."""

    def __init__(self, folder: bytes, contents: Contents[P], ordinals: Ordinals | None) -> None:
        self.contents = contents
        items = contents.items
        if contents.uidvalidity:
            self.uidvalidity: int = contents.uidvalidity
            uids: Sequence[int] = [each.uid for each in items]
        elif ordinals is not None:
            self.uidvalidity, uids = ordinals(folder, [each.name for each in items])
        else:
            self.uidvalidity, uids = 1, range(1, len(items) + 1)
        order = range(len(uids)) if _ascend(uids) else sorted(range(len(uids)), key=uids.__getitem__)
        self._uids = array("Q", (uids[each] for each in order))
        self._order: Sequence[int] = order if isinstance(order, range) else array("Q", order)

    @property
    def exists(self) -> int:
        """Messages that there should be."""
        return len(self) + self.contents.missing

    def status(self) -> FolderStatus:
        """Its numbers."""
        contents = self.contents
        beside = sum(each.items for each in contents.excluded)
        return FolderStatus(self.exists + beside, self.uidnext, self.uidvalidity, contents.token)

    def __len__(self) -> int:
        return len(self._uids)

    @property
    def uidnext(self) -> int:
        """Higher than all."""
        return self._uids[-1] + 1 if self._uids else 1

    def item(self, uid: int) -> Item[P] | None:
        """The one of this number; None when it is not there."""
        at = bisect_left(self._uids, uid)
        if at == len(self._uids) or self._uids[at] != uid:
            return None
        return self.contents.items[self._order[at]]

    def uids(self, low: int, end: int) -> Sequence[int]:
        """The numbers from `low` up to and without `end`."""
        return self._uids[bisect_left(self._uids, low) : bisect_left(self._uids, end)]

    def items(self, low: int, end: int | None = None) -> Iterator[tuple[int, Item[P]]]:
        """Those from number `low` up to and without `end`, each with its number."""
        stop = len(self._uids) if end is None else bisect_left(self._uids, end)
        for at in range(bisect_left(self._uids, low), stop):
            yield self._uids[at], self.contents.items[self._order[at]]


def listed(uid: int, item: Item[P]) -> Listed:
    """As a listing shows it."""
    date = b"" if item.instant is None else internal_date(item.instant)
    return Listed(uid, item.flags, date, item.instant if date else None, item.size, named=not item.uid)


def _ascend(uids: Sequence[int]) -> bool:
    return all(one < other for one, other in pairwise(uids))
