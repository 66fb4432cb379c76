"""What did not make it."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model import Failure, Scope
from tui_migrate.store.looks.reading import Reading, each_row, of

_FAILURES = """\
SELECT failure.*, account.migration_id, account.source_user, folder.source_display
FROM failure JOIN account ON account.id = failure.account_id LEFT JOIN folder ON folder.id = failure.folder_id
WHERE failure.skipped = 0 {and_where} ORDER BY failure.id"""


def failures(connection: Reading, *, migration_id: int | None = None, account_id: int | None = None) -> list[Failure]:
    """The open failures, the oldest first."""
    return [*each_failure(connection, migration_id=migration_id, account_id=account_id)]


def each_failure(
    connection: Reading, *, migration_id: int | None = None, account_id: int | None = None
) -> Iterator[Failure]:
    """The open failures, read one by one."""
    and_where, values = of(migration_id, account_id)
    for row in each_row(connection, _FAILURES.format(and_where=and_where), *values):
        yield Failure(
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
