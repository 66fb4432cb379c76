"""Folders that are not, or not always, the ones that they were told to be, over all runs of an account."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum, auto


class Renumbered(Enum):
    """What has been done about a source folder that has other messages under known UIDs."""

    FOUND_OUT = auto()
    """Nothing yet."""
    MATCHED_AGAIN = auto()
    """What is known of it was looked for again."""


class Contradictions:
    """What has contradicted itself, by the ids of the folders' records. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._validities: dict[int, list[int]] = defaultdict(list)
        self._renumbered: dict[int, Renumbered] = {}
        self._doubted: set[tuple[int, int]] = set()
        self._moved: set[tuple[int, int]] = set()

    @property
    def validities(self) -> Mapping[int, Sequence[int]]:
        """UIDVALIDITYs of source folders that had another one elsewhere, as opening them told."""
        return self._validities

    def opened_as(self, folder_id: int, uidvalidity: int) -> int:
        """Note that a source folder has this UIDVALIDITY when it is opened, and was listed with another one. Returns
        how often that has happened."""
        with self._lock:
            seen = self._validities[folder_id]
            seen.append(uidvalidity)
            return len(seen)

    def renumbered(self, folder_id: int) -> Renumbered | None:
        """What has been done about a source folder with other messages under known UIDs; None: its UIDs are those of
        the messages that had them before, as far as is known."""
        return self._renumbered.get(folder_id)

    def renumber(self, folder_id: int, how: Renumbered) -> None:
        """Note that a source folder has other messages under known UIDs, and what has been done about it."""
        with self._lock:
            self._renumbered[folder_id] = how

    def stored_twice(self, folder_id: int, uidvalidity: int) -> bool:
        """Note that storing into a destination folder has told another UIDVALIDITY than this one, which it was opened
        with. False for the first time: it is to be opened once more."""
        with self._lock:
            doubted = (folder_id, uidvalidity) in self._doubted
            self._doubted.add((folder_id, uidvalidity))
            return doubted

    def moved_in(self, folder_id: int, pass_number: int) -> bool:
        """Note that a destination folder has other UIDs at the end of a run than at its beginning. False for the first
        time in this pass: the run is to begin again."""
        with self._lock:
            moved = (folder_id, pass_number) in self._moved
            self._moved.add((folder_id, pass_number))
            return moved
