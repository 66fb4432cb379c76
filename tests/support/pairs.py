"""One folder pair in the store."""

from __future__ import annotations

from sqlalchemy import Connection

from tui_migrate.store import pairs
from tui_migrate.store.journal import FolderRecord
from tui_migrate.store.pairs import Pair


def save_folder(
    connection: Connection, account_id: int, names: tuple[bytes, bytes], displays: tuple[str, str]
) -> FolderRecord:
    """The record of this pair of a source folder and a destination folder."""
    (record,) = pairs.save(connection, account_id, [Pair(*names, displays)])
    return record
