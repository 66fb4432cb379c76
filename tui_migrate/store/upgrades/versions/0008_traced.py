"""Accounts whose connections are traced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("account", sa.Column("traced", sa.Integer, nullable=False, server_default="0"))
