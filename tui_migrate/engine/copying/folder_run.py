"""One folder in one pass: what is known of it, and what is still open."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from tui_migrate.engine.choosing.mapping import Mapped
from tui_migrate.engine.choosing.selection import Sieve
from tui_migrate.engine.copying.known import Known
from tui_migrate.errors import MailError
from tui_migrate.mail.protocols import Changes, FlagChanges, Listed, ListedFolder, Listing, Opened
from tui_migrate.model import Selection
from tui_migrate.store.journal import FolderRecord, Marks

FlagsNow = dict[int, dict[int, frozenset[str]]]
"""By window id and source UID: the flags that the source has now."""


@dataclass(slots=True)
class FolderRun:
    """A source folder with its destination folder. The readers of several lanes fill it, their writers settle it."""

    mapped: Mapped
    record: FolderRecord
    opened: Opened
    marks: Marks | None
    """The source's numbers before the walk; None when it does not tell them."""
    skipped: Set[int] = frozenset()
    """Source UIDs of the messages that the admin does not want."""
    sieve: Sieve = field(default_factory=lambda: Sieve(Selection()))
    """Lets through what is selected."""
    left_out_before: int = 0
    """Messages that the last walk over it has left out."""
    copied_before: tuple[int, int] = (0, 0)
    """Messages and octets that this pass has copied before it was interrupted, of a folder that was complete then."""
    changes: Changes | None = None
    """What has changed since the last complete walk, where that is known for certain."""
    cut: bool = False
    """True when the rest of it waits for another day."""
    skipped_seen: set[int] = field(default_factory=set)
    """Those of them that are still there."""
    known: Known | None = None
    low_uid: int = 1
    """No message that we send from now on gets a lower UID at the destination."""
    doubtful: Set[int] = frozenset()
    """Source UIDs of which it is not known whether they have arrived: they are sent last."""
    held: list[Listed] = field(default_factory=list)
    """Those of them that are still there."""
    flag_changes: FlagChanges = field(default_factory=lambda: defaultdict(list))
    flags_now: FlagsNow = field(default_factory=lambda: defaultdict(dict))
    clean: bool = True
    """False once something of it failed: the next pass looks at all of it again."""
    uidvalidity: int = 0
    """The source's, as it was listed."""
    listed: int = 0
    exists: int | None = None
    """The fewest messages that the source has said to be in it, while it was listed in parts."""
    in_parts: bool = False
    unlisted: int = 1
    """Portions of it that are to be listed yet."""
    portions: int = 1
    """Portions of it that are to be read yet."""
    again: bool = False
    """True when its parts do not add up to the whole: walked over once more, as a whole, it says what is missing."""
    unreadable: bool = False
    """True when the source does not let us read on in it."""
    read: bool = False
    """True when all of it that was wanted has been read."""
    postponed: MailError | None = None
    """Why it must be tried again when the others are done."""
    refused: bool = False
    """True when the destination has said that it takes nothing for this folder."""
    open_windows: int = 0
    uids_unknown: bool = False
    """True when the destination has not told the UIDs of what it stored (no UIDPLUS)."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self) -> int:
        """Of its record in the store."""
        return self.record.id

    @property
    def complete(self) -> bool:
        """True when nothing of it needs another look: all was listed, read and stored."""
        return (
            not self.held
            and self.read
            and self.clean
            and not self.again
            and not self.open_windows
            and self.marks is not None
        )

    @property
    def source(self) -> ListedFolder:
        """What is to be read."""
        return replace(self.mapped.source, changes=self.changes)

    def note_listing(self, listing: Listing) -> bool:
        """True when all of it has been listed now."""
        with self.lock:
            self.listed += len(listing.messages) + listing.unlisted
            self.exists = min(listing.exists, self.exists or listing.exists)
            self.unlisted -= listing.last
            if not self.unlisted and self.in_parts and self.listed < self.exists:
                self.again = True
            return not self.unlisted

    def add_portion(self) -> None:
        """There is one more to be read."""
        with self.lock:
            self.portions += 1
            self.read = False

    def end_portion(self) -> None:
        """One has been read."""
        with self.lock:
            self.portions -= 1
            self.read = not self.portions and not self.cut

    def note_arrival(self, uids: Sequence[int] | None) -> None:
        """Messages have arrived, under these UIDs. What any lane sends from now on gets higher ones."""
        with self.lock:
            if uids is None:
                self.uids_unknown = True
            else:
                self.low_uid = max(self.low_uid, max(uids) + 1)

    def first_refusal(self) -> bool:
        """The destination takes nothing for it. False when that is known."""
        with self.lock:
            known, self.refused = self.refused, True
            return not known

    def forget(self, selection: Selection) -> None:
        """It is walked over once more from the beginning: what has arrived meanwhile is in the journal."""
        self.known = None
        self.flag_changes.clear()
        self.flags_now.clear()
        self.sieve = Sieve(selection)

    def begin(self, portions: int) -> None:
        """It is to be walked over in so many portions."""
        self.in_parts = portions > 1
        self.portions = self.unlisted = portions
        self.read = False
        self.listed, self.exists, self.again = 0, None, False

    def compare_flags(self, listed: Listed) -> None:
        """Note what the source has changed since the flags were carried over.

        A flag is on or off: where the source has changed it and the destination too, both have changed it to the same.
        So carrying over the source's change alone keeps every change that the user made at the destination.
        """
        assert self.known is not None
        before = self.known.find(listed.uid)
        if before is None or before.flags == listed.flags or before.destination_uid is None:
            return
        change = (tuple(sorted(listed.flags - before.flags)), tuple(sorted(before.flags - listed.flags)))
        with self.lock:
            self.flag_changes[change].append(before.destination_uid)
            self.flags_now[before.window_id][listed.uid] = listed.flags

    def adopted_of(self, unseen: int, seen: int = 0) -> int:
        """How many of so many messages that were there at the last complete walk, and need no look, were at the
        destination before us. `seen`: those of them that were looked at."""
        return min(unseen, max(0, self.record.source_adopted - seen))

    def unchanged(self) -> bool:
        """True when the source's numbers say that nothing has happened since a complete walk (CONDSTORE, RFC 7162)."""
        record, marks = self.record, self.marks
        if not record.complete or marks is None or marks.modseq is None:
            return False
        before = (record.source_uidvalidity, record.source_uidnext, record.source_modseq, record.source_messages)
        return before == (marks.uidvalidity, marks.uidnext, marks.modseq, marks.messages)
