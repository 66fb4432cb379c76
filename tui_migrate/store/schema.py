"""The tables. A change here needs a step in `upgrades/versions`; a test compares the two.

Plain SQLAlchemy Core types, so that the same tables can live in another database. Times are epoch seconds, sizes are
bytes. An id is never used again (`sqlite_autoincrement`; other databases do so by themselves): what the engine still
writes for an account that was deleted meanwhile must not land in the account that was made after it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

AT_ONCE = 500
"""Values in one `IN (...)`: older SQLite takes 999 in a statement."""

server = Table(
    "server",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("protocol", String(8), nullable=False),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", String(8), nullable=False),
    Column("max_connections", Integer, nullable=False),
    Column("path_prefix", Text, nullable=False),
    Column("ca_file", Text, nullable=False),
    Column("admin_user", Text),
    Column("admin_secret", LargeBinary),
    Column("admin_style", String(16)),
)

migration = Table(
    "migration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(255), nullable=False, unique=True),
    Column("source_id", ForeignKey("server.id"), nullable=False),
    Column("destination_id", ForeignKey("server.id"), nullable=False),
    Column("excluded_folders", Text, nullable=False),
    Column("wanted", String(8), nullable=False),
    Column("created_at", Float, nullable=False),
    sqlite_autoincrement=True,
)

COUNT_COLUMNS = ("listed", "copied", "there", "excluded", "gone", "failed")


def count_columns() -> list[Column[int]]:
    """The columns of a `Counts` and the bytes beside it, all starting at 0."""
    names = (*COUNT_COLUMNS, "bytes_listed", "bytes_copied")
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("migration_id", ForeignKey("migration.id", ondelete="CASCADE"), nullable=False),
    Column("source_user", Text, nullable=False),
    Column("source_secret", LargeBinary, nullable=False),
    Column("destination_user", Text, nullable=False),
    Column("destination_secret", LargeBinary),
    Column("priority", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("excluded_folders", Text, nullable=False),
    Column("wanted", String(8), nullable=False),
    Column("state", String(24), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("server_words", Text, nullable=False, server_default=""),
    Column("pass_number", Integer, nullable=False, server_default="0"),
    Column("asked", Integer, nullable=False, server_default="0"),  # counts the admin's requests for another pass
    Column("proven_for", Text, nullable=False, server_default=""),  # the pair of mailboxes that the journal speaks of
    *count_columns(),
    Column("rate_messages", Float, nullable=False, server_default="0"),
    Column("rate_bytes", Float, nullable=False, server_default="0"),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("pace", Text, nullable=False, server_default=""),
    UniqueConstraint("migration_id", "source_user"),
    sqlite_autoincrement=True,
)

folder = Table(
    "folder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("source_name", LargeBinary, nullable=False),  # as on the wire
    Column("destination_name", LargeBinary, nullable=False),  # as on the wire
    Column("source_display", Text, nullable=False),
    Column("destination_display", Text, nullable=False),
    Column("source_uidvalidity", BigInteger),
    Column("source_uidnext", BigInteger),
    Column("source_modseq", BigInteger),
    Column("source_messages", BigInteger),
    Column("destination_uidvalidity", BigInteger),
    Column("complete", Integer, nullable=False, server_default="0"),  # 1: the marks above stand for a finished walk
    *count_columns(),
    UniqueConstraint("account_id", "source_name"),
    sqlite_autoincrement=True,
)

window = Table(
    "window",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder_id", ForeignKey("folder.id", ondelete="CASCADE"), nullable=False),
    Column("done", Integer, nullable=False),  # 0: intent, may or may not have arrived; 1: arrived
    Column("low_uid", BigInteger, nullable=False),  # nothing of this window has a lower destination UID
    Column("opened_at", Float, nullable=False),
    Column("source_uids", Text, nullable=False),
    Column("destination_uids", Text),  # in the order of source_uids; NULL: arrived, UIDs not known
    Column("fingerprints", LargeBinary, nullable=False),
    Column("flags", Text, nullable=False),  # the source's flags when they were last carried over
    sqlite_autoincrement=True,
)
Index("window_of_folder", window.c.folder_id, window.c.done)

failure = Table(
    "failure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("folder_id", ForeignKey("folder.id", ondelete="CASCADE")),
    Column("uid", BigInteger),
    Column("scope", String(8), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("server_words", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("advice", Text, nullable=False),
    Column("size", BigInteger),
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("skipped", Integer, nullable=False, server_default="0"),  # 1: the admin does not want this message
)
Index("failure_of_account", failure.c.account_id)
Index("failure_of_message", failure.c.folder_id, failure.c.uid)

folder_rule = Table(
    "folder_rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("migration_id", ForeignKey("migration.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE")),
    Column("source", Text, nullable=False),
    Column("target", Text),  # NULL: stays behind
)
Index("folder_rule_of_migration", folder_rule.c.migration_id, folder_rule.c.account_id)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("migration_id", ForeignKey("migration.id", ondelete="CASCADE")),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE")),
)

Index("event_of_migration", event.c.migration_id)
Index("event_of_account", event.c.account_id)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("beat_at", Float, nullable=False),
    Column("connections", Integer, nullable=False),
    Column("rate_messages", Float, nullable=False),
    Column("rate_bytes", Float, nullable=False),
)
