"""The passes over an account, numbered, each with its counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, case, delete, func, insert, select, update

from tui_migrate.model import AccountState, PassTotals, Wait
from tui_migrate.store.looks.migrations import counts_of
from tui_migrate.store.looks.passes import listing as listing
from tui_migrate.store.schema import COUNT_COLUMNS, account, account_pass
from tui_migrate.store.statement import OF, Statement

_NUMBERS = (*COUNT_COLUMNS, "bytes_listed", "bytes_copied")


def _present(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    return select(column).where(account.c.id == OF).scalar_subquery()


_FORGET = Statement(
    lambda: delete(account_pass).where(
        account_pass.c.account_id == OF, account_pass.c.number == _present(account.c.pass_number)
    )
)
_BEGIN = Statement(lambda: insert(account_pass).values(number=_present(account.c.pass_number)))
_END = Statement(
    lambda: (
        update(account_pass)
        .where(account_pass.c.account_id == OF, account_pass.c.ended.is_(None))
        .values({name: _present(account.c[name]) for name in _NUMBERS})
    )
)


def begin(connection: Connection, account_id: int, at: float) -> None:
    """Note that the pass begins that the account now says it is in."""
    _FORGET.run(connection, of=account_id)
    _BEGIN.run(connection, of=account_id, account_id=account_id, began=at)


def end(connection: Connection, account_id: int, at: float, state: AccountState) -> None:
    """Note how the account's pass has ended; its numbers are the account's."""
    _END.run(connection, of=account_id, ended=at, state=state)


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
