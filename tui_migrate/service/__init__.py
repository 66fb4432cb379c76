"""The use cases: all that a front end can ask for. The dashboard and the command line call nothing else.

What the admin wants is written into the store; the engine reads it there.
Nothing here waits for the engine."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tui_migrate.config import form
from tui_migrate.config.paths import Paths, find
from tui_migrate.config.plan import Plan, load_plan
from tui_migrate.engine import process
from tui_migrate.errors import BadInput, NotFound, Problem, StillRunning
from tui_migrate.mail.probe import Probe, probe
from tui_migrate.mail.tls import Certificate
from tui_migrate.model import (
    Account,
    AccountState,
    Event,
    FolderProgress,
    Login,
    Migration,
    MigrationOverview,
    MigrationSpec,
    Pace,
    Secret,
    Server,
    Wanted,
)
from tui_migrate.service.atlas import Atlas
from tui_migrate.service.bundle import Bundles
from tui_migrate.service.casebook import Casebook
from tui_migrate.service.changes import changes, listed, needs_pause, new_logins
from tui_migrate.service.follow import LEVELS, Followed, LogLine, wanted
from tui_migrate.service.postroom import Postroom
from tui_migrate.service.preflight import Preflight
from tui_migrate.service.rounds import Rounds
from tui_migrate.service.scribe import Scribe
from tui_migrate.store import accounts, checkups, events, glance, migrations, progress, rules
from tui_migrate.store.accounts import Imported
from tui_migrate.store.database import Database, Transaction
from tui_migrate.store.vault import Vault

__all__ = [
    "EVENTS_PAGE",
    "LEVELS",
    "Certificate",
    "Followed",
    "LogLine",
    "Probe",
    "Service",
    "open_for",
    "open_service",
    "stop_engine",
    "wanted",
]

EVENTS_PAGE = events.PAGE
"""Events that are read at once."""


class Service(Preflight, Rounds, Casebook, Atlas, Scribe, Postroom, Bundles):
    """One open store. Raises StoreUnusable, NotFound."""

    def __init__(self, paths: Paths, who: str | None = None) -> None:
        paths.prepare()
        database = Database(paths.database, lambda: process.holder(paths.lock_file))
        super().__init__(paths, database, Vault(paths.key_file), who or getpass.getuser())

    def close(self) -> None:
        """Close the store."""
        self.stop_proving()
        self.database.close()

    # Looking

    @property
    def upgraded(self) -> str:
        """A sentence for the admin when this opening has upgraded the store: where it lies as it was."""
        return self.database.upgraded

    def migrations(self) -> list[MigrationOverview]:
        """All migrations with their totals."""
        with self.database.read() as connection:
            return migrations.overviews(connection, self.vault)

    def migration(self, migration_id: int) -> MigrationOverview:
        """One migration. Raises NotFound."""
        for overview in self.migrations():
            if overview.migration.id == migration_id:
                return overview
        raise NotFound(f"There is no migration {migration_id}.")

    def accounts(self, migration_id: int) -> list[Account]:
        """The accounts of a migration in the order in which they run."""
        with self.database.read() as connection:
            return accounts.listing(connection, migration_id)

    def account(self, account_id: int) -> Account:
        """One account. Raises NotFound."""
        with self.database.read() as connection:
            return accounts.get(connection, account_id)

    def folders(self, account_id: int) -> list[FolderProgress]:
        """The folders of an account with the numbers of its last pass."""
        with self.database.read() as connection:
            return progress.folder_progress(connection, account_id)

    def pace(self, account_id: int) -> Pace:
        """Where the account's time went in its last pass, and how fast it was lately."""
        with self.database.read() as connection:
            return progress.pace(connection, account_id)

    def events(
        self,
        *,
        migration_id: int | None = None,
        account_id: int | None = None,
        who: str = "",
        text: str = "",
        after: int = 0,
        before: int | None = None,
        limit: int = events.PAGE,
    ) -> list[Event]:
        """The audit trail, the newest first: a page of those `after` and `before` these ids, by whoever's name begins
        with `who`, with this `text`."""
        with self.database.read() as connection:
            return events.listing(
                connection,
                migration_id=migration_id,
                account_id=account_id,
                who=who,
                text=text,
                after=after,
                before=before,
                limit=limit,
            )

    def find(self, text: str, limit: int = 20) -> list[tuple[Migration, Account | None]]:
        """Migrations with this in their title, and accounts with it in a user's name, some of each."""
        with self.database.read() as connection:
            known = {each.id: each for each in migrations.listing(connection, self.vault)}
            named = glance.migrations_named(connection, text, limit)
            found = accounts.several(connection, glance.accounts_named(connection, text, limit))
        return [(known[each], None) for each in named] + [(known[each.migration_id], each) for each in found]

    def migration_form(self, migration: Migration | None = None) -> dict[str, str]:
        """The texts of a form's fields, by name: of this migration, or of a new one. No passwords."""
        return form.write_form(migration)

    def read_migration(
        self, texts: Mapping[str, str], passwords: Mapping[str, Secret], migration_id: int | None = None
    ) -> MigrationSpec:
        """What the fields of a form say; a password that is not typed is the one that this migration has.
        Raises BadInput, whose places are names of fields, and NotFound."""
        own = self._own(migration_id)
        with self.database.read() as connection:
            others = migrations.titles(connection, but=migration_id)
        return form.read_form(texts, passwords, own, others)

    def try_server(
        self, side: str, texts: Mapping[str, str], passwords: Mapping[str, Secret], migration_id: int | None = None
    ) -> Probe:
        """Test the server of one side of a form, before it is saved. Raises BadInput as `read_migration` does."""
        return self.test_server(*form.read_trial(side, texts, passwords, self._own(migration_id)))

    def test_server(self, server: Server, login: Login | None = None) -> Probe:
        """What a server shows of itself, and what stands in its way. Waits for the server, half a minute at worst."""
        return probe(server, login, lessons=self.lessons(server))

    # Acting

    def create_migration(self, spec: MigrationSpec) -> int:
        """Store a new migration, and return its id. Raises BadInput when its title is taken."""
        with self.database.write() as connection:
            _refuse_title(spec.title, migrations.titles(connection))
            migration_id = migrations.create(connection, spec, self.vault)
            events.add(connection, self.who, f"created the migration {spec.title}", migration_id=migration_id)
        return migration_id

    def change_migration(self, migration_id: int, spec: MigrationSpec) -> None:
        """Bring a migration to what `spec` says; one that is running goes on by it. Raises NotFound, BadInput when its
        title is another's, and StillRunning when it is being copied and something changes that cannot change then."""
        self._refuse_change(migration_id, spec)
        with self.database.write() as connection:
            _refuse_title(spec.title, migrations.titles(connection, but=migration_id))
            self._note_changes(connection, migration_id, spec)
            migrations.change(connection, migration_id, spec, self.vault)

    def import_plan(self, plan: Plan) -> tuple[int, Imported]:
        """Create or update the plan's migration and its accounts, in one transaction. Returns its id and what changed.
        Raises StillRunning as `change_migration` does."""
        with self.database.read() as connection:
            known = migrations.titled(connection, plan.migration.title)
        if known is not None:
            self._refuse_change(known, plan.migration)
        with self.database.write() as connection:
            if known is not None:
                self._note_changes(connection, known, plan.migration)
            migration_id = migrations.save(connection, plan.migration, self.vault)
            imported = accounts.save(connection, migration_id, plan.accounts, self.vault)
            for rule in plan.rules:
                rules.put(connection, migration_id, rule)
            for user, some in plan.account_rules.items():
                account_id = accounts.find(connection, migration_id, user)
                for rule in some:
                    rules.put(connection, migration_id, replace(rule, account_id=account_id))
            numbers = f"{len(imported.added)} added, {len(imported.changed)} changed, {len(imported.same)} unchanged"
            what = f"imported {plan.path.name}: accounts {numbers}"
            events.add(connection, self.who, what, migration_id=migration_id)
        return migration_id, imported

    def start(self, migration_id: int, *, everything: bool = False, with_engine: bool = True) -> None:
        """Start a migration or go on with it; what failed, or was paused by a full mailbox, is tried again.

        When nothing else is left to do, or with `everything`, the accounts that are done get another pass: new mail and
        changed flags. Starts the engine when none runs.
        """
        with self.database.write() as connection:
            all_accounts = accounts.listing(connection, migration_id)
            again = [each.id for each in all_accounts if each.state is AccountState.FAILED or each.needs_admin]
            if everything or all(each.state.ended for each in all_accounts):
                again = [each.id for each in all_accounts if each.state.ended or each.needs_admin]
            accounts.ask_again(connection, again)
            accounts.want_all(connection, migration_id, Wanted.IDLE, Wanted.RUN)
            migrations.want(connection, migration_id, Wanted.RUN)
            events.add(connection, self.who, "started the migration", migration_id=migration_id)
        if with_engine:
            self.ensure_engine()

    def pause(self, migration_id: int) -> None:
        """Pause a migration: what is in flight is finished, nothing new begins."""
        with self.database.write() as connection:
            migrations.want(connection, migration_id, Wanted.PAUSE)
            events.add(connection, self.who, "paused the migration", migration_id=migration_id)

    def pause_all(self) -> list[str]:
        """Pause every migration that is started. Returns their titles."""
        return self._want_all(Wanted.RUN, Wanted.PAUSE, "paused the migration, with all others")

    def start_all(self) -> list[str]:
        """Go on with every migration that is paused, where it was: nothing is tried again, and what was never started
        stays so. Returns their titles. Starts the engine when none runs."""
        titles = self._want_all(Wanted.PAUSE, Wanted.RUN, "went on with the migration, and all others")
        if titles:
            self.ensure_engine()
        return titles

    def _want_all(self, now: Wanted, then: Wanted, what: str) -> list[str]:
        with self.database.write() as connection:
            found = [each for each in migrations.listing(connection, self.vault) if each.wanted is now]
            for each in found:
                migrations.want(connection, each.id, then)
                events.add(connection, self.who, what, migration_id=each.id)
        return [each.title for each in found]

    def delete_migration(self, migration_id: int) -> None:
        """Forget a migration and all its records. No mail is touched."""
        title = self._refuse_while_copying(migration_id)
        with self.database.write() as connection:
            migrations.delete(connection, migration_id)
            events.add(connection, self.who, f"deleted the migration {title}")
        self.forget_traces()

    def _own(self, migration_id: int | None) -> Migration | None:
        if migration_id is None:
            return None
        with self.database.read() as connection:
            return migrations.get(connection, migration_id, self.vault)

    def _note_changes(self, connection: Transaction, migration_id: int, spec: MigrationSpec) -> None:
        before = migrations.get(connection, migration_id, self.vault)
        if words := changes(before, spec):
            events.add(connection, self.who, f"changed {listed(words)}", migration_id=migration_id)
        if _other_mailboxes(before, spec):
            checkups.forget(connection, [each.id for each in accounts.listing(connection, migration_id)])
        if new_logins(before, spec):
            held = [each.id for each in accounts.listing(connection, migration_id) if each.needs_admin]
            accounts.ask_again(connection, sorted(events.refused(connection, held)))

    def _refuse_change(self, migration_id: int, spec: MigrationSpec) -> None:
        if words := needs_pause(self.migration(migration_id).migration, spec):
            self._refuse_while_copying(migration_id, f", to change {listed(words)}. Nothing was saved")

    def _refuse_while_copying(self, migration_id: int, purpose: str = "") -> str:
        """The title of a migration that nobody works on. What a dead engine has left as active does not count."""
        overview = self.migration(migration_id)
        title = overview.migration.title
        active = any(number and state.active for state, number in overview.accounts_by_state.items())
        if active and process.holder(self.paths.lock_file) is not None:
            raise StillRunning(f"{title} is being copied: pause it first, and wait until it is paused{purpose}.")
        return title


def _other_mailboxes(before: Migration, spec: MigrationSpec) -> bool:
    """True when what was found out about the mailboxes says nothing of those that are meant now."""
    sides = ((before.source, spec.source), (before.destination, spec.destination))
    return new_logins(before, spec) or any(old.key != new.key for old, new in sides)


def _refuse_title(title: str, others: Sequence[str]) -> None:
    if title in others:
        raise BadInput([Problem("title", form.TAKEN)])


def open_service(data_dir: Path | None) -> Service:
    """The service on the store in `data_dir`, or where the environment or the platform says."""
    return Service(find(data_dir))


def stop_engine(data_dir: Path | None) -> bool:
    """Stop the background engine of that store as `Service.stop_engine` does, and leave the store alone: one of an
    older version is upgraded when no engine works on it any more."""
    return process.terminate(find(data_dir).lock_file)


def open_for(path: Path, data_dir: Path | None) -> tuple[Service, Plan]:
    """The service on that store, and the plan at `path` for it. Where there is no store yet, a plan with mistakes makes
    none. Raises BadInput."""
    if not find(data_dir).database.exists():
        load_plan(path)
    service = open_service(data_dir)
    return service, service.read_plan(path)
