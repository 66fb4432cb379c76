"""What the journal knows of a folder's messages, small enough for a million of them in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from tui_migrate.store.journal import Window


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """One message that has arrived."""

    window_id: int
    flags: frozenset[str]
    destination_uid: int | None
    this_pass: bool
    """True when it was copied by the running pass, False when an earlier one did or it was there before."""


class Known:
    """Source UIDs that have arrived, with what a delta pass needs: about 30 octets a message."""

    def __init__(self, windows: Iterable[Window], pass_began: float) -> None:
        rows = []
        flag_sets: dict[frozenset[str], int] = {}
        for window in windows:
            if window.done:
                recent = window.opened_at >= pass_began
                for entry in window.entries:
                    number = flag_sets.setdefault(entry.flags, len(flag_sets))
                    rows.append((entry.uid, window.id, number, entry.destination_uid or 0, recent))
        rows.sort()
        self._uids = array("Q", (row[0] for row in rows))
        self._windows = array("Q", (row[1] for row in rows))
        self._flags = array("L", (row[2] for row in rows))
        self._destination = array("Q", (row[3] for row in rows))
        self._recent = array("B", (row[4] for row in rows))
        self._flag_sets = list(flag_sets)

    def __len__(self) -> int:
        return len(self._uids)

    def find(self, uid: int) -> KnownMessage | None:
        """What is known of this source UID."""
        at = bisect_left(self._uids, uid)
        if at == len(self._uids) or self._uids[at] != uid:
            return None
        return KnownMessage(
            self._windows[at],
            self._flag_sets[self._flags[at]],
            self._destination[at] or None,
            bool(self._recent[at]),
        )
