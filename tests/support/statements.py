"""SQL statements that are compiled once for all stores of a process: half of what a short run costs is compiling them.
The tables of a new store are among them.

The program opens one store in its life, and the tests open thousands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.util import LRUCache

from tui_migrate.store import database

_COMPILED: LRUCache[Any, Any] = LRUCache(2000)
_DIALECTS: list[Any] = []
"""One, once there is one: what is compiled is known by it."""
_TABLES: list[str] = []
"""What SQLite was told to make the first store of the process."""
_create = database._create


def share_statements() -> None:
    """From now on, of this process and of those that it forks."""
    database.create_engine = _engine  # type: ignore[attr-defined]
    database._create = _create_again


def _engine(*arguments: Any, **options: Any) -> Any:
    made = create_engine(*arguments, **options)
    _DIALECTS.append(made.dialect)
    made.dialect = _DIALECTS[0]
    made._compiled_cache = _COMPILED
    return made


def _create_again(connection: Connection) -> None:
    """As the store was made that the program itself has made first."""
    if not _TABLES:
        _create(connection)
        made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
        _TABLES.extend(connection.exec_driver_sql(made).scalars())
        return
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (database.HEAD,))
