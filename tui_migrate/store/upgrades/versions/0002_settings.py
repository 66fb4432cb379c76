"""Limits, blackouts, token logins, what is selected and when it begins, mail to users."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _settings()
    _pop()
    _selection()
    _day_use()
    _passes()
    _checkup()
    _letter()
    op.add_column("heartbeat", sa.Column("shares", sa.Text, nullable=False, server_default="{}"))


def _settings() -> None:
    op.add_column("server", sa.Column("token_command", sa.Text))
    op.add_column("server", sa.Column("account_connections", sa.Integer, nullable=False, server_default="3"))
    op.add_column("server", sa.Column("bytes_per_second", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("server", sa.Column("messages_per_second", sa.Integer, nullable=False, server_default="0"))
    op.add_column("server", sa.Column("bytes_per_day", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("server", sa.Column("blackouts", sa.Text, nullable=False, server_default="[]"))
    op.add_column("migration", sa.Column("newest_first", sa.Integer, nullable=False, server_default="0"))
    op.add_column("migration", sa.Column("since", sa.Text, nullable=False, server_default=""))
    op.add_column("migration", sa.Column("before", sa.Text, nullable=False, server_default=""))
    op.add_column("migration", sa.Column("max_size", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("migration", sa.Column("start_at", sa.Float))
    op.add_column("migration", sa.Column("final_pass_at", sa.Float))
    op.add_column("migration", sa.Column("final_asked_at", sa.Float))
    op.add_column("migration", sa.Column("mailing", sa.Text, nullable=False, server_default=""))
    op.add_column("migration", sa.Column("mailing_secret", sa.LargeBinary))
    op.add_column("account", sa.Column("notify", sa.Text, nullable=False, server_default=""))


def _pop() -> None:
    op.create_table(
        "pop_message",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("ordinal", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("account_id", "series", "name"),
    )


def _passes() -> None:
    """The last pass of each account is the one that an older store knows of."""
    numbers = ("listed", "copied", "there", "excluded", "gone", "failed", "bytes_listed", "bytes_copied")
    op.create_table(
        "pass",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("ended", sa.Float),
        sa.Column("state", sa.String(24), nullable=False, server_default=""),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in numbers),
    )
    columns = ", ".join(numbers)
    op.execute(
        f"INSERT INTO pass (account_id, number, began, ended, state, {columns}) "
        "SELECT id, pass_number, started_at, finished_at, "
        f"CASE WHEN state LIKE 'done%' OR state = 'failed' THEN state ELSE '' END, {columns} FROM account "
        "WHERE pass_number > 0 AND started_at IS NOT NULL"
    )


def _selection() -> None:
    op.add_column("folder", sa.Column("selection", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "left_out",
        sa.Column("folder_id", sa.Integer, sa.ForeignKey("folder.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reason", sa.String(16), primary_key=True),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "too_large",
        sa.Column("folder_id", sa.Integer, sa.ForeignKey("folder.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("uid", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("instant", sa.BigInteger, nullable=False),
    )


def _day_use() -> None:
    op.create_table(
        "day_use",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("read", sa.BigInteger, nullable=False),
        sa.Column("written", sa.BigInteger, nullable=False),
    )


def _checkup() -> None:
    op.create_table(
        "checkup",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("refusal", sa.Text, nullable=False, server_default=""),
        sa.Column("waived_by", sa.Text, nullable=False, server_default=""),
        sa.Column("waived_at", sa.Float),
    )


def _letter() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("migration_id", sa.Integer, sa.ForeignKey("migration.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), unique=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("numbers", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("letter_of_migration", "letter", ["migration_id"])
    op.create_index("letter_by_state", "letter", ["state"])
