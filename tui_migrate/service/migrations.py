"""Migrations: looked at, made, changed, started, paused, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui_migrate.errors import BadInput, Problem, StillRunning
from tui_migrate.model import Account, AccountState, Migration, MigrationOverview, MigrationSpec, Secret, Wanted
from tui_migrate.service.changes import changes, listed, needs_pause, new_logins, new_proxy_logins
from tui_migrate.service.engine import Engine
from tui_migrate.service.logs import Logs
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, checks, events, glance, looks, migrations

if TYPE_CHECKING:
    from tui_migrate.store.database import Transaction


class Migrations:
    """The migrations of an open store."""

    def __init__(self, store: OpenStore, engine: Engine, logs: Logs) -> None:
        self._store = store
        self._engine = engine
        self._logs = logs

    # Looking

    def listing(self) -> list[MigrationOverview]:
        """All migrations with their totals."""
        with self._store.look() as connection:
            return looks.migrations.overviews(connection, self._store.vault)

    def get(self, migration_id: int) -> MigrationOverview:
        """One migration. Raises NotFound."""
        with self._store.read() as connection:
            return migrations.overview(connection, migration_id, self._store.vault)

    def find(self, text: str, limit: int = 20) -> list[tuple[Migration, Account | None]]:
        """Migrations with this in their title, and accounts with it in a user's name, some of each."""
        with self._store.read() as connection:
            named = glance.migrations_named(connection, text, limit)
            found = accounts.several(connection, glance.accounts_named(connection, text, limit))
            ids = {*named, *(each.migration_id for each in found)}
            known = {each: migrations.get(connection, each, self._store.vault) for each in ids}
        return [(known[each], None) for each in named] + [(known[each.migration_id], each) for each in found]

    # Making and changing

    def form(self, migration: Migration | None = None) -> dict[str, str]:
        """The texts of a form's fields, by name: of this migration, or of a new one. No passwords."""
        from tui_migrate.config import form

        return form.write_form(migration)

    def read_form(
        self, texts: Mapping[str, str], passwords: Mapping[str, Secret], migration_id: int | None = None
    ) -> MigrationSpec:
        """The migration that the fields of a form describe; a password that is not typed is the one that this migration
        has. Raises BadInput, whose places are names of fields, and NotFound."""
        from tui_migrate.config import form

        with self._store.read() as connection:
            own = migrations.get(connection, migration_id, self._store.vault) if migration_id is not None else None
            others = migrations.titles(connection, but=migration_id)
        return form.read_form(texts, passwords, own, others)

    def create(self, spec: MigrationSpec) -> int:
        """Store a new migration, and return its id. Raises BadInput when its title is taken."""
        with self._store.write() as connection:
            _refuse_title(connection, spec.title)
            migration_id = migrations.create(connection, spec, self._store.vault)
            what = f"created the migration {spec.title}"
            events.add(connection, self._store.who, what, migration_id=migration_id)
        return migration_id

    def change(self, migration_id: int, spec: MigrationSpec) -> None:
        """Bring a migration to what `spec` says; one that is running goes on by it. Raises NotFound, BadInput when its
        title is another's, and StillRunning when it is being copied and something changes that cannot change then."""
        with self._store.write() as connection:
            self.put(connection, migration_id, spec)

    def put(self, connection: Transaction, migration_id: int, spec: MigrationSpec) -> None:
        """Bring a migration to what `spec` says, in a transaction of the caller's. Raises what `change` raises."""
        before = migrations.get(connection, migration_id, self._store.vault)
        if words := needs_pause(before, spec):
            self._refuse_while_copying(connection, before, f", to change {listed(words)}. Nothing was saved")
        _refuse_title(connection, spec.title, but=migration_id)
        if words := changes(before, spec):
            events.add(connection, self._store.who, f"changed {listed(words)}", migration_id=migration_id)
        if _other_mailboxes(before, spec):
            checks.forget(connection, [each.id for each in accounts.listing(connection, migration_id)])
        if new_logins(before, spec) or new_proxy_logins(before, spec):
            from tui_migrate.engine.failures import LOGINS

            held = [each.id for each in accounts.listing(connection, migration_id) if each.needs_admin]
            accounts.ask_again(connection, sorted(events.with_failures(connection, held, LOGINS)))
        migrations.change(connection, migration_id, spec, self._store.vault)

    def delete(self, migration_id: int) -> None:
        """Forget a migration and all its records. No mail is touched. Raises StillRunning when it is being copied."""
        with self._store.write() as connection:
            migration = migrations.get(connection, migration_id, self._store.vault)
            self._refuse_while_copying(connection, migration)
            migrations.delete(connection, migration_id)
            events.add(connection, self._store.who, f"deleted the migration {migration.title}")
        self._logs.forget_traces()

    def _refuse_while_copying(self, connection: Transaction, migration: Migration, purpose: str = "") -> None:
        if migration.id in accounts.active(connection) and self._store.has_engine:
            raise StillRunning(
                f"{migration.title} is being copied: pause it first, and wait until it is paused{purpose}."
            )

    # Starting and pausing

    def start(self, migration_id: int, *, everything: bool = False, with_engine: bool = True) -> None:
        """Start a migration or go on with it; what failed, or was paused by a full mailbox, is tried again.

        When nothing else is left to do, or with `everything`, the accounts that are done get another pass: new mail and
        changed flags. Starts the engine when none runs.
        """
        with self._store.write() as connection:
            all_accounts = accounts.listing(connection, migration_id)
            again = [each.id for each in all_accounts if each.state is AccountState.FAILED or each.needs_admin]
            if everything or all(each.state.ended for each in all_accounts):
                again = [each.id for each in all_accounts if each.state.ended or each.needs_admin]
            accounts.ask_again(connection, again)
            accounts.want_all(connection, migration_id, Wanted.IDLE, Wanted.RUN)
            migrations.want(connection, migration_id, Wanted.RUN)
            events.add(connection, self._store.who, "started the migration", migration_id=migration_id)
        if with_engine:
            self._engine.ensure_running()

    def pause(self, migration_id: int) -> None:
        """Pause a migration: what is in flight is finished, nothing new begins."""
        with self._store.write() as connection:
            migrations.want(connection, migration_id, Wanted.PAUSE)
            events.add(connection, self._store.who, "paused the migration", migration_id=migration_id)

    def pause_all(self) -> list[str]:
        """Pause every migration that is started. Returns their titles."""
        return self._want_all(Wanted.RUN, Wanted.PAUSE, "paused the migration, with all others")

    def start_all(self) -> list[str]:
        """Go on with every migration that is paused, where it was: nothing is tried again, and what was never started
        stays so. Returns their titles. Starts the engine when none runs."""
        titles = self._want_all(Wanted.PAUSE, Wanted.RUN, "went on with the migration, and all others")
        if titles:
            self._engine.ensure_running()
        return titles

    def _want_all(self, before: Wanted, wanted: Wanted, what: str) -> list[str]:
        with self._store.write() as connection:
            titles = migrations.want_of_all(connection, before, wanted)
            for migration_id in titles:
                events.add(connection, self._store.who, what, migration_id=migration_id)
        return [*titles.values()]


def _other_mailboxes(before: Migration, spec: MigrationSpec) -> bool:
    """True when a change means other mailboxes, of which nothing is known that was found out about those before."""
    sides = ((before.source, spec.source), (before.destination, spec.destination))
    return new_logins(before, spec) or any(old.key != new.key for old, new in sides)


def _refuse_title(connection: Transaction, title: str, but: int | None = None) -> None:
    if title in migrations.titles(connection, but=but):
        from tui_migrate.config import form

        raise BadInput([Problem("title", form.TAKEN)])
