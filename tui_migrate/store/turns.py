"""What the engine asks twice a second: how many accounts are in which state, who runs, who is next.

What that costs depends on how many accounts run and can start, and hardly on how many there are: all are only counted,
in an index.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, func, literal_column, or_, select, tuple_, update

from tui_migrate.model import ENDED_STATES, AccountState, Wanted
from tui_migrate.model.wishes import Standing, Wish
from tui_migrate.store.schema import AT_ONCE, account, last_check, migration
from tui_migrate.store.statement import Statement, literals
from tui_migrate.uidset import chunks

_ORDER = (account.c.priority, account.c.migration_id, account.c.position)
_WISHES = select(
    account.c.id,
    account.c.migration_id,
    account.c.state,
    account.c.detail,
    account.c.wanted,
    account.c.asked,
    account.c.proven_for,
    account.c.destination_user,
    account.c.priority,
    account.c.position,
    migration.c.wanted.label("migration_wanted"),
).select_from(account.join(migration))
_UNPROVEN = account.c.proven_for == literal_column("''")
"""Spelled as in the condition of its index, which is used for nothing else."""


def _standings() -> Select[Any]:
    group = (account.c.migration_id, account.c.wanted, account.c.state)
    later = func.sum(case((account.c.due_at > bindparam("now"), 1), else_=0))
    return select(*group, func.count(), later).group_by(*group)


def _refused() -> Select[Any]:
    held = select(last_check.c.account_id).where(last_check.c.refusal != literal_column("''"))
    return (
        select(account.c.id, account.c.migration_id)
        .select_from(account.join(migration))
        .where(account.c.id.in_(held), account.c.wanted == Wanted.RUN, migration.c.wanted == Wanted.RUN)
        .where(account.c.state.not_in(literals(ENDED_STATES)))
        .order_by(*_ORDER)
    )


_STANDINGS = Statement(_standings)
_REFUSED = Statement(_refused)
_TRACED = Statement(
    lambda: (
        select(account.c.id, account.c.migration_id)
        .select_from(account.join(migration))
        .where(account.c.traced == literal_column("1"), migration.c.wanted != Wanted.IDLE)
    )
)


def standings(connection: Connection, now: float) -> list[Standing]:
    """How many accounts each migration has in each state, by what is wanted of them. `now`: by the engine's steady
    clock."""
    return [
        Standing(migration_id, Wanted(wanted), AccountState(state), accounts, int(waits))
        for migration_id, wanted, state, accounts, waits in _STANDINGS.rows(connection, now=now)
    ]


def of_accounts(connection: Connection, account_ids: Collection[int]) -> list[Wish]:
    """What is wanted of these accounts, in the order in which they run; without those of migrations that were never
    started."""
    started = migration.c.wanted != Wanted.IDLE
    found = [
        _wish(row)
        for some in chunks([*account_ids], AT_ONCE)
        for row in connection.execute(_WISHES.where(account.c.id.in_(some), started))
    ]
    return sorted(found, key=lambda wish: wish.turn)


def waiting(
    connection: Connection,
    migration_id: int,
    now: float,
    limit: int,
    *,
    unproven: bool = False,
    after: Wish | None = None,
) -> list[Wish]:
    """The accounts of a migration that could start, the first `limit` of them in their order; behind `after`, where it
    is given. `unproven`: of those whose logins were never accepted."""
    mine = _WISHES.where(
        account.c.migration_id == migration_id,
        account.c.wanted == Wanted.RUN,
        account.c.state == AccountState.WAITING,
        migration.c.wanted == Wanted.RUN,
        or_(account.c.due_at.is_(None), account.c.due_at <= now),
    )
    if unproven:
        mine = mine.where(_UNPROVEN)
    if after is not None:
        priority, _, position = after.turn
        mine = mine.where(tuple_(account.c.priority, account.c.position) > (priority, position))
    rows = connection.execute(mine.order_by(account.c.priority, account.c.position).limit(limit))
    return [_wish(row) for row in rows]


def rested(connection: Connection, migration_id: int, now: float) -> list[int]:
    """The accounts of a migration that were throttled until a time that has come."""
    over = or_(account.c.due_at.is_(None), account.c.due_at <= now)
    runs = (account.c.wanted == Wanted.RUN, migration.c.wanted == Wanted.RUN)
    mine = (account.c.migration_id == migration_id, account.c.state == AccountState.THROTTLED)
    rows = connection.execute(select(account.c.id).select_from(account.join(migration)).where(*mine, *runs, over))
    return [*rows.scalars()]


def rest(connection: Connection, those: Standing, state: AccountState, detail: str) -> None:
    """Set state and sentence of all accounts of one standing that are still in it. When they are due stays."""
    connection.execute(
        update(account)
        .where(
            account.c.migration_id == those.migration_id,
            account.c.wanted == those.wanted,
            account.c.state == those.state,
            or_(account.c.state != state, account.c.detail != detail),
        )
        .values(state=state, detail=detail, server_words="", rate_messages=0, rate_bytes=0)
    )


def refused(connection: Connection) -> dict[int, int]:
    """The accounts that would start and may not: their check has found something that nobody has waived. Their
    migrations, by account."""
    return dict(_REFUSED.rows(connection))


def traced(connection: Connection) -> dict[int, int]:
    """The accounts whose connections are to be traced: their migrations, by account."""
    return dict(_TRACED.rows(connection))


def _wish(row: Any) -> Wish:
    return Wish(
        row.id,
        row.migration_id,
        AccountState(row.state),
        row.detail,
        runs=row.wanted == row.migration_wanted == Wanted.RUN,
        asked=row.asked,
        proven=bool(row.proven_for),
        destination_user=row.destination_user,
        turn=(row.priority, row.migration_id, row.position),
    )
