"""How the walk over one folder stands. The readers and writers of several lanes change it, each through a method."""

from __future__ import annotations

import threading
from collections.abc import Sequence, Set
from enum import IntEnum

from tui_migrate.errors import MailError
from tui_migrate.mail.protocols import Listed, Listing


class WalkState(IntEnum):
    """How a walk goes on or ends. Of two ends that a walk meets with, the higher one holds."""

    READING = 0
    """Something of the folder is to be listed or read yet."""
    READ = 1
    """All of it that was wanted has been read."""
    AGAIN = 2
    """Its parts do not add up to the whole: walked over once more, as a whole, it says what is missing."""
    FAILED = 3
    """The source does not let us read on in it, and that is on record as a failure."""
    CUT = 4
    """The rest of it waits for another day."""
    POSTPONED = 5
    """The source does not let us read on in it for now: it must be tried again when the others are done."""


_BEGIN_ANEW = (WalkState.READING, WalkState.READ, WalkState.AGAIN)


class FolderWalk:
    """How far the walk over one folder is. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = WalkState.READING
        self._in_parts = False
        self._unlisted = 1
        """Portions that are to be listed yet."""
        self._portions = 1
        """Portions that are to be read yet."""
        self._exists: int | None = None
        """The fewest messages that the source has said to be in it, while it was listed in parts."""
        self._windows = 0
        """Windows whose end is not known."""
        self.listed = 0
        """Messages that have been listed."""
        self.uidvalidity = 0
        """The source's, as it was listed."""
        self.low_uid = 1
        """No message that we send from now on gets a lower UID at the destination."""
        self.why: MailError | None = None
        """Of a walk that is postponed."""
        self.doubtful: Set[int] = frozenset()
        """Source UIDs of which it is not known whether they have arrived: they are sent last."""
        self.held: list[Listed] = []
        """Those of them that are still there."""

    @property
    def state(self) -> WalkState:
        """Whether the walk goes on, or how it ends."""
        return self._state

    @property
    def barred(self) -> bool:
        """True when the source does not let us read on."""
        return self._state in (WalkState.FAILED, WalkState.POSTPONED)

    @property
    def over(self) -> bool:
        """True when all was listed and read, and has either arrived or come to another end that is known."""
        with self._lock:
            return self._state is WalkState.READ and not self._windows and not self.held

    def begin(self, portions: int, uidnext: int) -> None:
        """Begin a walk in so many portions; `uidnext` of the destination folder."""
        with self._lock:
            if self._state in _BEGIN_ANEW:
                self._state = WalkState.READING
            self._in_parts = portions > 1
            self._portions = self._unlisted = portions
            self.listed, self._exists = 0, None
            self.held = []  # each is listed once more
            self.low_uid = max(self.low_uid, uidnext)

    def end(self, state: WalkState, why: MailError | None = None) -> None:
        """End the walk like this, whatever is on its way still."""
        with self._lock:
            self._end(state)
            self.why = why or self.why

    def take_listing(self, listing: Listing) -> bool:
        """Note a stretch that has been listed. True when all of the folder has been listed now."""
        with self._lock:
            self.uidvalidity = listing.uidvalidity
            self.listed += len(listing.messages) + listing.unlisted
            self._exists = min(listing.exists, self._exists or listing.exists)
            self._unlisted -= listing.last
            if not self._unlisted and self._in_parts and self.listed < self._exists:
                self._end(WalkState.AGAIN)
            return not self._unlisted

    def add_portion(self) -> None:
        """Note one more portion to be read."""
        with self._lock:
            self._portions += 1
            if self._state is WalkState.READ:
                self._state = WalkState.READING

    def end_portion(self) -> None:
        """Note that a portion has been read."""
        with self._lock:
            self._portions -= 1
            if not self._portions:
                self._end(WalkState.READ)

    def open_window(self) -> None:
        """Note that messages of the folder are on their way."""
        with self._lock:
            self._windows += 1

    def close_window(self) -> None:
        """Note that it is known what has become of a window's messages."""
        with self._lock:
            self._windows -= 1

    def note_arrival(self, uids: Sequence[int]) -> None:
        """Note the UIDs under which messages have arrived. What any lane sends from now on gets higher ones."""
        with self._lock:
            self.low_uid = max(self.low_uid, max(uids) + 1)

    def doubt(self, uids: Set[int]) -> None:
        """Note messages of which it is not known whether they have arrived."""
        with self._lock:
            self.doubtful = uids

    def hold(self, listed: Listed) -> None:
        """Note that a message in doubt is still at the source."""
        with self._lock:
            self.held.append(listed)

    def release(self, listed: Listed) -> None:
        """Note that a message in doubt has arrived after all."""
        with self._lock:
            self.held.remove(listed)

    def let_go(self) -> list[Listed]:
        """What was held back, in ascending UID. Nothing is held back from now on."""
        with self._lock:
            held, self.held, self.doubtful = self.held, [], frozenset()
        return sorted(held, key=lambda listed: listed.uid)

    def _end(self, state: WalkState) -> None:
        self._state = max(self._state, state)
