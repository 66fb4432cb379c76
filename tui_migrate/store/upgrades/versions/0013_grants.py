"""What somebody has allowed by signing in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "grant",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("migration_id", sa.Integer, sa.ForeignKey("migration.id", ondelete="CASCADE"), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("ended", sa.Text, nullable=False, server_default=""),
        sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
        sa.Column("signed_in_at", sa.Float, nullable=False),
        sa.Column("holder", sa.String(32), nullable=False, server_default=""),
        sa.Column("held_until", sa.Float, nullable=False, server_default="0"),
        sa.UniqueConstraint("migration_id", "side", "owner"),
        sqlite_autoincrement=True,
    )
