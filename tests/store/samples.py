"""Things to put into a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from tui_migrate.model import (
    AccountSpec,
    AdminLogin,
    Fingerprint,
    ImapServer,
    MigrationSpec,
    NewFailure,
    Secret,
    Security,
)
from tui_migrate.model.journal import Entry
from tui_migrate.store.database import Database
from tui_migrate.store.schema import account, metadata

SOURCE = ImapServer("imap.old.example", max_connections=4, path_prefix="INBOX.", ca_file="ca.pem")
DESTINATION = ImapServer(
    "imap.new.example",
    security=Security.STARTTLS,
    port=143,
    admin=AdminLogin("admin", Secret("admin-pässword"), "separator:*"),
)


def migration(title: str = "Head office", **changes: object) -> MigrationSpec:
    """A migration between two servers."""
    values = {"source": SOURCE, "destination": DESTINATION, "excluded_folders": ("Junk", "Trash/*"), **changes}
    return MigrationSpec(title, **values)  # type: ignore[arg-type]


def mailbox(user: str = "alice", password: str = "alice-pässword", **changes: object) -> AccountSpec:
    """An account that moves to another domain."""
    return AccountSpec(user, Secret(password), f"{user}@new.example", **changes)  # type: ignore[arg-type]


def entry(uid: int, flags: Iterable[str] = (), destination_uid: int | None = None) -> Entry:
    """A message in a window, with a fingerprint of its own."""
    print_ = Fingerprint(4000 + uid, 1_700_000_000 + uid, uid.to_bytes(16, "big"), (uid + 1).to_bytes(16, "big"))
    return Entry(uid, print_, frozenset(flags), destination_uid)


def failure(account_id: int, folder_id: int | None = None, uid: int | None = None, **changes: object) -> NewFailure:
    """A failure as the engine records it."""
    values = {
        "account_id": account_id,
        "folder_id": folder_id,
        "uid": uid,
        "scope": "message" if uid else "folder" if folder_id else "account",
        "kind": "message refused",
        "sentence": "The destination refused this message.",
        "server_words": "NO [LIMIT] too many parts",
        "command": "APPEND INBOX",
        "advice": "Look at the message.",
        "size": 4000,
        "message_id": "<1@old.example>",
        "subject": "Minutes",
        "date": "Mon, 1 Jan 2024 10:00:00 +0100",
        **changes,
    }
    return NewFailure(**values)  # type: ignore[arg-type]


def move(connection: Connection, account_id: int, messages: int, octets: int) -> None:
    """So much more has arrived, as the journal's windows tell the account."""
    values = {
        "moved_messages": account.c.moved_messages + messages,
        "moved_bytes": account.c.moved_bytes + octets,
    }
    connection.execute(update(account).where(account.c.id == account_id).values(values))


def like_old_sqlite(connection: Connection) -> None:
    """Take as few values in a statement as SQLite did before 3.32."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has that has any."""

    def count(connection: Connection, name: str) -> int:
        return int(connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one())

    with database.read() as connection:
        found = {name: count(connection, name) for name in metadata.tables}
    return {name: number for name, number in found.items() if number}
