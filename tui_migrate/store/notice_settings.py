"""What a migration says of mail to its users, in its row: everything but the secrets as JSON, the secrets sealed: a
password, or what tokens are asked for with, and the password of the login at a proxy."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.model import NoticeSettings, TokenLogin
from tui_migrate.model.declared import settings
from tui_migrate.store import documents, proxy_logins
from tui_migrate.store.vault import Vault

_TOKEN = "token"


def values(new: NoticeSettings | None, vault: Vault) -> dict[str, object]:
    """The settings of mail to users, by column."""
    if new is None:
        return {"mailing": "", "mailing_secret": None}
    plain = {**documents.document(settings(NoticeSettings), new), **proxy_logins.document(new, vault)}
    secret = new.password
    if new.token is not None:
        plain[_TOKEN] = documents.document(settings(TokenLogin), new.token)
        secret = new.token.secret
    sealed = vault.seal(secret, _bond(new)) if secret is not None else None
    return {"mailing": documents.written(plain), "mailing_secret": sealed}


def read(text: str, sealed: bytes | None, vault: Vault) -> NoticeSettings | None:
    """The settings of mail to users that the columns hold."""
    if not text:
        return None
    plain = documents.parsed(text)
    fields = documents.fields(settings(NoticeSettings), plain)
    found = NoticeSettings(**fields, proxy_login=proxy_logins.read(plain, vault))
    if (said := plain.get(_TOKEN)) is not None:
        token = TokenLogin(**documents.fields(settings(TokenLogin), said))
        found = replace(found, token=token)
        secret = vault.open(sealed, _bond(found)) if sealed is not None else None
        return replace(found, token=replace(token, secret=secret))
    return replace(found, password=vault.open(sealed, _bond(found))) if sealed is not None else found


def _bond(of: NoticeSettings) -> tuple[str, ...]:
    return *of.server.bond, of.user, *(of.token.bond if of.token is not None else ())
