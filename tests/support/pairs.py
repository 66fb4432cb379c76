"""One folder pair in the store."""

from __future__ import annotations

from sqlalchemy import Connection

from tui_migrate.model.journal import FolderRecord, Pair
from tui_migrate.store import pairs


def save_folder(
    connection: Connection, account_id: int, names: tuple[bytes, bytes], displays: tuple[str, str]
) -> FolderRecord:
    """The record of this pair of a source folder and a destination folder."""
    (record,) = pairs.save(connection, account_id, [Pair(*names, displays)])
    return record
