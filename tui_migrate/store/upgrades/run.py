"""Brings a store up to date. Imported only when one needs it: importing Alembic takes longer than opening a store."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tui_migrate.errors import StoreUnusable

STEPS = Path(__file__).parent


def upgrade(connection: Connection) -> None:
    """Take all steps that the store has not seen, on this connection and in its transaction, with the record of it.

    So a store is upgraded whole or not at all. Raises StoreUnusable when the store is newer than this program.
    """
    config = configuration()
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    versions = MigrationContext.configure(connection).get_current_heads()
    if unknown := set(versions) - known:
        raise StoreUnusable(
            f"The store was made by a newer tui-migrate (its version is {', '.join(sorted(unknown))}, "
            f"this program knows {max(known)}). Use that newer tui-migrate, or name another folder with --data-dir."
        )
    command.upgrade(config, "head")


def configuration() -> Config:
    """Alembic's settings, which others keep in an alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    return config
