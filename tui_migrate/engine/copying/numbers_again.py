"""The numbers of source folders that have contradicted themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui_migrate.engine.choosing.mapping import Mapped
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import MailSource
from tui_migrate.model.journal import FolderRecord


def numbered_again(
    records: Sequence[tuple[Mapped, FolderRecord]], contradictions: Mapping[int, Sequence[int]], source: MailSource
) -> list[tuple[Mapped, FolderRecord]]:
    """Source folders that had two UIDVALIDITYs (`contradictions`, those of opening, by the records' ids) have the one
    that STATUS gives for each alone; where that is not right either, the one that they were opened with. Raises
    MailError."""
    again = []
    for mapped, record in records:
        seen, status = contradictions.get(record.id, ()), mapped.source.status
        if seen:
            name = mapped.source.name
            if status is None or len(seen) == 1:
                status = source.look().numbers([name])[name]
            else:
                status = FolderStatus(status.messages, None, seen[-1])
            mapped = replace(mapped, source=replace(mapped.source, status=status))
        again.append((mapped, record))
    return again
