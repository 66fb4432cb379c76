"""What every part of the service works on: an open store, the files beside it, and in whose name."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tui_migrate.config.paths import Paths
from tui_migrate.engine import process
from tui_migrate.model import Account
from tui_migrate.ownership import user_name
from tui_migrate.store import accounts, events
from tui_migrate.store.database import Database, Transaction
from tui_migrate.store.vault import Vault


@dataclass(frozen=True, slots=True)
class OpenStore:
    """An open store. Raises StoreUnusable."""

    paths: Paths
    database: Database
    vault: Vault
    who: str
    """Whose acts these are, in the audit trail."""

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view."""
        return self.database.read()

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction, committed at the end or not at all."""
        return self.database.write()

    @property
    def has_engine(self) -> bool:
        """True while an engine has the store. What a dead engine has left as active is not active."""
        return process.holder(self.paths.lock_file) is not None

    def note_each(self, connection: Transaction, account_ids: Sequence[int], what: str) -> list[Account]:
        """Write the same event for each account; `{}` in `what` is its user. Returns the accounts that there are."""
        found = accounts.several(connection, account_ids)
        events.add_each(connection, self.who, ((what.format(each.source_user), each) for each in found))
        return found


def open_store(paths: Paths, who: str | None = None) -> OpenStore:
    """The store at these paths, which is made when it is not there. `who`: the admin; else who this process runs as."""
    paths.prepare()
    vault = Vault(paths.key_file)  # first: where the key is refused no store is left open, or upgraded without it
    database = Database(paths.database, lambda: process.holder(paths.lock_file), paths.key_file)
    return OpenStore(paths, database, vault, who or user_name())
