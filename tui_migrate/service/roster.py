"""The use cases about accounts: read from lists, proven, added, changed, started, deleted. Part of the service.

What asks a mail server is blocking, or runs in the named threads of a `Proving`, which tell of it as it goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isinf
from pathlib import Path

from tui_migrate.config.accounts import Column, ListRow, Mistake, check_account, load_rows, mark_doubles, read_list
from tui_migrate.config.paths import Paths
from tui_migrate.config.readings import Reading, readings
from tui_migrate.engine import process
from tui_migrate.engine.turns.hours import rest, spell
from tui_migrate.errors import BadInput, MigrateError, Problem, StillRunning, StoreUnusable
from tui_migrate.mail.prove import Job, Proof, Proving, Slots, folder_names
from tui_migrate.model import Account, AccountSpec, AccountState, Login, Migration, Secret, Server, Wanted
from tui_migrate.service.keeper import Keeper
from tui_migrate.store import accounts, checkups, events, migrations, progress
from tui_migrate.store.accounts import Novelty
from tui_migrate.store.database import Database, Transaction
from tui_migrate.store.vault import Vault

__all__ = ["Column", "ListRow", "Mistake", "Novelty", "Proof", "Proving", "Reading", "Roster"]

NOT_PROVEN = "Its logins were not proven when it was stored."
WORKS_NOW = "Both logins are accepted now: retry the account."


class Roster(Keeper):
    """The accounts in an open store. Raises StoreUnusable, NotFound."""

    def __init__(self, paths: Paths, database: Database, vault: Vault, who: str) -> None:
        super().__init__(paths, database, vault, who)
        self._slots = Slots(self._engine_connections)
        self._provings: list[Proving] = []

    def stop_proving(self) -> None:
        """No proof begins any more, and none that is under way is told of or stored."""
        for proving in self._provings:
            proving.stop()

    # Lists

    def readings(self, migration: Migration, path: Path) -> list[Reading]:
        """The encodings among which the admin is to choose for an account list, with what its users are called in each;
        none where its own can be told. Raises BadInput when it is no text file."""
        return readings(read_list(path), path.name, **_admins(migration))

    def read_list(self, migration: Migration, path: Path, encoding: str = "") -> list[ListRow]:
        """The good and the bad rows of an account list; an account that is stored already keeps its passwords where the
        list has none. `encoding`: the one that the admin says it has. Raises BadInput when it is no list at all."""
        with self.database.read() as connection:
            stored = {each.source_user: each for each in accounts.specs(connection, migration.id, self.vault)}
        return load_rows(path, encoding=encoding, **_admins(migration), stored=stored)

    def corrected(self, migration: Migration, rows: Sequence[ListRow], changed: ListRow | None = None) -> list[ListRow]:
        """The rows of a list after one was changed or taken away."""
        if changed is not None:
            checked = replace(changed, mistakes=tuple(check_account(changed.spec, **_admins(migration))))
            rows = [checked if row.line == changed.line else row for row in rows]
        return mark_doubles(rows)

    def compare(self, migration_id: int, specs: Sequence[AccountSpec]) -> dict[str, Novelty]:
        """Which of these are new, which differ from what is stored, and which do not; by source user."""
        with self.database.read() as connection:
            return accounts.compare(connection, migration_id, specs, self.vault)

    # Proving

    def blackout(self, migration: Migration) -> str:
        """Said when logins are proven while a server is to be left alone: who asks for it by hand gets it. Empty at
        other times."""
        now = time.time()
        for server in (migration.source, migration.destination):
            if (found := rest(server.blackouts, now)) is not None:
                until = "" if isinf(found.until) else f" until {spell(found.until, found.time_zone, now)}"
                return f"{server.host} is in a blackout{until}; its logins are proven all the same, because you ask."
        return ""

    def prove(self, server: Server, login: Login) -> list[str]:
        """The folders that this login leads to. Blocks for up to a minute. Raises MailError."""
        with self._slots.hold(server):
            return folder_names(server, login)

    def prove_list(
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
                    self.add_account(migration.id, specs[proof.key], proven=True)
                except MigrateError as error:
                    trouble = error
            told(replace(proof, trouble=trouble))

        jobs = [Job(key, logins(migration, spec)) for key, spec in specs.items()]
        return self._proving(migration, jobs, passed, ended)

    def verify(self, account_ids: Sequence[int], told: Callable[[Proof], None], ended: Callable[[], None]) -> Proving:
        """Prove the logins of stored accounts of one migration. What is refused becomes a failure of the account; what
        is accepted ends such a failure."""
        with self.database.read() as connection:
            found = accounts.several(connection, account_ids)
            migration = migrations.get(connection, found[0].migration_id, self.vault)
            jobs = [Job(each.id, accounts.logins(connection, each.id, migration, self.vault)) for each in found]

        def passed(proof: Proof) -> None:
            trouble = None
            try:
                with self.database.write() as connection:
                    self._record(connection, proof)
            except MigrateError as error:
                trouble = error
            told(replace(proof, trouble=trouble))

        return self._proving(migration, jobs, passed, ended)

    def _proving(
        self, migration: Migration, jobs: Sequence[Job], told: Callable[[Proof], None], ended: Callable[[], None]
    ) -> Proving:
        proving = Proving((migration.source, migration.destination), jobs, self._slots, told, ended)
        self._provings = [each for each in self._provings if not each.is_over] + [proving]
        proving.start()
        return proving

    def _engine_connections(self, server: Server) -> int:
        """Connections to this server that the engine's accounts hold."""
        try:
            if process.holder(self.paths.lock_file) is None:
                return 0
            with self.database.read() as connection:
                active = accounts.active(connection)
                known = migrations.listing(connection, self.vault)
                beat = progress.last_beat(connection)
        except StoreUnusable:
            return server.max_connections
        ends = [(active.get(each.id, 0), (each.source.key, each.destination.key)) for each in known]
        firsts = sum(number * keys.count(server.key) for number, keys in ends)  # the heartbeat lags a second behind
        told = beat.servers.get(server.key) if beat else None
        return max(firsts, told.used if told else 0)

    def _record(self, connection: Transaction, proof: Proof) -> None:
        account = accounts.get(connection, proof.key)
        idle = not account.state.active
        if proof.errors:
            for error in proof.errors:
                events.record_refusal(connection, account.id, error)
            first = proof.errors[0]
            what = f"{account.source_user}: login not proven. {first.sentence}"
            # One that has copied already keeps its state: its numbers belong to it.
            if idle and not account.pass_number and not first.retry:
                accounts.set_state(connection, account.id, AccountState.FAILED, first.sentence, first.server_words)
        else:
            what = f"{account.source_user}: both logins proven"
            solved = events.resolve_refusals(connection, account.id)
            checkups.forget_refused_login(connection, account.id)
            if account.needs_admin and solved:
                accounts.ask_again(connection, [account.id])
                what += ": it goes on"
            elif idle and account.state is AccountState.FAILED and solved:
                accounts.set_state(connection, account.id, account.state, WORKS_NOW)
            elif account.detail == NOT_PROVEN:
                accounts.set_state(connection, account.id, account.state)
        events.add_each(connection, self.who, [(what, account)])

    # One account

    def check_account(self, migration: Migration, spec: AccountSpec, account_id: int | None = None) -> None:
        """Raises BadInput with all that is wrong with what was typed, each problem's place a heading of account lists.
        `account_id`: it is to replace this account."""
        mistakes = check_account(spec, **_admins(migration))
        problems = [Problem(mistake.column or "", mistake.text) for mistake in mistakes]
        with self.database.read() as connection:
            other = accounts.find(connection, migration.id, spec.source_user)
        if other not in (None, account_id):
            problems.append(Problem(Column.SOURCE, "is an account of this migration already"))
        if problems:
            raise BadInput(problems)

    def add_account(self, migration_id: int, spec: AccountSpec, *, proven: bool) -> None:
        """Store an account, or change the stored one of this source. `proven`: both logins were accepted."""
        with self.database.write() as connection:
            self._add(connection, migration_id, [spec], proven)

    def add_unproven(self, migration_id: int, specs: Sequence[AccountSpec]) -> None:
        """Store accounts whose logins nobody has tried, as the admin explicitly wishes; all of them or none."""
        with self.database.write() as connection:
            self._add(connection, migration_id, specs, False)

    def _add(self, connection: Transaction, migration_id: int, specs: Sequence[AccountSpec], proven: bool) -> None:
        outcome = accounts.save(connection, migration_id, specs, self.vault)
        for done, users in (("added", outcome.added), ("changed", outcome.changed)):
            self._stored(connection, accounts.of_users(connection, migration_id, users), done, proven)

    def completed(self, account_id: int, typed: AccountSpec) -> AccountSpec:
        """What was typed, with the stored passwords in the place of those left empty: a new password of the source
        leaves the destination's as it was, also where the two were the same."""
        with self.database.read() as connection:
            stored = accounts.spec_of(connection, account_id, self.vault)
        kept, destination = stored.source_password, typed.destination_password or stored.destination_password
        if typed.source_password not in (Secret(""), kept):
            destination = destination or (kept if kept != Secret("") else None)
            kept = typed.source_password
        return replace(typed, source_password=kept, destination_password=destination)

    def change_account(self, account_id: int, spec: AccountSpec, *, proven: bool) -> None:
        """Bring an account to what `spec` says. `proven`: both logins were accepted. One whose login was refused in the
        middle goes on by itself. Raises BadInput."""
        with self.database.write() as connection:
            waited = accounts.get(connection, account_id).needs_admin
            if accounts.change(connection, account_id, spec, self.vault):
                self._stored(connection, [accounts.get(connection, account_id)], "changed", proven)
            if proven:
                self._record(connection, Proof(account_id, None, None))
            account = accounts.get(connection, account_id)
            wanted = migrations.get(connection, account.migration_id, self.vault).wanted
        if waited and account.state is AccountState.WAITING and wanted is Wanted.RUN:
            self.ensure_engine()

    def _stored(self, connection: Transaction, found: Sequence[Account], done: str, proven: bool) -> None:
        how = "its logins proven" if proven else "its logins not proven"
        events.add_each(connection, self.who, ((f"{done} {each.source_user}, {how}", each) for each in found))
        for each in found:
            if each.state is AccountState.WAITING:
                accounts.set_state(connection, each.id, each.state, "" if proven else NOT_PROVEN)

    # Several accounts

    def failure_counts(self, migration_id: int) -> dict[int, int]:
        """Open failures by account, for those that have any."""
        with self.database.read() as connection:
            return events.failure_counts(connection, migration_id)

    def start_accounts(self, account_ids: Sequence[int]) -> None:
        """Go on with these accounts, or try them again. Where their migration is not running, the others stay as they
        are until it is started: so a few can be moved first, to see how it goes."""
        with self.database.write() as connection:
            found = self._say(connection, account_ids, "started {}")
            for migration_id in {each.migration_id for each in found}:
                if migrations.get(connection, migration_id, self.vault).wanted is not Wanted.RUN:
                    accounts.want_all(connection, migration_id, Wanted.RUN, Wanted.IDLE)
                migrations.want(connection, migration_id, Wanted.RUN)
            accounts.ask_again(connection, account_ids)
        self.ensure_engine()

    def pause_accounts(self, account_ids: Sequence[int]) -> None:
        """Pause these accounts."""
        with self.database.write() as connection:
            self._say(connection, account_ids, "paused {}")
            accounts.want(connection, account_ids, Wanted.PAUSE)

    def set_priority(self, account_ids: Sequence[int], priority: int) -> None:
        """1 runs first, 9 last. What runs already is left running."""
        with self.database.write() as connection:
            self._say(connection, account_ids, f"{{}}: priority {priority}")
            accounts.set_priority(connection, account_ids, priority)

    def delete_accounts(self, account_ids: Sequence[int]) -> None:
        """Forget these accounts and all our records of them. No mail is touched.
        Raises StillRunning when one is being copied; none is deleted then."""
        works = process.holder(self.paths.lock_file) is not None
        with self.database.write() as connection:
            found = accounts.several(connection, account_ids)
            busy = [each.source_user for each in found if works and each.state.active]
            if busy:
                others = f" and {len(busy) - 1:,} more" if len(busy) > 1 else ""
                raise StillRunning(f"Being copied, so nothing was deleted: {busy[0]}{others}. Pause first.")
            accounts.delete(connection, account_ids)
            for each in found:
                what = f"deleted the account {each.source_user}"
                events.add(connection, self.who, what, migration_id=each.migration_id)
        self.forget_traces()

    def _say(self, connection: Transaction, account_ids: Sequence[int], what: str) -> list[Account]:
        """The same event for each account; `{}` in `what` is its user. Returns the accounts that there are."""
        found = accounts.several(connection, account_ids)
        events.add_each(connection, self.who, ((what.format(each.source_user), each) for each in found))
        return found


def logins(migration: Migration, spec: AccountSpec) -> tuple[Login, Login]:
    """Source and destination login of an account that may not be stored yet."""
    return (
        Login(spec.source_user, spec.source_password, migration.source.admin, migration.source.token),
        Login(
            spec.destination_user,
            spec.destination_password or spec.source_password,
            migration.destination.admin,
            migration.destination.token,
        ),
    )


def _admins(migration: Migration) -> dict[str, bool]:
    """Which side has one login for all mailboxes, as the readers of lists want to know it."""
    return {
        "source_admin": not migration.source.own_passwords,
        "destination_admin": not migration.destination.own_passwords,
    }
