"""The tables. A change here needs a step in `upgrades/versions`; a test compares the two.

Plain SQLAlchemy Core types, so that the same tables can live in another database. Times are epoch seconds, sizes are
bytes. An id is never used again (`sqlite_autoincrement`; other databases do so by themselves): what the engine still
writes for an account that was deleted meanwhile must not land in the account that was made after it.
"""

from __future__ import annotations

from typing import Any

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
    text,
)

from tui_migrate.store.looks.reading import AT_ONCE as AT_ONCE
from tui_migrate.store.looks.reading import COUNT_COLUMNS as COUNT_COLUMNS

metadata = MetaData()

server = Table(
    "server",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("place", Text, nullable=False),  # the same place has the same mailboxes, whatever speaks for it
    Column("key", Text, nullable=False),  # what it is when connections are counted
    Column("settings", Text, nullable=False),  # JSON: what differs from the defaults
    Column("secret", LargeBinary),  # of a login for all mailboxes
)

migration = Table(
    "migration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(255), nullable=False, unique=True),
    Column("source_id", ForeignKey("server.id"), nullable=False),
    Column("destination_id", ForeignKey("server.id"), nullable=False),
    Column("wanted", String(8), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("start_at", Float),
    Column("final_pass_at", Float),
    Column("final_asked_at", Float),  # the time for which the accounts were asked for their final pass
    Column("mailing", Text, nullable=False, server_default=""),  # JSON; empty: no mail is sent
    Column("mailing_secret", LargeBinary),
    Column("settings", Text, nullable=False, server_default="{}"),  # JSON: what is copied, as far as it is not all
    sqlite_autoincrement=True,
)


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
    Column("moved_messages", BigInteger, nullable=False, server_default="0"),  # that have arrived, in all passes
    Column("moved_bytes", BigInteger, nullable=False, server_default="0"),
    Column("rate_messages", Float, nullable=False, server_default="0"),
    Column("rate_bytes", Float, nullable=False, server_default="0"),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("pace", Text, nullable=False, server_default=""),
    Column("notify", Text, nullable=False, server_default=""),
    Column(
        "traced", Integer, nullable=False, server_default="0"
    ),  # 1: what its connections say and hear is written down
    Column("path", Text, nullable=False, server_default=""),
    Column("due_at", Float),  # when it is tried again, by the engine's steady clock; NULL: at any time
    UniqueConstraint("migration_id", "source_user"),
    sqlite_autoincrement=True,
)


def _partial(name: str, condition: str, *columns: Column[Any]) -> Index:
    """An index of the rows that meet a condition; used where a query has the condition in these words."""
    # To name another database's `where` here loads all that SQLAlchemy has for that one.
    return Index(name, *columns, sqlite_where=text(condition))


_TURN = (account.c.migration_id, account.c.wanted, account.c.state, account.c.priority, account.c.position)
Index("account_by_turn", *_TURN, account.c.due_at)
# Its first column is the same in all rows: with one more that is equal, SQLite takes it before the index of all.
_partial("account_unproven", "proven_for = ''", account.c.proven_for, *_TURN)
_partial("account_traced", "traced = 1", account.c.id)

account_pass = Table(
    "pass",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("began", Float, nullable=False),
    Column("ended", Float),  # NULL: it goes on, and its numbers stand in the account
    Column("state", String(24), nullable=False, server_default=""),
    *count_columns(),
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
    Column("source_messages", BigInteger),
    Column(
        "source_adopted", BigInteger, nullable=False, server_default="0"
    ),  # of these, how many were at the destination already
    Column("destination_uidvalidity", BigInteger),
    Column("destination_uidnext", BigInteger),  # all that lies there below it is known; NULL: nobody has looked yet
    Column("complete", Integer, nullable=False, server_default="0"),  # 1: the marks above stand for a finished walk
    Column("selection", Text, nullable=False, server_default=""),  # what that walk left out by
    *count_columns(),
    Column("source_token", Text, nullable=False, server_default=""),  # of its kind of mailbox, which alone reads it
    UniqueConstraint("account_id", "source_name", "destination_name", name="pair_of_account"),
    sqlite_autoincrement=True,
)

window = Table(
    "window",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder_id", ForeignKey("folder.id", ondelete="CASCADE"), nullable=False),
    Column("done", Integer, nullable=False),  # 0: intent, may or may not have arrived; 1: arrived; 2: has arrived twice
    Column("low_uid", BigInteger, nullable=False),  # nothing of this window has a lower destination UID
    Column("opened_at", Float, nullable=False),
    Column("pass_number", Integer, nullable=False, server_default="0"),  # that brought it; 0: it was there already
    Column("source_uids", Text, nullable=False),
    Column("destination_uids", Text),  # in the order of source_uids; NULL: arrived, UIDs not known
    Column("fingerprints", LargeBinary, nullable=False),
    Column("signs", LargeBinary),  # NULL: of 0.1, or not needed any more
    Column("flags", Text, nullable=False),  # the source's flags when they were last carried over
    sqlite_autoincrement=True,
)
Index("window_of_folder", window.c.folder_id, window.c.done)

ordinal = Table(
    "ordinal",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("folder", LargeBinary, primary_key=True),  # of the source, as on the wire
    Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
    Column("series", Integer, nullable=False),  # another one since the server renamed all messages
    Column("name", LargeBinary, nullable=False),
    UniqueConstraint("account_id", "folder", "series", "name"),
)

folder_state = Table(
    "folder_state",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("folder", LargeBinary, primary_key=True),  # of the source, as on the wire
    Column("token", String(32), primary_key=True),  # a digest of the state
    Column("state", LargeBinary, nullable=False),  # what the source tells changes by; of its kind, which alone reads it
)

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

remark = Table(
    "remark",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("folder_id", ForeignKey("folder.id", ondelete="CASCADE")),  # NULL: it concerns no single one
    Column("kind", String(32), nullable=False),
    Column("what", Text, nullable=False),
    Column("messages", BigInteger, nullable=False),
)
Index("remark_of_account", remark.c.account_id)

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

left_out = Table(
    "left_out",
    metadata,
    Column("folder_id", ForeignKey("folder.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

too_large = Table(
    "too_large",
    metadata,
    Column("folder_id", ForeignKey("folder.id", ondelete="CASCADE"), primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("instant", BigInteger, nullable=False),  # INTERNALDATE; 0: not told
)

day_use = Table(
    "day_use",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),  # since the epoch
    Column("read", BigInteger, nullable=False),  # octets from the source
    Column("written", BigInteger, nullable=False),  # octets to the destination
)

last_check = Table(
    "last_check",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("found", Text, nullable=False),
    Column("refusal", Text, nullable=False, server_default=""),  # why the account does not start; empty: it may
    Column("waived_by", Text, nullable=False, server_default=""),
    Column("waived_at", Float),
)

lesson = Table(
    "lesson",
    metadata,
    Column("server", Text, primary_key=True),  # host and port
    Column("lesson", String(40), primary_key=True),
    Column("words", Text, nullable=False),  # what taught it
    Column("announced", Text, nullable=False),  # by the server then; where it announces other things, this is void
)

_partial("check_refused", "refusal != ''", last_check.c.account_id)

grant = Table(
    "grant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("migration_id", ForeignKey("migration.id", ondelete="CASCADE"), nullable=False),
    Column("side", String(16), nullable=False),  # source, destination, or mail: to users
    Column("owner", Text, nullable=False),  # whose mailbox; empty: an admin's, for all
    Column("secret", LargeBinary),  # the refresh token; NULL when the grant has ended
    Column("ended", Text, nullable=False, server_default=""),  # the provider's words for why
    Column("generation", Integer, nullable=False, server_default="0"),  # counts refresh tokens
    Column("signed_in_at", Float, nullable=False),
    Column("holder", String(32), nullable=False, server_default=""),  # who uses it
    Column("held_until", Float, nullable=False, server_default="0"),  # by the time since the machine started
    UniqueConstraint("migration_id", "side", "owner"),
    sqlite_autoincrement=True,
)

notice = Table(
    "letter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("migration_id", ForeignKey("migration.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), unique=True),  # NULL: a summary
    Column("kind", String(8), nullable=False),
    Column("recipient", Text, nullable=False),  # empty: there is no address
    Column("state", String(24), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("numbers", Text, nullable=False),  # JSON: what stands for the placeholders
    sqlite_autoincrement=True,
)
Index("letter_of_migration", notice.c.migration_id)
Index("letter_by_state", notice.c.state)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("beat_at", Float, nullable=False),
    Column("boot", Text, nullable=False, server_default=""),  # which start of the machine; empty: not known
    Column("up", Float),  # seconds since then, at that beat
    Column("steady", Float),  # the time of that beat by a clock that nobody sets; NULL: an engine that had none
    Column("connections", Integer, nullable=False),
    Column("shares", Text, nullable=False, server_default="{}"),  # JSON: by server and by account
    Column("rate_messages", Float, nullable=False),
    Column("rate_bytes", Float, nullable=False),
)
