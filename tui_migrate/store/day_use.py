"""What accounts have read and written lately, by the hour: a daily budget must outlive the engine."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Insert, Update, bindparam, delete, insert, select, update

from tui_migrate.model.day_use import HourUse
from tui_migrate.store.schema import account, day_use
from tui_migrate.store.statement import OF, Statement

KEPT_HOURS = 25


def _more() -> Update:
    mine = (day_use.c.account_id == OF) & (day_use.c.hour == bindparam("at"))
    read, written = day_use.c.read + bindparam("and_read"), day_use.c.written + bindparam("and_written")
    return update(day_use).where(mine).values(read=read, written=written)


def _first() -> Insert:
    """An account that was deleted a moment ago has nothing to be remembered."""
    row = select(account.c.id, *map(bindparam, ("at", "and_read", "and_written"))).where(account.c.id == OF)
    return insert(day_use).from_select(["account_id", "hour", "read", "written"], row)


_MORE = Statement(_more)
_FIRST = Statement(_first)
_FORGET = Statement(lambda: delete(day_use).where(day_use.c.account_id == OF, day_use.c.hour < bindparam("at")))


def add(connection: Connection, account_id: int, use: Iterable[HourUse]) -> None:
    """Add to what was used. What is too old to count is forgotten."""
    for each in use:
        values = {"at": each.hour, "and_read": each.read, "and_written": each.written}
        if not _MORE.run(connection, of=account_id, **values):
            _FIRST.run(connection, of=account_id, **values)
            _FORGET.run(connection, of=account_id, at=each.hour - KEPT_HOURS)


def of_account(connection: Connection, account_id: int) -> list[HourUse]:
    """What an account has used, the oldest hour first."""
    rows = connection.execute(select(day_use).where(day_use.c.account_id == account_id).order_by(day_use.c.hour))
    return [HourUse(row.hour, row.read, row.written) for row in rows]
