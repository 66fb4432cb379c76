"""The open failures of a migration, the newest first."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from tui_migrate.model import Failure, Migration
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, when
from tui_migrate.ui.screens.failure import FailureScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.table import Column, Table


def _subject(failure: Failure, width: int) -> Cell:
    return Cell(failure.subject or failure.message_id or (f"UID {failure.uid}" if failure.uid else ""))


def failure_table(room: Room[object], *, account: bool, id: str | None = None) -> Table[Failure]:  # noqa: A002
    """A table of failures; with the account where they are of several."""
    columns: list[Column[Failure]] = [
        Column("When", lambda failure, _: Cell(when(failure.last_at, room.clock()), Tone.QUIET), 8, right=True),
        Column("What", lambda failure, _: Cell(failure.kind, Tone.BAD), 20, wide=24),
        Column("Folder", lambda failure, _: Cell(failure.folder), 10, wide=16),
        Column("Subject", _subject, least=100),
        Column("The server's words", lambda failure, _: Cell(failure.server_words or failure.sentence)),
    ]
    if account:
        columns.insert(1, Column("Account", lambda failure, _: Cell(failure.account), 16, wide=24))
    return Table(columns, lambda failure: failure.id, empty="No failures.", id=id)
