"""The mailboxes of accounts opened beside the engine: no more of them than a server is to have, and each as the server
wants it, as far as that was learned.

Whoever opens one waits for its server, in a thread of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property

from tui_migrate.errors import StoreUnusable
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.lessons import Experience, Lessons
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.mail.prove import Slots
from tui_migrate.model import Account, Login, Migration, Server
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, grants, lessons, looks, migrations, ordinals
from tui_migrate.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Ends:
    """An account's mailboxes at source and destination, and who logs in there."""

    account: Account
    migration: Migration
    logins: tuple[Login, Login]


class Mailboxes:
    """Opens the mailboxes of accounts in an open store."""

    def __init__(self, store: OpenStore) -> None:
        self._store = store
        self._entering = threading.Lock()
        self.slots = Slots(self._engine_connections)
        """Connections by server."""

    def ends(self, connection: Transaction, account_id: int) -> Ends:
        """How an account's mailboxes are opened. Raises NotFound."""
        account = accounts.get(connection, account_id)
        migration = migrations.get(connection, account.migration_id, self._store.vault)
        vault = self._store.vault
        logins = accounts.logins(connection, account_id, migration, vault)
        return Ends(account, migration, grants.lent(logins, migration, self._store.database, vault))

    def open_source(self, ends: Ends) -> MailSource:
        """Open the source. To be closed by the caller. Raises MailError."""
        server = ends.migration.source
        kept, learned = _Foreseen(self._store, ends.account.id), self.experience.of(server)
        spool = self._store.paths.spool_dir
        return open_source(server, ends.logins[0], spool, kept.foresee, lessons=learned, states=kept)

    def open_destination(self, ends: Ends) -> MailDestination:
        """Open the destination. To be closed by the caller. Raises MailError."""
        server = ends.migration.destination
        return open_destination(server, ends.logins[1], self._store.paths.spool_dir, lessons=self.experience.of(server))

    @contextmanager
    def connections(self, migration: Migration) -> Iterator[ExitStack]:
        """While inside, one connection to either server is ours. What is opened is closed before they are given back,
        if it is given to this stack."""
        with ExitStack() as stack:
            with self._entering:  # two accounts that each had one of a server's last two would wait for each other
                for server in (migration.source, migration.destination):
                    stack.enter_context(self.slots.hold(server))
            yield stack

    def lessons(self, server: Server) -> Lessons:
        """What the engine has learned of a server. What is learned besides is not kept: it alone writes what is so."""
        with self._store.read() as connection:
            return Lessons(lessons.listing(connection).get(server.key, ()))

    @cached_property
    def experience(self) -> Experience:
        """What the engine has learned of all servers, and what is learned from now on, for whatever opens mailboxes."""
        with self._store.read() as connection:
            return Experience(lessons.listing(connection))

    def _engine_connections(self, server: Server) -> int:
        """Connections to this server that the engine's accounts hold."""
        try:
            if not self._store.has_engine:
                return 0
            with self._store.read() as connection:
                active = accounts.active(connection)
                ends = migrations.keys(connection)
                beat = looks.engine.last_beat(connection)
        except StoreUnusable:
            return server.max_connections
        # The heartbeat lags a second behind: each account has one connection from its start.
        firsts = sum(active.get(each, 0) * keys.count(server.key) for each, keys in ends.items())
        told = beat.servers.get(server.key) if beat else None
        return max(firsts, told.used if told else 0)


class _Foreseen:
    """What the engine remembers of an account's source folders, or will: nothing is written here."""

    def __init__(self, store: OpenStore, account_id: int) -> None:
        self._store = store
        self._of = account_id

    def foresee(self, folder: bytes, names: Sequence[str]) -> tuple[int, Sequence[int]]:
        """See `Ordinals`."""
        with self._store.read() as connection:
            return ordinals.foresee(connection, self._of, folder, names)

    def kept(self, folder: bytes) -> None:
        """None: who looks at all there is does not ask what has changed."""

    def keep(self, folder: bytes, state: bytes) -> str:
        """No token, for the same reason."""
        return ""

    def add(self, folder: bytes, names: Sequence[str]) -> Sequence[int]:
        """See `States`, as for all that follows."""
        return self.foresee(folder, names)[1]

    def known(self, folder: bytes, names: Sequence[str]) -> Mapping[str, int]:
        with self._store.read() as connection:
            return ordinals.known(connection, self._of, folder, names)

    def names(self, folder: bytes, uids: Sequence[int]) -> Mapping[int, str]:
        with self._store.read() as connection:
            return ordinals.names(connection, self._of, folder, uids)

    def series(self, folder: bytes) -> int:
        with self._store.read() as connection:
            return ordinals.series_of(connection, self._of, folder)
