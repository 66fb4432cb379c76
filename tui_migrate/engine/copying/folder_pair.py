"""A source folder and the destination folder that its mail goes to, as they stand before a walk: values, no state."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace

from tui_migrate.engine.choosing.mapping import Mapped
from tui_migrate.mail.protocols import Changes, ListedFolder, Opened
from tui_migrate.model.journal import FolderRecord, Marks


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is on record of a folder's messages besides the journal."""

    skipped: Set[int] = frozenset()
    """Source UIDs of the messages that the admin does not want."""
    left_out: int = 0
    """Messages that the last walk over it has left out."""
    copied: tuple[int, int] = (0, 0)
    """Messages and octets that this pass has copied before it was interrupted, of a folder that was complete then."""
    failed: Set[int] = frozenset()
    """Source UIDs of the messages that have failed: what arrives may resolve that."""


@dataclass(frozen=True, slots=True)
class FolderPair:
    """Both folders, and where earlier walks from one to the other have ended."""

    mapped: Mapped
    record: FolderRecord
    opened: Opened
    """The destination folder."""
    marks: Marks | None
    """The source's numbers before the walk; None when it does not tell them."""
    earlier: Earlier = field(default_factory=Earlier)
    changes: Changes | None = None
    """What has changed since the last complete walk, where that is known for certain."""

    @property
    def uidvalidity(self) -> int:
        """The source's before the walk; of one that does not tell its numbers that which the journal speaks of. 0: not
        known."""
        return self.marks.uidvalidity if self.marks else self.record.source_uidvalidity or 0

    @property
    def source(self) -> ListedFolder:
        """The source folder, as it is to be read."""
        return replace(self.mapped.source, changes=self.changes)

    def begun_anew(self) -> FolderPair:
        """This pair, once its journal speaks of other UIDs. What the admin has named may be other mail."""
        record = replace(self.record, complete=False, destination_uidnext=None)
        return replace(self, record=record, earlier=replace(self.earlier, skipped=frozenset()))

    def isolated(self) -> FolderPair:
        """This pair, with a source folder at which connections have ended."""
        return replace(self, mapped=replace(self.mapped, source=replace(self.mapped.source, suspect=True)))

    def unchanged(self) -> bool:
        """True when the source's numbers and its token say that nothing has happened since a complete walk."""
        record, marks = self.record, self.marks
        if not record.complete or marks is None or not marks.token:
            return False
        before = (record.source_uidvalidity, record.source_uidnext, record.source_token, record.source_messages)
        return before == (marks.uidvalidity, marks.uidnext, marks.token, marks.messages)

    def adopted_of(self, unseen: int, seen: int = 0) -> int:
        """How many of so many messages that were there at the last complete walk, and need no look, were at the
        destination before us. `seen`: those of them that were looked at."""
        return min(unseen, max(0, self.record.source_adopted - seen))
