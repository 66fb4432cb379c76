"""Up to which UIDNEXT of its destination all mail there is known to a folder; a clock that nobody sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("folder", sa.Column("destination_uidnext", sa.BigInteger))
    op.add_column("heartbeat", sa.Column("boot", sa.Text, nullable=False, server_default=""))
    op.add_column("heartbeat", sa.Column("up", sa.Float))
    op.add_column("heartbeat", sa.Column("steady", sa.Float))
