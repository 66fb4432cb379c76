"""What is still to be read of an account: folders, and UID ranges of large ones. Its lanes take from it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from tui_migrate.mail.protocols import ListedFolder
from tui_migrate.uidset import split

_UNKNOWN = 500
"""Messages, where a folder's number is not told."""


def portions(folder: ListedFolder, most: int, newest_first: bool = False) -> list[ListedFolder]:
    """A folder in UID ranges of about `most` messages each, in the order of reading."""
    status = folder.status
    if folder.changes is not None:
        return [folder]
    if status is None or status.uidnext is None or not 2 * most < status.messages < status.uidnext:
        return [folder]
    spans = split(status.uidnext, status.messages // most)
    part = replace(status, messages=status.messages // len(spans))
    made = [replace(folder, status=part, uids=span) for span in spans]
    return made[::-1] if newest_first else made


def weight(portion: ListedFolder) -> int:
    """Messages of a portion, or a guess."""
    if portion.chosen is not None:
        return len(portion.chosen)
    if portion.changes is not None:
        return max(1, len(portion.changes.messages))
    return portion.status.messages if portion.status else _UNKNOWN


class Portions:
    """The portions of an account that no lane has taken. Thread-safe. A folder's portions are given in their order, and
    last of all what has ended connections."""

    def __init__(self, folders: Iterable[Iterable[ListedFolder]]) -> None:
        self._folders = [deque(each) for each in folders]
        self._last: deque[ListedFolder] = deque()
        self._dropped: set[bytes] = set()
        self._lock = threading.Lock()

    def take(self, largest: bool) -> ListedFolder | None:
        """The next portion, in the order of folders or of the folder with most left. None: nothing is left."""
        with self._lock:
            folders = [each for each in self._folders if each]
            if not folders:
                return self._last.popleft() if self._last else None
            return (max(folders, key=_left) if largest else folders[0]).popleft()

    def put_back(self, portions: Iterable[ListedFolder]) -> None:
        """Give back what was taken and not read."""
        with self._lock:
            by_name = {each[0].name: each for each in self._folders if each}
            for portion in reversed([*portions]):
                if portion.name in self._dropped:
                    continue
                if portion.suspect:
                    self._last.appendleft(portion)
                    continue
                if portion.name not in by_name:
                    by_name[portion.name] = deque()
                    self._folders.insert(0, by_name[portion.name])
                by_name[portion.name].appendleft(portion)

    def drop(self, name: bytes) -> None:
        """Drop what is left of a folder of which nothing more can be read."""
        with self._lock:
            self._dropped.add(name)
            for each in self._folders:
                if each and each[0].name == name:
                    each.clear()
            self._last = deque(each for each in self._last if each.name != name)

    @property
    def left(self) -> int:
        """Messages that no lane has taken yet."""
        with self._lock:
            return sum(map(_left, self._folders)) + _left(self._last)


def _left(portions: Iterable[ListedFolder]) -> int:
    return sum(map(weight, portions))
