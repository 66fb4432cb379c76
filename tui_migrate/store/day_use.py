"""What accounts have read and written lately, by the hour: a daily budget must outlive the engine."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, literal, select, update

from tui_migrate.model.day_use import HourUse
from tui_migrate.store.schema import account, day_use

KEPT_HOURS = 25


def add(connection: Connection, account_id: int, use: Iterable[HourUse]) -> None:
    """Add to what was used. What is too old to count is forgotten."""
    mine = day_use.c.account_id == account_id
    for each in use:
        changed = connection.execute(
            update(day_use)
            .where(mine, day_use.c.hour == each.hour)
            .values(read=day_use.c.read + each.read, written=day_use.c.written + each.written)
        )
        if not changed.rowcount:
            # An account that was deleted a moment ago has nothing to be remembered.
            row = select(account.c.id, literal(each.hour), literal(each.read), literal(each.written))
            columns = ["account_id", "hour", "read", "written"]
            connection.execute(insert(day_use).from_select(columns, row.where(account.c.id == account_id)))
            connection.execute(delete(day_use).where(mine, day_use.c.hour < each.hour - KEPT_HOURS))


def of_account(connection: Connection, account_id: int) -> list[HourUse]:
    """What an account has used, the oldest hour first."""
    rows = connection.execute(select(day_use).where(day_use.c.account_id == account_id).order_by(day_use.c.hour))
    return [HourUse(row.hour, row.read, row.written) for row in rows]
