"""Opening the store, transactions, and the one thread that writes for the engine.

Everything that is SQLite's own lives here: pragmas, BEGIN IMMEDIATE, error translation.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Dialect, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from tui_migrate.errors import NotFound, NotStorable, StoreUnusable
from tui_migrate.model.figures import size
from tui_migrate.store.looks.file import BUSY_SECONDS, create_private, octets
from tui_migrate.store.looks.file import HEAD as HEAD
from tui_migrate.store.schema import metadata

T = TypeVar("T")

Transaction = Connection
"""What the queries of this floor are given, for those who pass them on and have no business with SQL."""

_OF_A_VALUE = ("DataError", "IntegrityError", "InterfaceError", "NotSupportedError", "ProgrammingError")
"""The errors of any driver that say that it is not the store that is at fault."""
GROUP = 256
"""Operations that are committed together at most."""


def _nobody() -> int | None:
    return None


class Database:
    """An open store. Raises StoreUnusable when the file cannot be opened, made or brought up to date.

    An older store is brought up to date when it has been backed up beside itself, and when no engine works on it:
    `engine` tells the process id of one, 0 where it does not know it, None when there is none; `key_file` opens the
    passwords of a store that is to be brought up to date.
    """

    def __init__(self, path: Path, engine: Callable[[], int | None] = _nobody, key_file: Path | None = None) -> None:
        self.path = path
        self._key_file = key_file
        self.upgraded = ""
        """Where the store lies as it was, as a sentence, when this opening has brought it up to date."""
        create_private(path)
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            pool_size=4,
            max_overflow=64,
            hide_parameters=True,  # they would stand in the text of errors, and so in logs
        )
        event.listen(self._engine, "connect", _on_connect)
        with ExitStack() as stack:
            stack.callback(self.close)
            with self._translated():
                self._bring_up_to_date(engine)
            stack.pop_all()

    def close(self) -> None:
        """Release every connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view. In WAL mode it waits for nobody."""
        with self._translated(), self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; committed durably (fsync) at the end, or not at all.

        Raises NotFound when it writes something that belongs to a migration,
        account or folder that is gone."""
        with self._translated(), self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            _begin(connection, begin)
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The driver's errors, as SQLAlchemy hands them on or from a `Statement`, in our words."""
        driver = self._engine.dialect.loaded_dbapi
        try:
            yield
        except (DBAPIError, driver.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
                raise NotFound("The migration, account or folder that this belongs to has been deleted.") from error
            if isinstance(cause, tuple(getattr(driver, name) for name in _OF_A_VALUE)):
                raise NotStorable(f"The store does not accept this value: {cause}.") from error
            raise StoreUnusable(f"The store {self.path} cannot be used: {cause}.") from error
        except SQLAlchemyError as error:
            raise StoreUnusable(f"The store {self.path} cannot be used: {error}.") from error

    @property
    def octets(self) -> int:
        """What the store takes on its disk, with what waits to be taken into it."""
        return octets(self.path)

    def compact(self) -> None:
        """Give back what deleted rows have left behind: the store is written anew, beside itself, and taken over as a
        whole or not at all (SQLite's VACUUM). Nobody may write meanwhile. Where somebody still reads it, the file gets
        smaller when he has ended. Raises StoreUnusable, also where the disk has no room for it."""
        with self._translated(), self._engine.connect() as connection:
            connection.detach()  # VACUUM needs to be outside a transaction; the connection is not used again
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            needed, free = 2 * self.octets, shutil.disk_usage(self.path.parent).free
            if free < needed:
                raise StoreUnusable(
                    f"To compact the store {self.path} its disk must have {size(needed)} free, twice its size for a "
                    f"while, and has {size(free)}."
                )
            # What is written on the way holds addresses: beside the store, where nobody else can look.
            os.environ["SQLITE_TMPDIR"] = str(self.path.parent)
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def confirm_version(self) -> None:
        """Raises StoreUnusable when another program has upgraded the store since it was opened: one that works on would
        write what the newer one takes for something else."""
        with self.read() as connection:
            version = _version(connection)
        if version != HEAD:
            raise StoreUnusable(
                f"The store {self.path} has been upgraded by a newer tui-migrate meanwhile (its version is {version}, "
                f"this program knows {HEAD}). Use that newer tui-migrate."
            )

    def _bring_up_to_date(self, engine: Callable[[], int | None]) -> None:
        with self._transaction("BEGIN") as connection:
            version = _version(connection)
        if version == HEAD:
            return
        with self._engine.connect() as connection:
            # An upgrade may rebuild a table, and dropping the old one must not cascade into those that refer to it.
            # SQLite takes this pragma outside a transaction only; the connection is not used again.
            connection.detach()
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                _begin(connection, "BEGIN IMMEDIATE")
                version = _version(connection)  # another process may have been faster
                if version is None:
                    _create(connection)
                elif version != HEAD:
                    # Alembic costs a quarter of a second to import: only a store that needs it pays.
                    from tui_migrate.store.upgrades.run import bring_up

                    self.upgraded = bring_up(connection, self.path, (version, HEAD), engine, self._key_file)


class Writer:
    """The engine's writing thread: what waits together is committed together, with one fsync (group commit).

    A window's intent must be on disk before its first byte leaves, for every lane at once: with one fsync for all that
    waits, twenty lanes on a slow disk cost hardly more than one.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._queue: queue.SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[Connection], T]) -> Future[T]:
        """Run `operation` in the next transaction. The future is set after the commit;
        its callbacks run in this thread.

        When an operation that shares its transaction fails, `operation` is called again: it must do nothing but
        write. What is cancelled before its turn is not written. Raises StoreUnusable after `close`.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreUnusable(f"The store {self.database.path} is closed.")
            self._queue.put((operation, future))
        return future

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < GROUP:
                    batch.append(self._queue.get_nowait())
            running = None not in batch
            # A future that is marked as running can no longer be cancelled, so that setting its result cannot fail.
            work = [item for item in batch if item is not None and item[1].set_running_or_notify_cancel()]
            if work and not self._commit(work):
                for item in work:  # one of them is at fault: alone it harms nobody else
                    self._commit([item])

    def _commit(self, work: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> bool:
        """True when every future of `work` is set. False: nothing was written, and it is to be tried one by one."""
        try:
            with self.database.write() as connection:
                results = [operation(connection) for operation, _ in work]
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the one who asked, not to this thread
            if len(work) > 1:
                return False
            work[0][1].set_exception(error)
            return True
        for (_, future), result in zip(work, results, strict=True):
            future.set_result(result)
        return True


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin or commit by itself
    try:
        _into_wal_mode(connection)
        connection.execute("PRAGMA synchronous = FULL").close()
        connection.execute("PRAGMA foreign_keys = ON").close()
    except sqlite3.Error:
        connection.close()
        raise


def _into_wal_mode(connection: sqlite3.Connection) -> None:
    """A new file must be nobody else's for the moment of the change, and for that SQLite does not wait by itself."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _begin(connection: Connection, how: str) -> None:
    """By the driver itself: SQLAlchemy's way to it takes ten times as long, and there is one for each look."""
    connection.connection.cursor().execute(how)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


@lru_cache(maxsize=1)
def _schema(dialect: Dialect) -> list[str]:
    """The statements that make all tables and indexes."""
    tables = metadata.sorted_tables
    indexes = [index for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))]
    made: list[ExecutableDDLElement] = [*map(CreateTable, tables), *map(CreateIndex, indexes)]
    return [str(each.compile(dialect=dialect)) for each in made]


def _create(connection: Connection) -> None:
    """The tables of a new store, and Alembic's own as Alembic would make it."""
    for each in _schema(connection.dialect):
        connection.exec_driver_sql(each)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
