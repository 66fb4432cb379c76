"""Quick looks across all migrations, however many accounts they have."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from tui_migrate.store.schema import account, migration


def migrations_named(connection: Connection, text: str, limit: int) -> list[int]:
    """Ids of migrations with this in their title, the first `limit`."""
    found = select(migration.c.id).where(migration.c.title.icontains(text, autoescape=True))
    return list(connection.execute(found.order_by(migration.c.id).limit(limit)).scalars())


def accounts_named(connection: Connection, text: str, limit: int) -> list[int]:
    """Ids of accounts with this in the name of a user, the first `limit`."""
    names = (account.c.source_user, account.c.destination_user)
    found = select(account.c.id).where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    return list(connection.execute(found.order_by(account.c.id).limit(limit)).scalars())
