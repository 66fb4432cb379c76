"""What a migration says of mail to its users, in its row: everything but the password as JSON, the password sealed."""

from __future__ import annotations

from tui_migrate.model import NoticeSettings
from tui_migrate.model.declared import settings
from tui_migrate.store import documents
from tui_migrate.store.vault import Vault


def values(new: NoticeSettings | None, vault: Vault) -> dict[str, object]:
    """The settings of mail to users, by column."""
    if new is None:
        return {"mailing": "", "mailing_secret": None}
    sealed = vault.seal(new.password, _bond(new)) if new.password is not None else None
    return {"mailing": documents.written(documents.document(settings(NoticeSettings), new)), "mailing_secret": sealed}


def read(text: str, sealed: bytes | None, vault: Vault) -> NoticeSettings | None:
    """The settings of mail to users that the columns hold."""
    if not text:
        return None
    plain = documents.fields(settings(NoticeSettings), documents.parsed(text))
    if sealed is not None:
        plain["password"] = vault.open(sealed, _bond(NoticeSettings(**plain)))
    return NoticeSettings(**plain)


def _bond(of: NoticeSettings) -> tuple[str, ...]:
    return *of.server.bond, of.user
