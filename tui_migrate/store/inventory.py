"""What is in the store, in numbers: for a report of a fault."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from tui_migrate.store.schema import account, folder, metadata, window


def versions(connection: Connection) -> dict[str, str]:
    """The versions of SQLite and of the schema."""
    sqlite = connection.execute(text("SELECT sqlite_version()")).scalar_one()
    schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return {"SQLite": str(sqlite), "schema": str(schema)}


def rows(connection: Connection) -> dict[str, int]:
    """Rows by table."""
    tables = sorted(metadata.tables.items())
    return {name: connection.execute(select(func.count()).select_from(each)).scalar_one() for name, each in tables}


def account_ids(connection: Connection) -> set[int]:
    """The ids of all accounts."""
    return set(connection.execute(select(account.c.id)).scalars())


def folders(connection: Connection, account_id: int) -> list[dict[str, object]]:
    """What the journal says of the folders of an account: their marks, and their windows by what has become of them."""
    numbers = select(folder.c.id, window.c.done, func.count().label("windows"))
    grouped = numbers.join(window).where(folder.c.account_id == account_id).group_by(folder.c.id, window.c.done)
    windows: dict[int, dict[str, int]] = {}
    for row in connection.execute(grouped):
        windows.setdefault(row.id, {})[_FATES.get(row.done, str(row.done))] = row.windows
    found = connection.execute(select(folder).where(folder.c.account_id == account_id).order_by(folder.c.id))
    return [
        {name: value for name, value in row._mapping.items() if not isinstance(value, bytes) and name != "account_id"}
        | {"windows": windows.get(row.id, {})}
        for row in found
    ]


_FATES = {0: "in doubt or on their way", 1: "arrived", 2: "arrived twice"}


def passwords_of_their_own(connection: Connection, account_id: int) -> bool:
    """True when the destination has a password of its own."""
    stored = select(account.c.destination_secret).where(account.c.id == account_id)
    return connection.execute(stored).scalar_one() is not None
