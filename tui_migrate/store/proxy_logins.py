"""The login at a proxy, as part of the document of what is reached by that proxy; its password sealed."""

from __future__ import annotations

import base64
from typing import Any

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import NetworkServer, NoticeSettings, ProxyLogin
from tui_migrate.store.vault import Vault

_KEY, _USER, _SEALED = "proxy_login", "user", "sealed"


def document(of: NetworkServer | NoticeSettings, vault: Vault) -> dict[str, object]:
    """What the document has besides what may be shown."""
    login = of.proxy_login
    if login is None:
        return {}
    sealed = vault.seal(login.password, _bond(of.proxy, login.user))
    return {_KEY: {_USER: login.user, _SEALED: base64.b64encode(sealed).decode()}}


def read(plain: dict[str, Any], vault: Vault) -> ProxyLogin | None:
    """The login that a document speaks of. Raises StoreUnusable."""
    if _KEY not in plain:
        return None
    try:
        user, sealed = plain[_KEY][_USER], base64.b64decode(plain[_KEY][_SEALED])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreUnusable(
            "The store has a login at a proxy that cannot be read. Restore the store from a backup."
        ) from error
    return ProxyLogin(user, vault.open(sealed, _bond(plain.get("proxy", ""), user)))


def _bond(proxy: str, user: str) -> tuple[str, ...]:
    """The password may go to no other proxy, whatever it leads to."""
    return "proxy", proxy, user
