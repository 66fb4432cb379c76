"""Who brought a message: earlier passes of ours, or somebody else. What was moved in all passes."""

from __future__ import annotations

import struct

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_FINGERPRINT = struct.Struct(">Qq16s16s")
_FEW = 200
"""Windows that are in memory together."""


def upgrade() -> None:
    _columns()
    _windows()
    _adopted()
    _brought()
    _moved()


def _columns() -> None:
    for table in ("account", "pass", "folder"):
        op.add_column(table, sa.Column("brought", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("folder", sa.Column("source_adopted", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("window", sa.Column("pass_number", sa.Integer, nullable=False, server_default="0"))
    for name in ("moved_messages", "moved_bytes"):
        op.add_column("account", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))


def _windows() -> None:
    """Windows that we have sent know when they were opened; those of passes before the first on record are of one of
    them, whichever."""
    op.execute(
        "UPDATE window SET pass_number = coalesce((SELECT max(pass.number) FROM pass "
        "JOIN folder ON folder.account_id = pass.account_id "
        "WHERE folder.id = window.folder_id AND pass.began <= window.opened_at), 1) WHERE opened_at > 0"
    )


def _adopted() -> None:
    """Messages that were found at the destination, by folder."""
    op.execute("CREATE TEMPORARY TABLE adopted (folder_id INTEGER PRIMARY KEY, messages INTEGER NOT NULL)")
    op.execute(
        f"INSERT INTO adopted SELECT folder_id, sum(length(fingerprints)) / {_FINGERPRINT.size} FROM window "
        "WHERE done = 1 AND pass_number = 0 GROUP BY folder_id"
    )


def _brought() -> None:
    """Of the messages that were there already, all but those that were found are ours. Where a folder has both, and
    some of them have left the source since, that is the least."""
    found = "coalesce((SELECT messages FROM adopted WHERE folder_id = folder.id), 0)"
    op.execute(f"UPDATE folder SET brought = max(0, there - {found})")
    op.execute("UPDATE folder SET there = there - brought")
    op.execute(f"UPDATE folder SET source_adopted = min(coalesce(source_messages, 0), {found}) WHERE complete = 1")
    op.execute(
        "UPDATE account SET brought = min(there, coalesce("
        "(SELECT sum(brought) FROM folder WHERE account_id = account.id), 0))"
    )
    op.execute("UPDATE account SET there = there - brought")
    last = "SELECT brought FROM account WHERE id = pass.account_id AND pass_number = pass.number"
    found = "SELECT sum(messages) FROM adopted JOIN folder ON id = folder_id WHERE account_id = pass.account_id"
    op.execute(
        f"UPDATE pass SET brought = coalesce(min(there, ({last})), max(0, there - coalesce(({found}), 0))) "
        "WHERE number > 1 AND ended IS NOT NULL"
    )
    op.execute("UPDATE pass SET there = there - brought")
    op.execute("DROP TABLE adopted")


def _moved() -> None:
    """What the passes on record have copied, or what the journal says that we have brought, whichever is more: an older
    store has forgotten its first passes, and the journal folders that were replaced."""
    connection = op.get_bind()
    for name, column in (("moved_messages", "copied"), ("moved_bytes", "bytes_copied")):
        op.execute(
            f"UPDATE account SET {name} = coalesce((SELECT sum({column}) FROM pass WHERE account_id = account.id "
            f"AND ended IS NOT NULL), 0) + CASE WHEN finished_at IS NULL THEN {column} ELSE 0 END"
        )
    moved: dict[int, list[int]] = {}
    ours = sa.text(
        "SELECT account_id, fingerprints FROM window JOIN folder ON folder.id = folder_id "
        "WHERE done = 1 AND pass_number > 0"
    )
    for account_id, fingerprints in connection.execute(ours.execution_options(yield_per=_FEW)):
        lengths = [values[0] for values in _FINGERPRINT.iter_unpack(fingerprints)]
        numbers = moved.setdefault(account_id, [0, 0])
        numbers[0] += len(lengths)
        numbers[1] += sum(lengths)
    for account_id, (messages, octets) in moved.items():
        connection.execute(
            sa.text(
                "UPDATE account SET moved_messages = max(moved_messages, :messages), "
                "moved_bytes = max(moved_bytes, :octets) WHERE id = :id"
            ),
            {"messages": messages, "octets": octets, "id": account_id},
        )
