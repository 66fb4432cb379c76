"""Which messages the admin wants to have copied, and what is left out of a folder by that."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import date
from heapq import heappush, heappushpop

from tui_migrate.mail.protocols import Listed
from tui_migrate.model import LeftOut, Selection

KEPT_LARGE = 300
"""Messages above the size limit that are kept one by one for the admin to see, of each folder."""
_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


def left_out(selection: Selection, instant: int | None, size: int) -> LeftOut | None:
    """Why a message is not copied; None when it is. A date that is not known excludes nothing."""
    day = None if instant is None else _EPOCH + instant // _DAY
    if day is not None and selection.since and day < selection.since.toordinal():
        return LeftOut.TOO_OLD
    if day is not None and selection.before and day >= selection.before.toordinal():
        return LeftOut.TOO_NEW
    return LeftOut.TOO_LARGE if 0 < selection.max_size < size else None


def signature(selection: Selection) -> str:
    """Two selections that choose the same messages have the same one; empty when all are chosen."""
    parts = (selection.since or "", selection.before or "", selection.max_size or "")
    return " ".join(map(str, parts)) if any(parts) else ""


class Sieve:
    """Lets through what is selected of one folder, and counts the rest. Safe from any thread."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._all = signature(selection) == ""
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        self._large: list[tuple[int, int, int]] = []
        """A heap of sizes, UIDs and dates."""

    @property
    def signature(self) -> str:
        """The signature of the selection."""
        return signature(self._selection)

    def holds_back(self, listed: Listed) -> bool:
        """True when this message is not to be copied; it is counted then."""
        return not self._all and self._holds_back(listed, listed.instant)

    def holds_back_read(self, listed: Listed, instant: int | None) -> bool:
        """True when a message is not to be copied whose date was not in the listing, now that it has been read; it is
        counted then."""
        return listed.instant is None and not self._all and self._holds_back(listed, instant)

    def count(self, reason: str, messages: int, octets: int) -> None:
        """Count messages that are left out for this reason, which may be the source's own."""
        with self._lock:
            before = self._counts[reason]
            self._counts[reason] = before[0] + messages, before[1] + octets

    def result(self) -> tuple[dict[str, tuple[int, int]], list[tuple[int, int, int]]]:
        """Messages and octets by reason; and size, UID and date of those that are too large, the largest ones."""
        with self._lock:
            return dict(self._counts), sorted(self._large, reverse=True)

    def _holds_back(self, listed: Listed, instant: int | None) -> bool:
        reason = left_out(self._selection, instant, listed.size)
        if reason is None:
            return False
        self.count(reason, 1, listed.size)
        if reason is LeftOut.TOO_LARGE:
            entry = (listed.size, listed.uid, instant or 0)
            with self._lock:
                (heappush if len(self._large) < KEPT_LARGE else heappushpop)(self._large, entry)
        return True
