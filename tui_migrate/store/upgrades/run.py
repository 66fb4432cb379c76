"""Brings a store up to date. Imported only when one needs it: importing Alembic takes longer than opening a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from json import JSONDecodeError
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tui_migrate.errors import StoreUnusable
from tui_migrate.store import events
from tui_migrate.store.backup import back_up

STEPS = Path(__file__).parent


def bring_up(
    connection: Connection,
    path: Path,
    versions: tuple[str, str],
    engine: Callable[[], int | None],
    key_file: Path | None = None,
) -> str:
    """Bring the store at `path` from the first of these versions to the second, and say where it lies as it was.

    In the transaction of `connection`, which keeps all others from writing while the store is backed up. Raises
    StoreUnusable when the store is newer than this program, when its engine is at work, when there is no room for the
    backup, and when records would be lost.
    """
    older, head = versions
    _refuse_newer(connection)
    if (pid := engine()) is not None:
        raise StoreUnusable(
            f"The store {path} is of an older version ({older}), and its engine (process {pid or 'unknown'}) is at "
            "work: end it with tui-migrate stop, which finishes what is in flight, and do this again."
        )
    lies = _backed_up(connection, path, versions)
    try:
        upgrade(connection, key_file)
    except JSONDecodeError as error:
        raise StoreUnusable(
            f"The store {path} has something in it that no version has written, and was left as it was. Its upgrade "
            f"cannot read it: {error}."
        ) from error
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreUnusable(f"The upgrade of {path} would lose records. It was left as it was.")
    events.add(connection, "tui-migrate", f"upgraded the store from version {older} to {head}; as it was: {lies}")
    return f"The store was upgraded from version {older} to {head}. As it was it lies in {lies}."


def _refuse_newer(connection: Connection) -> None:
    known = {step.revision for step in ScriptDirectory.from_config(configuration()).walk_revisions()}
    versions = MigrationContext.configure(connection).get_current_heads()
    if unknown := set(versions) - known:
        raise StoreUnusable(
            f"The store was made by a newer tui-migrate (its version is {', '.join(sorted(unknown))}, "
            f"this program knows {max(known)}). Use that newer tui-migrate, or name another folder with --data-dir."
        )


def _backed_up(connection: Connection, path: Path, versions: tuple[str, str]) -> Path:
    older, head = versions
    target = path.with_stem(f"{path.stem}-{older}-before-{head}")
    try:
        with connection.engine.connect() as reader:  # what `connection` has begun is not in what another one sees
            driver = reader.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return back_up(driver, target)
    except (OSError, sqlite3.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise StoreUnusable(
            f"The store {path} is of an older version ({older}) and was left as it is, because it could not be backed "
            f"up as {target}: {reason}."
        ) from error


def upgrade(connection: Connection, key_file: Path | None = None) -> None:
    """Take all steps that the store has not seen, on this connection and in its transaction, with the record of it.

    So a store is upgraded whole or not at all. `key_file` opens its passwords, for a step that seals them anew.
    """
    config = configuration()
    config.attributes["key_file"] = key_file
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configuration() -> Config:
    """Alembic's settings, which other programs keep in an alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    return config
