"""What a migration says of mail to its users, in its row: everything but the password as JSON, the password sealed."""

from __future__ import annotations

import json

from sqlalchemy import Connection, update

from tui_migrate.model import Mailing
from tui_migrate.model.declared import settings
from tui_migrate.store import documents
from tui_migrate.store.schema import migration
from tui_migrate.store.vault import Vault


def put(connection: Connection, migration_id: int, new: Mailing | None, vault: Vault) -> None:
    """This is what holds for the migration from now on."""
    connection.execute(update(migration).where(migration.c.id == migration_id).values(values(new, vault)))


def values(new: Mailing | None, vault: Vault) -> dict[str, object]:
    """By column."""
    if new is None:
        return {"mailing": "", "mailing_secret": None}
    sealed = vault.seal(new.password, _bond(new)) if new.password is not None else None
    return {"mailing": documents.written(documents.document(settings(Mailing), new)), "mailing_secret": sealed}


def mailing(text: str, sealed: bytes | None, vault: Vault) -> Mailing | None:
    """What the columns say. Raises StoreUnusable."""
    if not text:
        return None
    plain = documents.fields(settings(Mailing), json.loads(text))
    if sealed is not None:
        plain["password"] = vault.open(sealed, _bond(Mailing(**plain)))
    return Mailing(**plain)


def _bond(of: Mailing) -> tuple[str, ...]:
    return *of.server.bond, of.user
