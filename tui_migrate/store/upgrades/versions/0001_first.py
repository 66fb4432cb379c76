"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _settings()
    _account()
    _journal()
    _trail()


def _settings() -> None:
    op.create_table(
        "server",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("protocol", sa.String(8), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("security", sa.String(8), nullable=False),
        sa.Column("max_connections", sa.Integer, nullable=False),
        sa.Column("path_prefix", sa.Text, nullable=False),
        sa.Column("ca_file", sa.Text, nullable=False),
        sa.Column("admin_user", sa.Text),
        sa.Column("admin_secret", sa.LargeBinary),
        sa.Column("admin_style", sa.String(16)),
    )
    op.create_table(
        "migration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(255), nullable=False, unique=True),
        sa.Column("source_id", sa.Integer, sa.ForeignKey("server.id"), nullable=False),
        sa.Column("destination_id", sa.Integer, sa.ForeignKey("server.id"), nullable=False),
        sa.Column("excluded_folders", sa.Text, nullable=False),
        sa.Column("wanted", sa.String(8), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner("migration_id", "migration.id"),
        sa.Column("source_user", sa.Text, nullable=False),
        sa.Column("source_secret", sa.LargeBinary, nullable=False),
        sa.Column("destination_user", sa.Text, nullable=False),
        sa.Column("destination_secret", sa.LargeBinary),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("excluded_folders", sa.Text, nullable=False),
        sa.Column("wanted", sa.String(8), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.Column("server_words", sa.Text, nullable=False, server_default=""),
        sa.Column("pass_number", sa.Integer, nullable=False, server_default="0"),
        sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
        sa.Column("proven_for", sa.Text, nullable=False, server_default=""),
        *_counts(),
        sa.Column("rate_messages", sa.Float, nullable=False, server_default="0"),
        sa.Column("rate_bytes", sa.Float, nullable=False, server_default="0"),
        sa.Column("started_at", sa.Float),
        sa.Column("finished_at", sa.Float),
        sa.Column("pace", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("migration_id", "source_user"),
        sqlite_autoincrement=True,
    )


def _journal() -> None:
    op.create_table(
        "folder",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner("account_id", "account.id"),
        sa.Column("source_name", sa.LargeBinary, nullable=False),
        sa.Column("destination_name", sa.LargeBinary, nullable=False),
        sa.Column("source_display", sa.Text, nullable=False),
        sa.Column("destination_display", sa.Text, nullable=False),
        sa.Column("source_uidvalidity", sa.BigInteger),
        sa.Column("source_uidnext", sa.BigInteger),
        sa.Column("source_modseq", sa.BigInteger),
        sa.Column("source_messages", sa.BigInteger),
        sa.Column("destination_uidvalidity", sa.BigInteger),
        sa.Column("complete", sa.Integer, nullable=False, server_default="0"),
        *_counts(),
        sa.UniqueConstraint("account_id", "source_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "window",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner("folder_id", "folder.id"),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("low_uid", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("source_uids", sa.Text, nullable=False),
        sa.Column("destination_uids", sa.Text),
        sa.Column("fingerprints", sa.LargeBinary, nullable=False),
        sa.Column("flags", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("window_of_folder", "window", ["folder_id", "done"])


def _trail() -> None:
    op.create_table(
        "failure",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner("account_id", "account.id"),
        _owner("folder_id", "folder.id", nullable=True),
        sa.Column("uid", sa.BigInteger),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("server_words", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("advice", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("date", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_at", sa.Float, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("failure_of_account", "failure", ["account_id"])
    op.create_index("failure_of_message", "failure", ["folder_id", "uid"])
    op.create_table(
        "folder_rule",
        sa.Column("id", sa.Integer, primary_key=True),
        _owner("migration_id", "migration.id"),
        _owner("account_id", "account.id", nullable=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("target", sa.Text),
    )
    op.create_index("folder_rule_of_migration", "folder_rule", ["migration_id", "account_id"])
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        _owner("migration_id", "migration.id", nullable=True),
        _owner("account_id", "account.id", nullable=True),
    )
    op.create_index("event_of_migration", "event", ["migration_id"])
    op.create_index("event_of_account", "event", ["account_id"])
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("beat_at", sa.Float, nullable=False),
        sa.Column("connections", sa.Integer, nullable=False),
        sa.Column("rate_messages", sa.Float, nullable=False),
        sa.Column("rate_bytes", sa.Float, nullable=False),
    )


def _owner(name: str, column: str, *, nullable: bool = False) -> sa.Column[int]:
    """What goes when its owner goes."""
    return sa.Column(name, sa.Integer, sa.ForeignKey(column, ondelete="CASCADE"), nullable=nullable)


def _counts() -> list[sa.Column[int]]:
    names = ("listed", "copied", "there", "excluded", "gone", "failed", "bytes_listed", "bytes_copied")
    return [sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in names]
