"""Queries on folder rules: the admin's own word on where a folder goes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select

from tui_migrate.model import FolderRule
from tui_migrate.store.schema import account, folder_rule
from tui_migrate.store.statement import OF, Statement


def _listing() -> Select[Any]:
    mine = or_(folder_rule.c.account_id.is_(None), folder_rule.c.account_id == bindparam("account_id"))
    return (
        select(folder_rule.c.source, folder_rule.c.target, folder_rule.c.account_id)
        .where(folder_rule.c.migration_id == OF, mine)
        .order_by(folder_rule.c.account_id.is_not(None), folder_rule.c.id)
    )


_LISTING = Statement(_listing)


def listing(connection: Connection, migration_id: int, account_id: int | None = None) -> list[FolderRule]:
    """The rules of a migration, and behind them those of one account in it: the last one for a folder holds."""
    return [FolderRule(*row) for row in _LISTING.rows(connection, of=migration_id, account_id=account_id)]


def of_accounts(connection: Connection, migration_id: int) -> dict[str, list[FolderRule]]:
    """The rules of single accounts, by source user."""
    rows = connection.execute(
        select(folder_rule, account.c.source_user)
        .select_from(folder_rule.join(account, folder_rule.c.account_id == account.c.id))
        .where(folder_rule.c.migration_id == migration_id)
        .order_by(account.c.position, folder_rule.c.id)
    )
    found: dict[str, list[FolderRule]] = {}
    for row in rows:
        found.setdefault(row.source_user, []).append(FolderRule(row.source, row.target, row.account_id))
    return found


def put(connection: Connection, migration_id: int, rule: FolderRule) -> None:
    """Set a rule, in the place of an earlier one for the same folder."""
    remove(connection, migration_id, rule.source, rule.account_id)
    connection.execute(
        insert(folder_rule).values(
            migration_id=migration_id, account_id=rule.account_id, source=rule.source, target=rule.target
        )
    )


def remove(connection: Connection, migration_id: int, source: str, account_id: int | None) -> bool:
    """Take a rule back: the folder goes where it goes by itself. False when there was none."""
    owner = folder_rule.c.account_id.is_(None) if account_id is None else folder_rule.c.account_id == account_id
    result = connection.execute(
        delete(folder_rule).where(folder_rule.c.migration_id == migration_id, folder_rule.c.source == source, owner)
    )
    return result.rowcount > 0
