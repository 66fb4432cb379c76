"""The numbers of a running pass, by folder. Several threads add, the supervisor reads."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import fields

from tui_migrate.model import Counts
from tui_migrate.store.progress import Tally

OUTSIDE = 0
"""The folder id under which messages of excluded folders are counted."""


class PassTally:
    """Counts and bytes of one pass over one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._failed: dict[int, set[int]] = defaultdict(set)

    def reset(self) -> None:
        """Begin again, before a new walk: what was done is found in the journal."""
        with self._lock:
            self._numbers.clear()
            self._failed.clear()

    def add(self, folder_id: int, **numbers: int) -> None:
        """Add to a folder's numbers."""
        with self._lock:
            mine = self._numbers[folder_id]
            for name, number in numbers.items():
                mine[name] += number

    def put(self, folder_id: int, **numbers: int) -> None:
        """Set a folder's numbers."""
        with self._lock:
            self._numbers[folder_id].update(numbers)

    def fail(self, folder_id: int, uid: int) -> None:
        """A message has failed."""
        with self._lock:
            self._numbers[folder_id]["failed"] += 1
            self._failed[folder_id].add(uid)

    def exclude(self, skipped: Mapping[int, Set[int]]) -> None:
        """The admin does not want these messages, by folder id and UID: those that have failed count as excluded."""
        with self._lock:
            for folder_id, uids in skipped.items():
                both = self._failed[folder_id] & uids
                self._failed[folder_id] -= both
                self._numbers[folder_id]["failed"] -= len(both)
                self._numbers[folder_id]["excluded"] += len(both)

    def forget(self, folder_id: int) -> None:
        """Begin again with this folder, before it is walked over once more."""
        with self._lock:
            self._numbers.pop(folder_id, None)
            self._failed.pop(folder_id, None)

    def fail_rest(self, folder_id: int) -> None:
        """What is not settled of a folder has failed with it."""
        with self._lock:
            _fail_rest(self._numbers[folder_id])

    def fail_all(self) -> None:
        """What is not settled of the account has failed with it."""
        with self._lock:
            for numbers in self._numbers.values():
                _fail_rest(numbers)

    def folders(self) -> dict[int, Tally]:
        """By folder id, without what is `OUTSIDE`."""
        with self._lock:
            return {key: _tally(numbers) for key, numbers in self._numbers.items() if key != OUTSIDE}

    def total(self) -> Tally:
        """Of the whole account."""
        with self._lock:
            sums: dict[str, int] = defaultdict(int)
            for numbers in self._numbers.values():
                for name, number in numbers.items():
                    sums[name] += number
            return _tally(sums)


def _fail_rest(numbers: dict[str, int]) -> None:
    counts = _tally(numbers).counts
    numbers["failed"] = counts.failed + max(0, counts.pending)


def _tally(numbers: dict[str, int]) -> Tally:
    counts = Counts(**{each.name: numbers.get(each.name, 0) for each in fields(Counts)})
    return Tally(counts, numbers.get("bytes_listed", 0), numbers.get("bytes_copied", 0))
