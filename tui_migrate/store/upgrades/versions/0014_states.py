"""What a source tells changes by, where it is too large for a token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "folder_state",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("folder", sa.LargeBinary, primary_key=True),
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
