"""Where a short look at what has changed can take the place of another walk over a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui_migrate.engine.copying.folder_pair import FolderPair
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.mail.protocols import Changes, MailSource, Since
from tui_migrate.model.journal import FolderRecord

MOST_CHANGES = 10_000
"""New messages that are held in memory as one listing; more are better listed in portions."""


def ask_changes(runs: Sequence[FolderRun], source: MailSource) -> None:
    """Let the source tell what has changed in those of these folders that were complete. Raises MailError."""
    asked = [(run.pair.mapped.source, mark) for run in runs if (mark := since(run.pair)) is not None]
    if asked:
        found = source.changes(asked)
        for run in runs:
            changes = found.get(run.pair.mapped.source.name)
            if changes is not None and not _blurred(run.pair.record, changes):
                run.pair = replace(run.pair, changes=changes)


def since(pair: FolderPair) -> Since | None:
    """Where the last complete walk over a folder ended. None when all of it must be listed: so also when messages were
    left out or copied a moment ago, for of these it is not known whether they are still there."""
    record, marks = pair.record, pair.marks
    before, uidnext, token = record.source_messages, record.source_uidnext, record.source_token
    if not record.complete or marks is None or not marks.token or pair.earlier.skipped or pair.earlier.left_out:
        return None
    if pair.earlier.copied[0] or before is None or not token or record.source_uidvalidity != marks.uidvalidity:
        return None
    come = marks.messages if uidnext is None or marks.uidnext is None else marks.uidnext - uidnext
    few = min(marks.messages, come) <= MOST_CHANGES
    return Since(marks.uidvalidity, uidnext, token, before) if few else None


def _blurred(record: FolderRecord, changes: Changes) -> bool:
    """True when messages have vanished of which some were brought by us and some were not: only a whole listing tells
    which of them are left."""
    messages, adopted = record.source_messages or 0, record.source_adopted
    old = changes.unlisted + len(changes.messages) - changes.new
    return 0 < adopted < messages and old < messages
