"""Reading by SQL as text: connections that only look, and their rows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

from tui_migrate.errors import StoreUnusable
from tui_migrate.store.looks.file import BUSY_SECONDS

if TYPE_CHECKING:
    from sqlalchemy import Connection

Look: TypeAlias = sqlite3.Connection
Reading: TypeAlias = "Look | Connection"
"""What can be read from: a look, or a transaction of SQLAlchemy's."""

AT_ONCE = 500
"""Values in one `IN (...)`: older SQLite takes 999 in a statement."""
COUNT_COLUMNS = ("listed", "copied", "brought", "there", "excluded", "gone", "failed")
"""Of a `Counts`."""


class Looks:
    """The looks into a store, side by side by whatever threads. Nothing can be written in one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[Look] = []

    @contextmanager
    def look(self) -> Iterator[Look]:
        """A consistent view. In WAL mode it waits for nobody. Raises StoreUnusable."""
        try:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            connection = connection or self._connect()
            try:
                connection.execute("BEGIN").close()
                yield connection
                connection.execute("COMMIT").close()
            except BaseException:
                connection.close()
                raise
            with self._lock:
                self._idle.append(connection)
        except sqlite3.Error as error:
            raise StoreUnusable(f"The store {self._path} cannot be used: {error}.") from error

    def _connect(self) -> Look:
        connection = sqlite3.connect(self._path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON").close()
        return connection

    def close(self) -> None:
        """Release every connection that is not in use."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()


def each_row(connection: Reading, sql: str, *values: object) -> Iterator[Any]:
    """The rows of a query, read one by one, their columns as attributes. `values` are those of its question marks."""
    if not isinstance(connection, sqlite3.Connection):
        yield from connection.exec_driver_sql(sql, values)
        return
    with closing(connection.execute(sql, values)) as cursor:
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield SimpleNamespace(**dict(zip(names, row, strict=True)))


def rows(connection: Reading, sql: str, *values: object) -> list[Any]:
    """The rows of a query, their columns as attributes."""
    return [*each_row(connection, sql, *values)]


def tuples(connection: Reading, sql: str, *values: object) -> Iterable[Sequence[Any]]:
    """The rows of a query as they come, for those that are many."""
    if not isinstance(connection, sqlite3.Connection):
        return connection.exec_driver_sql(sql, values).all()
    return connection.execute(sql, values).fetchall()


def marks(number: int) -> str:
    """What stands in the parentheses of an `IN (...)` of so many values."""
    return ", ".join("?" * number)


def of(migration_id: int | None, account_id: int | None) -> tuple[str, list[int]]:
    """The condition that a row is of this migration and this account, as far as they are asked for, and its values."""
    asked = (("account.migration_id", migration_id), ("account.id", account_id))
    found = [(column, value) for column, value in asked if value is not None]
    return " ".join(f"AND {column} = ?" for column, _ in found), [value for _, value in found]
