"""The numbers of a running pass, by folder. Several threads add, the supervisor reads."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Set
from dataclasses import fields

from tui_migrate.model import Counts
from tui_migrate.model.progress import Tally

OUTSIDE = 0
"""The folder id under which messages of excluded folders are counted."""


class PassTally:
    """Counts and bytes of one pass over one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._standing: dict[int, dict[str, int]] = {}
        """What an interrupted walk had found. It stands until the walk of today has found as much: a screen that fell
        back to 0 would look like a loss."""
        self._failed: dict[int, set[int]] = defaultdict(set)
        self._changes = 0
        self._unsaved: dict[int, int] = {}
        """Folders whose numbers on record may be others, by the number of their last change."""

    def reset(self) -> None:
        """Begin a pass: all numbers are 0."""
        with self._lock:
            self._numbers.clear()
            self._failed.clear()
            self._standing.clear()

    def again(self, before: Mapping[int, Tally] | None = None) -> None:
        """Begin again, before a new walk in the same pass: what was done is found in the journal. `before`: what an
        engine before this one had found, by folder id."""
        with self._lock:
            self._standing = self._shown() if before is None else {key: _numbers(each) for key, each in before.items()}
            self._numbers.clear()
            self._failed.clear()

    def keep_only(self, folder_ids: Collection[int]) -> None:
        """Forget all folders but these: no others are walked over this time."""
        with self._lock:
            self._standing = {key: each for key, each in self._standing.items() if key in folder_ids}

    def found(self, folder_id: int) -> None:
        """Note that all of a folder has been listed: its numbers are those of today."""
        with self._lock:
            self._standing.pop(folder_id, None)
            self._change(folder_id)

    def add(self, folder_id: int, **numbers: int) -> None:
        """Add to a folder's numbers."""
        with self._lock:
            mine = self._numbers[folder_id]
            for name, number in numbers.items():
                mine[name] += number
            self._change(folder_id)

    def put(self, folder_id: int, **numbers: int) -> None:
        """Set a folder's numbers."""
        with self._lock:
            self._numbers[folder_id].update(numbers)
            self._change(folder_id)

    def fail(self, folder_id: int, uid: int) -> None:
        """Count a message as failed."""
        with self._lock:
            self._numbers[folder_id]["failed"] += 1
            self._failed[folder_id].add(uid)
            self._change(folder_id)

    def exclude(self, skipped: Mapping[int, Set[int]]) -> None:
        """Count these messages as excluded, by folder id and UID, also those that have failed: the admin does not want
        them."""
        with self._lock:
            for folder_id, uids in skipped.items():
                if not (both := self._failed[folder_id] & uids):
                    continue
                self._failed[folder_id] -= both
                self._numbers[folder_id]["failed"] -= len(both)
                self._numbers[folder_id]["excluded"] += len(both)
                self._change(folder_id)

    def forget(self, folder_id: int) -> None:
        """Begin a folder again, before it is walked over once more."""
        with self._lock:
            self._numbers.pop(folder_id, None)
            self._failed.pop(folder_id, None)
            self._standing.pop(folder_id, None)

    def fail_rest(self, folder_id: int) -> None:
        """Count as failed what is not settled of a folder."""
        with self._lock:
            self._fail_rest(folder_id)

    def fail_all(self) -> None:
        """Count as failed what is not settled of the account."""
        with self._lock:
            for folder_id in {*self._numbers, *self._standing}:
                self._fail_rest(folder_id)

    def folders(self) -> dict[int, Tally]:
        """The numbers by folder id, without what is `OUTSIDE`."""
        with self._lock:
            return {key: _tally(numbers) for key, numbers in self._shown().items() if key != OUTSIDE}

    def unsaved(self) -> tuple[dict[int, Tally], int]:
        """The numbers of those folders that have changed since they were put on record, and what `saved` is told when
        these are. Thousands of folders are not written anew each second because of one."""
        with self._lock:
            shown = self._shown() if self._unsaved else {}
            changed = {key: _tally(shown[key]) for key in self._unsaved if key != OUTSIDE and key in shown}
            return changed, self._changes

    def saved(self, changes: int) -> None:
        """Note that what `unsaved` has returned with this is on record, for good."""
        with self._lock:
            self._unsaved = {key: number for key, number in self._unsaved.items() if number > changes}

    def total(self) -> Tally:
        """The numbers of the whole account."""
        with self._lock:
            sums: dict[str, int] = defaultdict(int)
            for numbers in self._shown().values():
                for name, number in numbers.items():
                    sums[name] += number
            return _tally(sums)

    def _shown(self) -> dict[int, dict[str, int]]:
        shown = dict(self._numbers)
        for folder_id, before in self._standing.items():
            now = shown.get(folder_id, {})
            if _tally(now).counts.settled < _tally(before).counts.settled:
                shown[folder_id] = before
        return shown

    def _fail_rest(self, folder_id: int) -> None:
        numbers = defaultdict(int, self._shown().get(folder_id, {}))
        self._standing.pop(folder_id, None)
        counts = _tally(numbers).counts
        numbers["failed"] = counts.failed + max(0, counts.pending)
        self._numbers[folder_id] = numbers
        self._change(folder_id)

    def _change(self, folder_id: int) -> None:
        self._changes += 1
        self._unsaved[folder_id] = self._changes


def _numbers(tally: Tally) -> dict[str, int]:
    counts = {each.name: getattr(tally.counts, each.name) for each in fields(Counts)}
    return {**counts, "bytes_listed": tally.bytes_listed, "bytes_copied": tally.bytes_copied}


def _tally(numbers: Mapping[str, int]) -> Tally:
    counts = Counts(**{each.name: numbers.get(each.name, 0) for each in fields(Counts)})
    return Tally(counts, numbers.get("bytes_listed", 0), numbers.get("bytes_copied", 0))
