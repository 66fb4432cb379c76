"""Failures in a table, one by one or by their causes."""

from __future__ import annotations

from collections.abc import Callable

from tui_migrate.model import Failure
from tui_migrate.model.causes import Cause
from tui_migrate.ui.format import Cell, Tone, count, size, when
from tui_migrate.ui.widgets.table import Column, Table


class FailureTable(Table[Failure]):
    """What failed, and how the server put it. `accounts`: say of which account, where they are of several."""

    def __init__(self, clock: Callable[[], float], *, accounts: bool) -> None:
        columns: list[Column[Failure]] = [
            Column("When", lambda failure, _: Cell(when(failure.last_at, clock()), Tone.QUIET), 6),
            Column("Folder", lambda failure, _: Cell(failure.folder), 14, wide=20),
            Column("Message", _message),
            Column("Size", _size, 6, right=True, least=72),
            Column("Verbatim", lambda failure, _: Cell(failure.server_words or failure.sentence), least=100),
        ]
        if accounts:
            columns.insert(1, Column("Account", lambda failure, _: Cell(failure.account), 20, wide=24))
        super().__init__(columns, lambda failure: failure.id, empty="No failures.", id="failures")


class CauseTable(Table[Cause]):
    """What it was, how often, and how a server put it. `accounts`: in how many accounts, where there are several."""

    def __init__(self, clock: Callable[[], float], *, accounts: bool) -> None:
        columns: list[Column[Cause]] = [
            Column("Last", lambda cause, _: Cell(when(cause.newest.last_at, clock()), Tone.QUIET), 6),
            Column("What", lambda cause, _: Cell(cause.newest.kind, Tone.BAD), 22),
            Column("Times", lambda cause, _: Cell(count(len(cause.failures))), 5, right=True),
            Column("Verbatim", lambda cause, _: Cell(cause.words)),
        ]
        if accounts:
            columns.insert(3, Column("Accounts", lambda cause, _: Cell(count(len(cause.accounts))), 8, right=True))
        super().__init__(columns, lambda cause: cause.key, empty="No failures.", id="failures")


def _size(failure: Failure, width: int) -> Cell:
    return Cell("" if failure.size is None else size(failure.size))


def _message(failure: Failure, width: int) -> Cell:
    return Cell(failure.subject or failure.message_id or (f"UID {failure.uid}" if failure.uid else ""))
