"""A mailbox of files may lie elsewhere than its server's pattern says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("account", sa.Column("path", sa.Text, nullable=False, server_default=""))
