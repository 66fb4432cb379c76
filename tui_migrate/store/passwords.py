"""The passwords of accounts: each sealed for the servers and mailboxes that it was given for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select, update

from tui_migrate.model import Secret
from tui_migrate.store.schema import account
from tui_migrate.store.vault import Vault

Bond = tuple[str, ...]
Ends = tuple[Bond, Bond]
"""Of the source server and of the destination server."""


def values(
    users: tuple[str, str], passwords: tuple[Secret, Secret | None], ends: Ends, vault: Vault
) -> dict[str, bytes | None]:
    """The passwords of an account, by column. Of two mailboxes with one password the source's is bound to both: it is
    sent to both."""
    source, destination = passwords
    mine, theirs = _bonds(users, ends, shared=destination is None)
    return {
        "source_secret": vault.seal(source, mine),
        "destination_secret": vault.seal(destination, theirs) if destination is not None else None,
    }


def passwords(row: Row[tuple[object, ...]], ends: Ends, vault: Vault) -> tuple[Secret, Secret | None]:
    """The passwords that the columns hold; None: the same as the source's."""
    users, shared = (row.source_user, row.destination_user), row.destination_secret is None
    mine, theirs = _bonds(users, ends, shared=shared)
    destination = None if shared else vault.open(row.destination_secret, theirs)
    return vault.open(row.source_secret, mine), destination


def reseal(connection: Connection, migration_id: int, before: Ends, after: Ends, vault: Vault) -> None:
    """Seal the passwords of a migration for other servers, as the admin says."""
    if before == after:
        return
    for row in connection.execute(select(account).where(account.c.migration_id == migration_id)).all():
        users = row.source_user, row.destination_user
        again = values(users, passwords(row, before, vault), after, vault)
        connection.execute(update(account).where(account.c.id == row.id).values(again))


def _bonds(users: Sequence[str], ends: Ends, *, shared: bool) -> tuple[Bond, Bond]:
    source, destination = ((*end, user) for end, user in zip(ends, users, strict=True))
    return (*source, *destination) if shared else source, destination
