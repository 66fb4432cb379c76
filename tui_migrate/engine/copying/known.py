"""What the journal knows of a folder's messages, small enough for a million of them in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tui_migrate.mail.protocols import Listed
from tui_migrate.model.journal import Window


class Origin(StrEnum):
    """Who brought a message that has arrived. The values are the numbers of a `Counts` that it belongs to."""

    THIS_PASS = "copied"
    EARLIER_PASS = "brought"
    SOMEBODY_ELSE = "there"


_ORIGINS = tuple(Origin)
_LOWEST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """One message that has arrived."""

    window_id: int
    flags: frozenset[str]
    destination_uid: int | None
    origin: Origin
    size: int
    """In octets, and the date of arrival in epoch seconds: the lowest 32 bits of both."""
    instant: int

    def is_another(self, listed: Listed) -> bool:
        """True when what the source lists under this UID is not this message: it has another date and another size.
        One of them alone is what servers err in."""
        if listed.named or listed.instant is None or not listed.date or listed.odd_date or not listed.size:
            return False
        return listed.instant & _LOWEST != self.instant and listed.size & _LOWEST != self.size


class Known:
    """Source UIDs that have arrived, with what a delta pass needs: about 40 octets a message."""

    def __init__(self, windows: Iterable[Window], pass_number: int) -> None:
        """`pass_number`: of the running pass."""
        rows = []
        flag_sets: dict[frozenset[str], int] = {}
        for window in windows:
            if window.done:
                origin = _ORIGINS.index(_origin(window, pass_number))
                for entry in window.entries:
                    number = flag_sets.setdefault(entry.flags, len(flag_sets))
                    size, instant = entry.fingerprint.length & _LOWEST, entry.fingerprint.instant & _LOWEST
                    rows.append((entry.uid, window.id, number, entry.destination_uid or 0, origin, size, instant))
        rows.sort()
        self._uids = array("Q", (row[0] for row in rows))
        self._windows = array("Q", (row[1] for row in rows))
        self._flags = array("L", (row[2] for row in rows))
        self._destination = array("Q", (row[3] for row in rows))
        self._origins = array("B", (row[4] for row in rows))
        self._sizes = array("I", (row[5] for row in rows))
        self._instants = array("I", (row[6] for row in rows))
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
            _ORIGINS[self._origins[at]],
            self._sizes[at],
            self._instants[at],
        )


def _origin(window: Window, pass_number: int) -> Origin:
    if not window.pass_number:
        return Origin.SOMEBODY_ELSE
    return Origin.THIS_PASS if window.pass_number == pass_number else Origin.EARLIER_PASS
