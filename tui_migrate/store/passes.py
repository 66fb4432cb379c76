"""The passes over an account, numbered, each with its counts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, case, delete, func, insert, select, update

from tui_migrate.model import AccountState, PassTotals, Wait
from tui_migrate.store.looks.migrations import counts_of
from tui_migrate.store.looks.passes import listing as listing
from tui_migrate.store.schema import COUNT_COLUMNS, account, account_pass

_NUMBERS = (*COUNT_COLUMNS, "bytes_listed", "bytes_copied")


def begin(connection: Connection, account_id: int, at: float) -> None:
    """Note that the pass begins that the account now says it is in."""
    number = select(account.c.pass_number).where(account.c.id == account_id).scalar_subquery()
    mine = (account_pass.c.account_id == account_id, account_pass.c.number == number)
    connection.execute(delete(account_pass).where(*mine))
    connection.execute(insert(account_pass).values(account_id=account_id, number=number, began=at))


def end(connection: Connection, account_id: int, at: float, state: AccountState) -> None:
    """Note how the account's pass has ended; its numbers are the account's."""
    numbers = {name: select(account.c[name]).where(account.c.id == account_id).scalar_subquery() for name in _NUMBERS}
    connection.execute(
        update(account_pass)
        .where(account_pass.c.account_id == account_id, account_pass.c.ended.is_(None))
        .values(ended=at, state=state, **numbers)
    )


def speeds(connection: Connection, migration_ids: Sequence[int], limit: int = 50) -> list[tuple[int, int, float]]:
    """Messages and bytes copied, and in how many seconds, in the latest passes of these migrations that have ended: the
    last one of each account, without the time in which it rested."""
    rows = connection.execute(
        select(account_pass.c.copied, account_pass.c.bytes_copied, account_pass.c.began, account_pass.c.ended)
        .add_columns(account.c.pace)
        .select_from(account_pass.join(account))
        .where(
            account.c.migration_id.in_(migration_ids),
            account_pass.c.number == account.c.pass_number,
            account_pass.c.ended.is_not(None),
            account_pass.c.copied > 0,
        )
        .order_by(account_pass.c.ended.desc())
        .limit(limit)
    )
    return [(row.copied, row.bytes_copied, max(0.0, row.ended - row.began - _rested(row.pace))) for row in rows]


def _rested(pace: str) -> float:
    spent = json.loads(pace)[0] if pace else {}
    return float(sum(spent.get(each, 0.0) for each in (Wait.PAUSED, Wait.BLACKOUT, Wait.THROTTLED)))


def totals(connection: Connection, migration_id: int) -> list[PassTotals]:
    """The passes over the accounts of a migration by their number, the first one first."""
    goes_on = account_pass.c.ended.is_(None)
    numbers = {name: func.sum(case((goes_on, account.c[name]), else_=account_pass.c[name])) for name in _NUMBERS}
    rows = connection.execute(
        select(
            account_pass.c.number,
            func.count().label("accounts"),
            func.min(account_pass.c.began).label("began"),
            func.max(account_pass.c.ended).label("ended"),
            func.sum(case((goes_on, 1), else_=0)).label("open"),
            *(numbers[name].label(name) for name in _NUMBERS),
        )
        .select_from(account_pass.join(account))
        .where(account.c.migration_id == migration_id)
        .group_by(account_pass.c.number)
        .order_by(account_pass.c.number)
    )
    return [
        PassTotals(
            row.number,
            row.accounts,
            row.began,
            None if row.open else row.ended,
            counts_of(row),
            int(row.bytes_copied),
        )
        for row in rows
    ]
