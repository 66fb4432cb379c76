"""Servers in the store: their kind, their settings as a document, and the password of a login for all, sealed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import KINDS, AdminLogin, NetworkServer, Server, TokenLogin
from tui_migrate.model.declared import settings
from tui_migrate.model.logins import LOGINS
from tui_migrate.store import documents, proxy_logins
from tui_migrate.store.vault import Vault


def values(server: Server, vault: Vault) -> dict[str, object]:
    """A server's settings and its password, by column."""
    plain = documents.document(settings(type(server)), server)
    for login in LOGINS.values():
        if (found := getattr(server, login.field)) is not None:
            plain[login.field] = documents.document(settings(login.type), found)
    if isinstance(server, NetworkServer):
        plain |= proxy_logins.document(server, vault)
    return {
        "kind": server.kind_name,
        "place": server.place,
        "key": server.key,
        "settings": documents.written(plain),
        "secret": _sealed(server, vault),
    }


def _sealed(server: Server, vault: Vault) -> bytes | None:
    """The one secret of a login for all."""
    if (admin := server.admin) is not None:
        return vault.seal(admin.password, (*server.bond, admin.user))
    if (token := server.token) is not None and token.secret is not None:
        return vault.seal(token.secret, (*server.bond, *token.bond))
    return None


def server_of(row: Any, vault: Vault | None) -> Server:
    """The server that the columns hold. Without a `vault` it has no login for all, and none at a proxy. Raises
    StoreUnusable."""
    kind = KINDS.get(row.kind)
    if kind is None:
        raise StoreUnusable(
            f"The store has a kind of mailbox that this program does not know: {row.kind}. Use a newer tui-migrate."
        )
    plain = documents.parsed(row.settings)
    server = kind.server(**documents.fields(settings(kind.server), plain))
    if vault is None:
        return server
    logins = _logins(server, plain, row.secret, vault)
    if isinstance(server, NetworkServer):
        logins["proxy_login"] = proxy_logins.read(plain, vault)
    return replace(server, **logins)


def _logins(server: Server, plain: dict[str, Any], sealed: bytes | None, vault: Vault) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (said := plain.get("admin")) is not None:
        values = documents.fields(settings(AdminLogin), said)
        if sealed is not None:
            values["password"] = vault.open(sealed, (*server.bond, values["user"]))
        found["admin"] = AdminLogin(**values)
    if (said := plain.get("token")) is not None:
        token = TokenLogin(**documents.fields(settings(TokenLogin), said))
        secret = vault.open(sealed, (*server.bond, *token.bond)) if sealed is not None else None
        found["token"] = replace(token, secret=secret)
    return found
