"""What is not as it was at the source and is no failure."""

from __future__ import annotations

from tui_migrate.model import Remark, RemarkKind
from tui_migrate.store.looks.reading import Reading, of, rows

_REMARKS = """\
SELECT remark.*, account.source_user, folder.source_display
FROM remark JOIN account ON account.id = remark.account_id LEFT JOIN folder ON folder.id = remark.folder_id
WHERE 1 = 1 {and_where} ORDER BY account.position, account.id, remark.kind, remark.folder_id"""


def listing(connection: Reading, *, migration_id: int | None = None, account_id: int | None = None) -> list[Remark]:
    """The remarks by account, kind and folder."""
    and_where, values = of(migration_id, account_id)
    return [
        Remark(row.source_user, RemarkKind(row.kind), row.source_display or "", row.what, row.messages)
        for row in rows(connection, _REMARKS.format(and_where=and_where), *values)
    ]
