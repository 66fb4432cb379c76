"""What was learned of servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "lesson",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("lesson", sa.String(40), primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("announced", sa.Text, nullable=False),
    )
