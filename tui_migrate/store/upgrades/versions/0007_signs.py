"""What messages on their way are recognised by where the destination rewrites them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("window", sa.Column("signs", sa.LargeBinary))
