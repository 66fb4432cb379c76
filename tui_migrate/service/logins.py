"""Logins: proven for one account, or for many side by side before or after they are stored.

What asks a server is blocking, or runs in the named threads of a `Proving`, which tell of it as it goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isinf

from tui_migrate.engine.turns.hours import rest, spell
from tui_migrate.errors import MigrateError
from tui_migrate.mail.prove import Inside as Inside
from tui_migrate.mail.prove import Job, Proof, Proving, look_inside
from tui_migrate.model import AccountSpec, Login, Migration, Side
from tui_migrate.service import proofs
from tui_migrate.service.accounts import Accounts
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, grants, migrations

__all__ = ["Logins", "Proof", "Proving", "logins"]


class Logins:
    """The logins of accounts, stored or not."""

    def __init__(self, store: OpenStore, mailboxes: Mailboxes, accounts: Accounts) -> None:
        self._store = store
        self._slots = mailboxes.slots
        self._accounts = accounts
        self._provings: list[Proving] = []

    def blackout(self, migration: Migration) -> str:
        """What is said when logins are proven while a server is to be left alone: who asks for it by hand gets it.
        Empty at other times."""
        now = time.time()
        for server in (migration.source, migration.destination):
            if (found := rest(server.blackouts, now)) is not None:
                until = "" if isinf(found.until) else f" until {spell(found.until, found.time_zone, now)}"
                return f"{server.place} is in a blackout{until}; its logins are proven all the same, because you ask."
        return ""

    def prove(self, side: Side, migration: Migration, login: Login) -> Inside:
        """What this login leads to. Blocks for up to a minute. Raises MailError."""
        server = migration.server(side)
        found = grants.of(server, side, migration.id, self._store.database, self._store.vault)
        with self._slots.hold(server):
            return look_inside(side, server, replace(login, grants=found))

    def prove_new(
        self,
        migration: Migration,
        specs: Mapping[int, AccountSpec],
        told: Callable[[Proof], None],
        ended: Callable[[], None],
    ) -> Proving:
        """Prove the logins of these and store each account as it passes. See `Proving` for `told` and `ended`."""

        def passed(proof: Proof) -> None:
            trouble = None
            if not proof.errors:
                try:
                    self._accounts.add(migration.id, specs[proof.key], proven=True)
                except MigrateError as error:
                    trouble = error
            told(replace(proof, trouble=trouble))

        jobs = [Job(key, logins(migration, spec)) for key, spec in specs.items()]
        return self._proving(migration, jobs, passed, ended)

    def prove_stored(
        self, account_ids: Sequence[int], told: Callable[[Proof], None], ended: Callable[[], None]
    ) -> Proving:
        """Prove the logins of stored accounts of one migration. What is refused becomes a failure of the account; what
        is accepted ends such a failure."""
        with self._store.read() as connection:
            found = accounts.several(connection, account_ids)
            migration = migrations.get(connection, found[0].migration_id, self._store.vault)
            jobs = [Job(each.id, accounts.logins(connection, each.id, migration, self._store.vault)) for each in found]

        def passed(proof: Proof) -> None:
            trouble = None
            try:
                with self._store.write() as connection:
                    proofs.record(connection, proof, self._store.who)
            except MigrateError as error:
                trouble = error
            told(replace(proof, trouble=trouble))

        return self._proving(migration, jobs, passed, ended)

    def stop(self) -> None:
        """Begin no more proofs, and neither tell of nor store those that are under way."""
        for proving in self._provings:
            proving.stop()

    def _proving(
        self, migration: Migration, jobs: Sequence[Job], told: Callable[[Proof], None], ended: Callable[[], None]
    ) -> Proving:
        store = self._store
        jobs = [Job(each.key, grants.lent(each.logins, migration, store.database, store.vault)) for each in jobs]
        proving = Proving((migration.source, migration.destination), jobs, self._slots, told, ended)
        self._provings = [each for each in self._provings if not each.is_over] + [proving]
        proving.start()
        return proving


def logins(migration: Migration, spec: AccountSpec) -> tuple[Login, Login]:
    """Source and destination login of an account that may not be stored yet."""
    theirs = spec.destination_password or spec.source_password
    return (
        migration.source.login(spec.source_user, spec.source_password, spec.path),
        migration.destination.login(spec.destination_user, theirs),
    )
