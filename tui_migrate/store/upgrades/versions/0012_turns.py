"""Who is next is found in an index, and when an account is tried again is on record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_TURN = ["migration_id", "wanted", "state", "priority", "position"]


def upgrade() -> None:
    op.add_column("account", sa.Column("due_at", sa.Float))
    op.create_index("account_by_turn", "account", [*_TURN, "due_at"])
    _partial("account_unproven", "account", ["proven_for", *_TURN], "proven_for = ''")
    _partial("account_traced", "account", ["id"], "traced = 1")
    _partial("check_refused", "last_check", ["account_id"], "refusal != ''")


def _partial(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
