"""Failures in a table, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tui_migrate.model import Failure
from tui_migrate.ui.format import Cell, Tone, when
from tui_migrate.ui.widgets.table import Column, Table


class FailureTable(Table[Failure]):
    """What failed, and how the server put it. `accounts`: say of which account, where they are of several."""

    def __init__(self, clock: Callable[[], float], *, accounts: bool) -> None:
        columns: list[Column[Failure]] = [
            Column("When", lambda failure, _: Cell(when(failure.last_at, clock()), Tone.QUIET), 6),
            Column("What", lambda failure, _: Cell(failure.kind, Tone.BAD), 22),
            Column("Folder", lambda failure, _: Cell(failure.folder), 10, wide=12, least=100 if accounts else 0),
            Column("Subject", _subject, least=100),
            Column("The server's words", lambda failure, _: Cell(failure.server_words or failure.sentence)),
        ]
        if accounts:
            columns.insert(1, Column("Account", lambda failure, _: Cell(failure.account), 16, wide=20))
        super().__init__(columns, lambda failure: failure.id, empty="No failures.", id="failures")


def newest_first(failures: Iterable[Failure]) -> list[Failure]:
    """The failure that was tried last comes first."""
    return sorted(failures, key=lambda failure: (failure.last_at, failure.id), reverse=True)


def _subject(failure: Failure, width: int) -> Cell:
    return Cell(failure.subject or failure.message_id or (f"UID {failure.uid}" if failure.uid else ""))
