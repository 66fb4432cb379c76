"""Messages of which nobody knows whether they have arrived, and those that have arrived twice because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from tui_migrate.errors import ArrivedTwice
from tui_migrate.model.journal import Entry, Window
from tui_migrate.store import journal
from tui_migrate.store.schema import failure, folder, window
from tui_migrate.store.statement import OF, Statement
from tui_migrate.uidset import parse_uids

TWINS = 2
"""In the place of `done`: a row of second copies, under their UIDs. No other query asks for it."""


_ADD = Statement(lambda: insert(window))
_TWINS = Statement(
    lambda: (
        select(window.c.folder_id, window.c.destination_uids)
        .select_from(window.join(folder))
        .where(folder.c.account_id == OF, window.c.done == TWINS)
    )
)


def settle(
    connection: Connection, folder_id: int, found: Window, arrived: Sequence[Entry], open_: Sequence[Entry]
) -> None:
    """Put on record which messages of an open window have arrived; the others stay in doubt, in a window with its
    mark."""
    journal.close_window(connection, found.id, arrived)
    if open_:
        values = {"low_uid": found.low_uid, "opened_at": found.opened_at, "pass_number": found.pass_number}
        _ADD.run(connection, folder_id=folder_id, done=0, **values, **journal.values_of(open_))


def add_twins(connection: Connection, folder_id: int, twins: Sequence[Entry]) -> None:
    """Put second copies on record."""
    values = {"done": TWINS, "low_uid": 1, "opened_at": 0, "pass_number": 0, **journal.values_of(twins)}
    _ADD.run(connection, folder_id=folder_id, **values)


def twins(connection: Connection, account_id: int) -> Mapping[int, Sequence[int]]:
    """Destination UIDs of second copies, by folder id."""
    found: dict[int, list[int]] = {}
    for folder_id, uids in _TWINS.rows(connection, of=account_id):
        found.setdefault(folder_id, []).extend(parse_uids(uids))
    return found


def forget_twins(connection: Connection, folder_id: int) -> None:
    """Forget second copies: none of them is there any more."""
    connection.execute(delete(window).where(window.c.folder_id == folder_id, window.c.done == TWINS))
    connection.execute(delete(failure).where(failure.c.folder_id == folder_id, failure.c.kind == ArrivedTwice.kind))
