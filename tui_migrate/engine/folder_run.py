"""One folder in one pass: what is known of it, and what is still open."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field

from tui_migrate.engine.known import Known
from tui_migrate.engine.mapping import Mapped
from tui_migrate.mail.protocols import FlagChanges, Listed, Opened
from tui_migrate.store.journal import FolderRecord, Marks

FlagsNow = dict[int, dict[int, frozenset[str]]]
"""By window id and source UID: the flags that the source has now."""


@dataclass(slots=True)
class FolderRun:
    """A source folder with its destination folder. The reader fills it, the writer settles it."""

    mapped: Mapped
    record: FolderRecord
    opened: Opened
    marks: Marks | None
    """The source's numbers before the walk; None when it does not tell them."""
    skipped: Set[int] = frozenset()
    """Source UIDs of the messages that the admin does not want."""
    skipped_seen: set[int] = field(default_factory=set)
    """Those of them that are still there."""
    known: Known | None = None
    low_uid: int = 1
    """No message that we send from now on gets a lower UID at the destination."""
    flag_changes: FlagChanges = field(default_factory=lambda: defaultdict(list))
    flags_now: FlagsNow = field(default_factory=lambda: defaultdict(dict))
    clean: bool = True
    """False once something of it failed: the next pass looks at all of it again."""
    listed: int = 0
    read: bool = False
    """True when all of it that was wanted has been read."""
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
        self.flag_changes[change].append(before.destination_uid)
        self.flags_now[before.window_id][listed.uid] = listed.flags

    def unchanged(self) -> bool:
        """True when the source's numbers say that nothing has happened since a complete walk (CONDSTORE, RFC 7162)."""
        record, marks = self.record, self.marks
        if not record.complete or marks is None or marks.modseq is None:
            return False
        before = (record.source_uidvalidity, record.source_uidnext, record.source_modseq, record.source_messages)
        return before == (marks.uidvalidity, marks.uidnext, marks.modseq, marks.messages)
