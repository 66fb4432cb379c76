"""Servers in the store: their kind, their settings as a document, and the password of a login for all, sealed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import KINDS, Server
from tui_migrate.model.declared import settings
from tui_migrate.model.logins import LOGINS
from tui_migrate.store import documents
from tui_migrate.store.vault import Vault


def values(server: Server, vault: Vault) -> dict[str, object]:
    """A server's settings and its password, by column."""
    plain = documents.document(settings(type(server)), server)
    for login in LOGINS.values():
        if (found := getattr(server, login.field)) is not None:
            plain[login.field] = documents.document(settings(login.type), found)
    admin = server.admin
    return {
        "kind": server.kind_name,
        "place": server.place,
        "key": server.key,
        "settings": documents.written(plain),
        "secret": vault.seal(admin.password, (*server.bond, admin.user)) if admin else None,
    }


def server_of(row: Any, vault: Vault | None) -> Server:
    """The server that the columns hold. Without a `vault` no login for all is part of it. Raises StoreUnusable."""
    kind = KINDS.get(row.kind)
    if kind is None:
        raise StoreUnusable(
            f"The store has a kind of mailbox that this program does not know: {row.kind}. Use a newer tui-migrate."
        )
    plain = documents.parsed(row.settings)
    server = kind.server(**documents.fields(settings(kind.server), plain))
    if vault is None:
        return server
    return replace(server, **_logins(server, plain, row.secret, vault))


def _logins(server: Server, plain: dict[str, Any], sealed: bytes | None, vault: Vault) -> dict[str, Any]:
    found = {}
    for login in LOGINS.values():
        if (said := plain.get(login.field)) is not None:
            values = documents.fields(settings(login.type), said)
            if sealed is not None:
                values["password"] = vault.open(sealed, (*server.bond, values["user"]))
            found[login.field] = login.type(**values)
    return found
