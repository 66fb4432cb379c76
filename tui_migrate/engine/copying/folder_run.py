"""One folder in one run: what is planned, how the walk over it stands, and what has come of it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from tui_migrate.engine.choosing.selection import Sieve
from tui_migrate.engine.copying.folder_pair import FolderPair
from tui_migrate.engine.copying.folder_walk import FolderWalk, WalkState
from tui_migrate.engine.copying.known import Known, KnownMessage
from tui_migrate.mail.protocols import FlagChanges, Listed
from tui_migrate.model import Selection


class FolderResult:
    """What has come of a walk. Thread-safe."""

    def __init__(self, selection: Selection) -> None:
        self._lock = threading.Lock()
        self._refused = self._failed = False
        self.clean = True
        """False once something of it failed: the next pass looks at all of it again."""
        self.uids_unknown = False
        """True when the destination has not told the UIDs of what it stored (no UIDPLUS)."""
        self.skipped: set[int] = set()
        """Source UIDs of the messages that the admin does not want and that are still there."""
        self.begin(selection)

    def begin(self, selection: Selection) -> None:
        """Begin a walk over the whole folder."""
        self.sieve = Sieve(selection)
        """Lets through what is selected, and counts what is not."""
        self.flag_changes: FlagChanges = defaultdict(list)
        """To be made at the destination."""
        self.flags_now: dict[int, dict[int, frozenset[str]]] = defaultdict(dict)
        """By window id and source UID: the flags that the source has now."""

    def spoil(self, *, whole: bool = False) -> None:
        """Note that something of the folder has failed. `whole`: more than single messages."""
        self.clean = False
        self._failed = self._failed or whole

    def miss_uids(self) -> None:
        """Note that messages were stored, and that the server has not told under which UIDs."""
        self.uids_unknown = True

    @property
    def failed(self) -> bool:
        """True when more has failed than single messages."""
        return self._failed or self._refused

    def first_refusal(self) -> bool:
        """Note that the destination takes nothing for the folder. False when that is known already."""
        with self._lock:
            known, self._refused = self._refused, True
            return not known

    def compare_flags(self, before: KnownMessage, listed: Listed) -> None:
        """Note what the source has changed since the flags were carried over.

        A flag is on or off: where the source has changed it and the destination too, both have changed it to the same.
        So carrying over the source's change alone keeps every change that the user made at the destination.
        """
        if before.flags == listed.flags or before.destination_uid is None:
            return
        change = (tuple(sorted(listed.flags - before.flags)), tuple(sorted(before.flags - listed.flags)))
        with self._lock:
            self.flag_changes[change].append(before.destination_uid)
            self.flags_now[before.window_id][listed.uid] = listed.flags


class FolderRun:
    """A folder pair on its way. `pair` is replaced as a whole: before the walk begins, and by `mark`."""

    def __init__(self, pair: FolderPair, selection: Selection) -> None:
        self.id = pair.record.id
        """Of its record in the store."""
        self.pair = pair
        self.walk = FolderWalk()
        self.result = FolderResult(selection)
        self._known: Known | None = None
        self._loading = threading.Lock()

    @property
    def complete(self) -> bool:
        """True when nothing of the folder needs another look: all was listed, read and stored."""
        return self.walk.over and self.result.clean and self.pair.marks is not None

    @property
    def walked_over(self) -> bool:
        """True when nothing is wrong with the folder but with single messages of it."""
        return self.walk.state is WalkState.READ and not self.result.failed

    def known(self, load: Callable[[], Known]) -> Known:
        """What the journal knows of the folder's messages: loaded once, however many lanes ask for it."""
        with self._loading:
            if self._known is None:
                self._known = load()
            return self._known

    def begin(self, portions: int) -> None:
        """Begin a walk over the folder in so many portions."""
        self.walk.begin(portions, self.pair.opened.uidnext)

    def mark(self, token: str) -> None:
        """Note that the walk begins where the source has this token, which was asked for as late as that. Only the lane
        that lists the folder calls it: one with such a token is listed as a whole."""
        if (marks := self.pair.marks) is not None:
            self.pair = replace(self.pair, marks=replace(marks, token=token))

    def forget(self, selection: Selection) -> None:
        """Have the folder walked over once more from the beginning: what has arrived meanwhile is in the journal."""
        self._known = None
        self.result.begin(selection)
