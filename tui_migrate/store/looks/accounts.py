"""Accounts with their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from tui_migrate.model import HELD_STATES, Account, AccountLine, AccountState, Moved, Wanted
from tui_migrate.store.looks.migrations import counts_of
from tui_migrate.store.looks.reading import AT_ONCE, Reading, marks, rows, tuples
from tui_migrate.uidset import chunks

_IN_ORDER = attrgetter("priority", "position")
_LINES = f"SELECT {', '.join(AccountLine._fields)} FROM account WHERE migration_id = ?"
_URGENT = (
    (AccountState.COPYING, AccountState.CHECKING),
    (AccountState.FAILED, AccountState.DONE_WITH_FAILURES),
    (AccountState.PAUSED, AccountState.THROTTLED, *HELD_STATES),
    (AccountState.WAITING,),
    (AccountState.DONE,),
)
# By what is wanted, too, whatever it is: the index that knows states begins with it.
_FIRST = f"""\
SELECT id FROM account WHERE migration_id = ? AND wanted IN ({marks(len(Wanted))}) AND state IN ({{states}})
ORDER BY priority, position LIMIT ?"""


def several(connection: Reading, account_ids: Sequence[int]) -> list[Account]:
    """Those of these accounts that there are, in the order in which they run."""
    found = [
        account_of(row)
        for some in chunks(account_ids, AT_ONCE)
        for row in rows(connection, f"SELECT * FROM account WHERE id IN ({marks(len(some))})", *some)
    ]
    return sorted(found, key=_IN_ORDER)


def listing(connection: Reading, migration_id: int) -> list[Account]:
    """The accounts of a migration in the order in which they run."""
    mine = "SELECT * FROM account WHERE migration_id = ? ORDER BY priority, position"
    return [account_of(row) for row in rows(connection, mine, migration_id)]


def lines(connection: Reading, migration_id: int, most: int | None = None) -> list[AccountLine]:
    """The accounts of a migration in the order in which they run, in a few words each. `most`: of more only so many."""
    if most is not None:
        first_ones = f"{_LINES} ORDER BY priority, position LIMIT ?"
        return [*map(AccountLine._make, tuples(connection, first_ones, migration_id, most))]
    return sorted(map(AccountLine._make, tuples(connection, _LINES, migration_id)), key=_IN_ORDER)


def number(connection: Reading, migration_id: int) -> int:
    """How many accounts a migration has."""
    ((found,),) = tuples(connection, "SELECT count(*) FROM account WHERE migration_id = ?", migration_id)
    return int(found)


def first(connection: Reading, migration_id: int, most: int) -> list[Account]:
    """Accounts of a migration, `most` of them: those that an admin would ask for first."""
    ids: list[int] = []
    for states in _URGENT:
        statement = _FIRST.format(states=marks(len(states)))
        found = tuples(connection, statement, migration_id, *Wanted, *states, most - len(ids))
        ids += [account_id for (account_id,) in found]
    known = {each.id: each for each in several(connection, ids)}
    return [known[each] for each in ids]


def account_of(row: Any) -> Account:
    """The account that a row holds."""
    return Account(
        id=row.id,
        migration_id=row.migration_id,
        source_user=row.source_user,
        destination_user=row.destination_user,
        priority=row.priority,
        position=row.position,
        excluded_folders=tuple(json.loads(row.excluded_folders)) if row.excluded_folders != "[]" else (),
        wanted=Wanted(row.wanted),
        state=AccountState(row.state),
        detail=row.detail,
        server_words=row.server_words,
        pass_number=row.pass_number,
        counts=counts_of(row),
        bytes_listed=row.bytes_listed,
        bytes_copied=row.bytes_copied,
        rate_messages=row.rate_messages,
        rate_bytes=row.rate_bytes,
        started_at=row.started_at,
        finished_at=row.finished_at,
        notify=row.notify,
        path=row.path,
        moved=Moved(row.moved_messages, row.moved_bytes),
        traced=bool(row.traced),
    )
