"""A source folder may have several destinations; the state of a folder is a token of its kind; names in any folder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table(
        "folder", table_kwargs={"sqlite_autoincrement": True}, naming_convention={"uq": "uq_%(column_0_name)s"}
    ) as table:
        table.add_column(sa.Column("source_token", sa.Text, nullable=False, server_default=""))
        table.drop_constraint("uq_account_id", type_="unique")
        table.create_unique_constraint("pair_of_account", ["account_id", "source_name", "destination_name"])
    op.execute("UPDATE folder SET source_token = CAST(source_modseq AS TEXT) WHERE source_modseq IS NOT NULL")
    op.drop_column("folder", "source_modseq")
    with op.batch_alter_table("left_out") as table:
        table.alter_column("reason", type_=sa.Text)
    _ordinals()


def _ordinals() -> None:
    op.create_table(
        "ordinal",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("folder", sa.LargeBinary, primary_key=True),
        sa.Column("ordinal", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("account_id", "folder", "series", "name"),
    )
    op.execute(
        "INSERT INTO ordinal (account_id, folder, ordinal, series, name) "
        "SELECT account_id, CAST('INBOX' AS BLOB), ordinal, series, name FROM pop_message"
    )
    op.drop_table("pop_message")
