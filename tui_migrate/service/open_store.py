"""What every part of the service works on: an open store, the files beside it, and in whose name."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from tui_migrate.config.paths import Paths
from tui_migrate.engine import process
from tui_migrate.model import Account
from tui_migrate.ownership import user_name
from tui_migrate.store import accounts, events
from tui_migrate.store.looks.file import create_private, is_up_to_date, octets
from tui_migrate.store.looks.reading import Look, Looks
from tui_migrate.store.vault import Vault

if TYPE_CHECKING:
    from tui_migrate.store.database import Database, Transaction


class OpenStore:
    """An open store. Raises StoreUnusable."""

    def __init__(self, paths: Paths, who: str) -> None:
        self.paths = paths
        self.who = who
        """Whose acts these are, in the audit trail."""
        # First: where the key is refused no store is left open, or upgraded without it.
        self.vault = Vault(paths.key_file)
        create_private(paths.database)
        self._looks = Looks(paths.database)
        self._opening = threading.Lock()
        self._database: Database | None = None
        with self.look() as connection:
            new = is_up_to_date(connection)
        if not new:
            self._looks.close()
            self.database  # noqa: B018 - opening it makes it, or brings it up to date

    @property
    def database(self) -> Database:
        """The store for those who do more than look, opened when the first one comes: see `store`."""
        with self._opening:
            if self._database is None:
                from tui_migrate.store.database import Database

                lock = self.paths.lock_file
                self._database = Database(self.paths.database, lambda: process.holder(lock), self.paths.key_file)
            return self._database

    @property
    def upgraded(self) -> str:
        """Where the store lies as it was, as a sentence, when this opening has brought it up to date."""
        return self._database.upgraded if self._database is not None else ""

    @property
    def octets(self) -> int:
        """What the store takes on its disk."""
        return octets(self.paths.database)

    def look(self) -> AbstractContextManager[Look]:
        """A consistent view, for `store.looks`."""
        return self._looks.look()

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view, for every query."""
        return self.database.read()

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction, committed at the end or not at all."""
        return self.database.write()

    def close(self) -> None:
        """Release every connection."""
        self._looks.close()
        if self._database is not None:
            self._database.close()

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
    return OpenStore(paths, who or user_name())
