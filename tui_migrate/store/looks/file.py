"""The store as a file: ours alone, how large, and made by which version."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tui_migrate.errors import StoreUnusable
from tui_migrate.ownership import check_own_file

HEAD = "0014"
"""The newest step in `upgrades/versions`."""
BUSY_SECONDS = 30.0


def create_private(path: Path) -> None:
    """Make a new file ours alone (0600) before SQLite opens it; its -wal and -shm take over the mode.

    A file that is there already is never opened here: closing it again would drop the POSIX locks that this process's
    other connections hold on it, and another process could then delete the WAL under them with all that they commit.
    """
    try:
        with contextlib.suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
            check_own_file(path.with_name(name))  # SQLite follows links
    except OSError as error:
        raise StoreUnusable(f"The store {path} cannot be opened: {error.strerror}.") from error


def octets(path: Path) -> int:
    """What the store takes on its disk, with what waits to be taken into it."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(each.stat().st_size for each in files if each.exists())


def is_up_to_date(connection: sqlite3.Connection) -> bool:
    """False for a store that is to be made, or brought up to date."""
    made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    return bool(made) and connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
