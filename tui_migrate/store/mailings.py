"""What a migration says of mail to its users, in its row: everything but the password as JSON, the password sealed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from sqlalchemy import Connection, update

from tui_migrate.model import Mailing, Security
from tui_migrate.store.schema import migration
from tui_migrate.store.vault import Vault


def put(connection: Connection, migration_id: int, new: Mailing | None, vault: Vault) -> None:
    """This is what holds for the migration from now on."""
    connection.execute(update(migration).where(migration.c.id == migration_id).values(values(new, vault)))


def values(new: Mailing | None, vault: Vault) -> dict[str, object]:
    """By column."""
    if new is None:
        return {"mailing": "", "mailing_secret": None}
    plain = asdict(replace(new, password=None))
    del plain["password"]
    sealed = vault.seal(new.password) if new.password is not None else None
    return {"mailing": json.dumps(plain), "mailing_secret": sealed}


def mailing(text: str, sealed: bytes | None, vault: Vault) -> Mailing | None:
    """What the columns say."""
    if not text:
        return None
    plain = json.loads(text)
    password = vault.open(sealed) if sealed is not None else None
    return Mailing(**{**plain, "security": Security(plain["security"])}, password=password)
