"""Settings as one document, passwords bound to the servers and mailboxes that they were given for, and one word for a
check.

A password that the key beside the store does not open stays as it is: it could not be used before, either, and is
asked for when it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from cryptography.fernet import Fernet, InvalidToken

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import Secret
from tui_migrate.store.vault import Vault

revision = "0009"
down_revision = "0008"

_DEFAULTS = {
    "max_connections": 10,
    "path_prefix": "",
    "ca_file": "",
    "security": "tls",
    "account_connections": 3,
    "bytes_per_second": 0,
    "messages_per_second": 0,
    "bytes_per_day": 0,
    "blackouts": [],
}


def upgrade() -> None:
    connection = op.get_bind()
    servers = {row["id"]: dict(row) for row in connection.execute(sa.text("SELECT * FROM server")).mappings()}
    reseal = _Resealing()
    _accounts(connection, servers, reseal)
    _mailings(connection, reseal)
    _servers(connection, servers, reseal)
    _selections(connection)
    _checks(connection)


class _Resealing:
    """From Fernet, which binds nothing, to today's vault."""

    def __init__(self) -> None:
        self._fernet: Fernet | None = None
        key_file = context.config.attributes.get("key_file")
        try:
            if key_file is not None and key_file.exists():
                self._vault = Vault(key_file)
                self._fernet = Fernet(key_file.read_bytes())
        except (StoreUnusable, ValueError, OSError):
            self._fernet = None

    def __call__(self, sealed: bytes | None, bond: Sequence[str]) -> bytes | None:
        if sealed is None or self._fernet is None:
            return sealed
        try:
            return self._vault.seal(Secret(self._fernet.decrypt(sealed).decode()), bond)
        except InvalidToken:
            return sealed


def _bond(server: dict[str, Any]) -> tuple[str, ...]:
    return server["protocol"], f"{server['host'].lower()}:{server['port']}", server["security"], server["ca_file"]


def _accounts(connection: sa.Connection, servers: dict[int, dict[str, Any]], reseal: _Resealing) -> None:
    rows = connection.execute(
        sa.text(
            "SELECT account.id, source_user, source_secret, destination_user, destination_secret, source_id, "
            "destination_id FROM account JOIN migration ON migration.id = account.migration_id"
        )
    ).all()
    for row in rows:
        source = (*_bond(servers[row.source_id]), row.source_user)
        destination = (*_bond(servers[row.destination_id]), row.destination_user)
        shared = row.destination_secret is None
        again = {
            "id": row.id,
            "source": reseal(row.source_secret, (*source, *destination) if shared else source),
            "destination": reseal(row.destination_secret, destination),
        }
        connection.execute(
            sa.text("UPDATE account SET source_secret = :source, destination_secret = :destination WHERE id = :id"),
            again,
        )


def _mailings(connection: sa.Connection, reseal: _Resealing) -> None:
    rows = connection.execute(sa.text("SELECT id, mailing, mailing_secret FROM migration WHERE mailing <> ''")).all()
    for row in rows:
        plain = json.loads(row.mailing)
        bond = ("smtp", f"{plain['host'].lower()}:{plain['port']}", plain["security"], plain["ca_file"], plain["user"])
        connection.execute(
            sa.text("UPDATE migration SET mailing_secret = :secret WHERE id = :id"),
            {"id": row.id, "secret": reseal(row.mailing_secret, bond)},
        )


def _servers(connection: sa.Connection, servers: dict[int, dict[str, Any]], reseal: _Resealing) -> None:
    new = op.create_table(
        "server_new",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary),
    )
    for server in servers.values():
        values = {
            "id": server["id"],
            "kind": server["protocol"],
            "place": server["host"].lower(),
            "key": f"{server['host'].lower()}:{server['port']}",
            "settings": json.dumps(_document(server), sort_keys=True, ensure_ascii=False),
            "secret": reseal(server["admin_secret"], (*_bond(server), server["admin_user"] or "")),
        }
        connection.execute(sa.insert(new).values(values))
    op.drop_table("server")
    op.rename_table("server_new", "server")


def _document(server: dict[str, Any]) -> dict[str, object]:
    told = {**server, "blackouts": json.loads(server["blackouts"])}
    plain: dict[str, object] = {name: told[name] for name, usual in _DEFAULTS.items() if told[name] != usual}
    plain |= {"host": server["host"], "port": server["port"]}
    if server["protocol"] == "pop":
        plain.pop("path_prefix", None)
    if server["admin_user"] is not None:
        style = {"style": server["admin_style"]} if server["admin_style"] != "authzid" else {}
        plain["admin"] = {"user": server["admin_user"], **style}
    if server["token_command"] is not None:
        plain["token"] = {"command": server["token_command"]}
    return plain


def _selections(connection: sa.Connection) -> None:
    op.add_column("migration", sa.Column("settings", sa.Text, nullable=False, server_default="{}"))
    names = "id, excluded_folders, newest_first, since, before, max_size"
    for row in connection.execute(sa.text(f"SELECT {names} FROM migration")).all():
        told = {
            "excluded_folders": json.loads(row.excluded_folders),
            "newest_first": bool(row.newest_first),
            "since": row.since,
            "before": row.before,
            "max_size": row.max_size,
        }
        plain = {name: value for name, value in told.items() if value}
        connection.execute(
            sa.text("UPDATE migration SET settings = :settings WHERE id = :id"),
            {"id": row.id, "settings": json.dumps(plain, sort_keys=True, ensure_ascii=False)},
        )
    for name in ("excluded_folders", "newest_first", "since", "before", "max_size"):
        op.drop_column("migration", name)


def _checks(connection: sa.Connection) -> None:
    op.rename_table("checkup", "last_check")
    for row in connection.execute(sa.text("SELECT account_id, found FROM last_check")).all():
        plain = json.loads(row.found)
        plain["results"] = [{"item": each.pop("gate"), **each} for each in plain.pop("gates")]
        connection.execute(
            sa.text("UPDATE last_check SET found = :found WHERE account_id = :id"),
            {"id": row.account_id, "found": json.dumps(plain)},
        )
    for table, column in (("last_check", "refusal"), ("account", "detail")):
        words = f"'Check: ' || substr({column}, {len('Pre-flight: ') + 1})"
        connection.execute(sa.text(f"UPDATE {table} SET {column} = {words} WHERE {column} LIKE 'Pre-flight: %'"))
