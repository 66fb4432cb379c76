"""Opening the store, transactions, and the one thread that writes for the engine.

Everything that is SQLite's own lives here: pragmas, BEGIN IMMEDIATE, error translation.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tui_migrate.errors import StoreUnusable
from tui_migrate.store.schema import metadata

T = TypeVar("T")

HEAD = "0001"
"""The newest step in `upgrades/versions`."""
BUSY_SECONDS = 30.0


class Database:
    """An open store. Raises StoreUnusable when the file cannot be opened, made or brought up to date."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _create_private(path)
        self._engine = create_engine(
            f"sqlite:///{path}",
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            pool_size=4,
            max_overflow=64,
        )
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)
        with self._translated():
            self._bring_up_to_date()

    def close(self) -> None:
        """Release every connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view. In WAL mode it waits for nobody."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; committed durably (fsync) at the end, or not at all."""
        with self._translated(), self._engine.connect() as connection:
            connection = connection.execution_options(write=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreUnusable(f"The store {self.path} cannot be used: {error.orig}.") from error
        except SQLAlchemyError as error:
            raise StoreUnusable(f"The store {self.path} cannot be used: {error}.") from error

    def _bring_up_to_date(self) -> None:
        with self._engine.connect() as connection, connection.begin():
            version = _version(connection)
        if version == HEAD:
            return
        with self._engine.connect() as connection:
            connection = connection.execution_options(write=True)
            with connection.begin():
                version = _version(connection)  # another process may have been faster
                if version is None:
                    metadata.create_all(connection)
                    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
                    connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": HEAD})
                elif version != HEAD:
                    # Alembic costs a quarter of a second to import: only a store that needs it pays.
                    from tui_migrate.store.upgrades.run import upgrade

                    upgrade(connection)


class Writer:
    """The engine's writing thread: what waits together is committed together, with one fsync (group commit).

    A window's intent must be on disk before its first byte leaves, for every lane at once: with one fsync for all that is
    waiting, twenty lanes on a slow disk cost hardly more than one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[Connection], T]) -> Future[T]:
        """Run `operation` in the next transaction. The future is set after the commit; its callbacks run in this thread."""
        future: Future[T] = Future()
        self._queue.put((operation, future))
        return future

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch = [self._queue.get()]
            while len(batch) < 256:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            running = None not in batch
            work = [item for item in batch if item is not None]
            if work and not self._commit(work):
                for item in work:  # one of them is at fault: alone it harms nobody else
                    self._commit([item], last=True)

    def _commit(self, work: list[tuple[Callable[[Connection], Any], Future[Any]]], last: bool = False) -> bool:
        try:
            with self._database.write() as connection:
                results = [operation(connection) for operation, _ in work]
        except Exception as error:  # outermost loop of the thread: whatever it is belongs to the one who asked
            if last or len(work) == 1:
                work[0][1].set_exception(error)
                return True
            return False
        for (_, future), result in zip(work, results, strict=True):
            future.set_result(result)
        return True


def _create_private(path: Path) -> None:
    """Make the file ours alone (0600) before SQLite opens it; its -wal and -shm take over the mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnusable(f"The store {path} cannot be opened: {error.strerror}.") from error


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin or commit by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
