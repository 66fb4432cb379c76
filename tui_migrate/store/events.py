"""The audit trail, and the failures that are still open."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from tui_migrate.model import Event, Failure, Scope
from tui_migrate.store.schema import AT_ONCE, account, event, failure, folder
from tui_migrate.uidset import chunks


def add(
    connection: Connection, who: str, what: str, *, migration_id: int | None = None, account_id: int | None = None
) -> None:
    """One line of the audit trail: `who` did or saw `what`."""
    connection.execute(
        insert(event).values(at=time.time(), who=who, what=what, migration_id=migration_id, account_id=account_id)
    )


def listing(
    connection: Connection, *, migration_id: int | None = None, account_id: int | None = None, limit: int = 500
) -> list[Event]:
    """The newest events first."""
    statement = select(event).order_by(event.c.id.desc()).limit(limit)
    if migration_id is not None:
        statement = statement.where(event.c.migration_id == migration_id)
    if account_id is not None:
        statement = statement.where(event.c.account_id == account_id)
    return [
        Event(row.id, row.at, row.who, row.what, row.migration_id, row.account_id)
        for row in connection.execute(statement)
    ]


def record_failure(connection: Connection, entry: dict[str, object]) -> None:
    """A failure, or one more attempt of the same account, folder, message and kind. Keys are the columns' names."""
    now = time.time()
    same = [failure.c[name] == entry.get(name) for name in ("account_id", "folder_id", "uid", "kind")]
    known = connection.execute(select(failure.c.id).where(*same)).scalar_one_or_none()
    if known is None:
        connection.execute(insert(failure).values(attempts=1, first_at=now, last_at=now, **entry))
    else:
        connection.execute(
            update(failure).where(failure.c.id == known).values(attempts=failure.c.attempts + 1, last_at=now, **entry)
        )


def resolve_messages(connection: Connection, folder_id: int, uids: Sequence[int]) -> None:
    """These messages have arrived: their failures are history."""
    for some in chunks(uids, AT_ONCE):
        connection.execute(delete(failure).where(failure.c.folder_id == folder_id, failure.c.uid.in_(some)))


def resolve_folder(connection: Connection, folder_id: int) -> None:
    """All of this folder is well."""
    connection.execute(delete(failure).where(failure.c.folder_id == folder_id))


def resolve(connection: Connection, account_id: int, scopes: Sequence[Scope]) -> None:
    """Failures of these scopes no longer hold for the account."""
    connection.execute(delete(failure).where(failure.c.account_id == account_id, failure.c.scope.in_(scopes)))


def failures(
    connection: Connection, *, migration_id: int | None = None, account_id: int | None = None
) -> list[Failure]:
    """The open failures, the oldest first."""
    statement = (
        select(failure, account.c.migration_id, account.c.source_user, folder.c.source_display)
        .select_from(failure.join(account).outerjoin(folder, failure.c.folder_id == folder.c.id))
        .order_by(failure.c.id)
    )
    if migration_id is not None:
        statement = statement.where(account.c.migration_id == migration_id)
    if account_id is not None:
        statement = statement.where(failure.c.account_id == account_id)
    return [
        Failure(
            id=row.id,
            migration_id=row.migration_id,
            account_id=row.account_id,
            account=row.source_user,
            scope=Scope(row.scope),
            kind=row.kind,
            sentence=row.sentence,
            server_words=row.server_words,
            command=row.command,
            advice=row.advice,
            folder=row.source_display or "",
            uid=row.uid,
            size=row.size,
            message_id=row.message_id,
            subject=row.subject,
            date=row.date,
            attempts=row.attempts,
            first_at=row.first_at,
            last_at=row.last_at,
        )
        for row in connection.execute(statement)
    ]
