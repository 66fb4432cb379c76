"""What is not as it was at the source and is no failure, counted while an account is copied."""

from __future__ import annotations

import threading
from collections import Counter

from tui_migrate.model import RemarkKind

Numbers = Counter[tuple[int, RemarkKind, str]]
"""Messages by folder id (0: none), kind, and what."""


class Remarks:
    """Any thread adds, the supervisor takes what is to be put on record."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unsaved = Numbers()

    def add(self, folder_id: int, kind: RemarkKind, what: str = "", messages: int = 1) -> None:
        """Add to a remark. `folder_id` 0: it concerns no single folder; `messages` 0: it concerns no message."""
        with self._lock:
            self._unsaved[folder_id, kind, what] += messages

    def take_unsaved(self) -> Numbers:
        """What has come since the last call, to be added to what is on record."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, Numbers()
        return unsaved
