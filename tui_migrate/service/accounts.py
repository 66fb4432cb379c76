"""Accounts: looked at, added, changed, started, paused, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_migrate.errors import StillRunning
from tui_migrate.model import Account, AccountLine, AccountSpec, AccountState, Secret, Wanted
from tui_migrate.service.engine import Engine
from tui_migrate.service.logs import Logs
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, looks, migrations

if TYPE_CHECKING:
    from tui_migrate.store.database import Transaction


class Accounts:
    """The accounts in an open store."""

    def __init__(self, store: OpenStore, engine: Engine, logs: Logs) -> None:
        self._store = store
        self._engine = engine
        self._logs = logs

    def listing(self, migration_id: int, most: int | None = None) -> list[Account]:
        """The accounts of a migration in the order in which they run. `most`: where there are more, only so many: what
        is copied, what has failed or rests, what waits, what is done."""
        with self._store.look() as connection:
            if most is not None and looks.accounts.number(connection, migration_id) > most:
                return looks.accounts.first(connection, migration_id, most)
            return looks.accounts.listing(connection, migration_id)

    def lines(self, migration_id: int, most: int | None = None) -> list[AccountLine]:
        """The accounts of a migration in the order in which they run, in a few words each. `most`: of more only so
        many."""
        with self._store.look() as connection:
            return looks.accounts.lines(connection, migration_id, most)

    def several(self, account_ids: Sequence[int]) -> dict[int, Account]:
        """Those of these accounts that there are, by their ids."""
        with self._store.look() as connection:
            return {each.id: each for each in looks.accounts.several(connection, account_ids)}

    def get(self, account_id: int) -> Account:
        """One account. Raises NotFound."""
        with self._store.read() as connection:
            return accounts.get(connection, account_id)

    # Adding and changing

    def add(self, migration_id: int, spec: AccountSpec, *, proven: bool) -> None:
        """Store an account, or change the stored one of this source. `proven`: both logins were accepted."""
        with self._store.write() as connection:
            self._add(connection, migration_id, [spec], proven)

    def add_unproven(self, migration_id: int, specs: Sequence[AccountSpec]) -> None:
        """Store accounts whose logins nobody has tried, as the admin explicitly wishes; all of them or none."""
        with self._store.write() as connection:
            self._add(connection, migration_id, specs, False)

    def _add(self, connection: Transaction, migration_id: int, specs: Sequence[AccountSpec], proven: bool) -> None:
        outcome = accounts.save(connection, migration_id, specs, self._store.vault)
        for done, users in (("added", outcome.added), ("changed", outcome.changed)):
            self._stored(connection, accounts.of_users(connection, migration_id, users), done, proven)

    def completed(self, account_id: int, typed: AccountSpec) -> AccountSpec:
        """What was typed, with the stored passwords in the place of those left empty: a new password of the source
        leaves the destination's as it was, also where the two were the same, unless that one does not open."""
        with self._store.read() as connection:
            stored = accounts.spec_of(connection, account_id, self._store.vault)
        kept, destination = stored.source_password, typed.destination_password or stored.destination_password
        if typed.source_password not in (Secret(""), kept):
            shared = kept == Secret("") or kept.is_lost  # one that is lost on both sides is one again
            destination = destination or (None if shared else kept)
            kept = typed.source_password
        return replace(typed, source_password=kept, destination_password=destination)

    def change(self, account_id: int, spec: AccountSpec, *, proven: bool) -> None:
        """Bring an account to what `spec` says. `proven`: both logins were accepted. One whose login was refused in the
        middle goes on by itself. Raises BadInput."""
        with self._store.write() as connection:
            waited = accounts.get(connection, account_id).needs_admin
            if accounts.change(connection, account_id, spec, self._store.vault):
                self._stored(connection, [accounts.get(connection, account_id)], "changed", proven)
            if proven:
                from tui_migrate.mail.prove import Proof
                from tui_migrate.service import proofs

                proofs.record(connection, Proof(account_id, None, None), self._store.who)
            account = accounts.get(connection, account_id)
            wanted = migrations.wanted(connection, account.migration_id)
        if waited and account.state is AccountState.WAITING and wanted is Wanted.RUN:
            self._engine.ensure_running()

    def _stored(self, connection: Transaction, found: Sequence[Account], done: str, proven: bool) -> None:
        from tui_migrate.service import proofs

        how = "its logins proven" if proven else "its logins not proven"
        said = ((f"{done} {each.source_user}, {how}", each) for each in found)
        events.add_each(connection, self._store.who, said)
        for each in found:
            if each.state is AccountState.WAITING:
                accounts.set_state(connection, each.id, each.state, "" if proven else proofs.NOT_PROVEN)

    # Several accounts

    def start(self, account_ids: Sequence[int]) -> None:
        """Go on with these accounts, or try them again. Where their migration is not running, the others stay as they
        are until it is started: so a few can be moved first, to see how it goes."""
        with self._store.write() as connection:
            found = self._store.note_each(connection, account_ids, "started {}")
            for migration_id in {each.migration_id for each in found}:
                if migrations.wanted(connection, migration_id) is not Wanted.RUN:
                    accounts.want_all(connection, migration_id, Wanted.RUN, Wanted.IDLE)
                migrations.want(connection, migration_id, Wanted.RUN)
            accounts.ask_again(connection, account_ids)
        self._engine.ensure_running()

    def pause(self, account_ids: Sequence[int]) -> None:
        """Pause these accounts."""
        with self._store.write() as connection:
            self._store.note_each(connection, account_ids, "paused {}")
            accounts.want(connection, account_ids, Wanted.PAUSE)

    def set_priority(self, account_ids: Sequence[int], priority: int) -> None:
        """1 runs first, 9 last. What runs already is left running."""
        with self._store.write() as connection:
            self._store.note_each(connection, account_ids, f"{{}}: priority {priority}")
            accounts.set_priority(connection, account_ids, priority)

    def delete(self, account_ids: Sequence[int]) -> None:
        """Forget these accounts and all our records of them. No mail is touched.
        Raises StillRunning when one is being copied; none is deleted then."""
        works = self._store.has_engine
        with self._store.write() as connection:
            found = accounts.several(connection, account_ids)
            busy = [each.source_user for each in found if works and each.state.active]
            if busy:
                others = f" and {len(busy) - 1:,} more" if len(busy) > 1 else ""
                raise StillRunning(f"Not deleted while being copied: {busy[0]}{others}. Pause first.")
            accounts.delete(connection, account_ids)
            for each in found:
                what = f"deleted the account {each.source_user}"
                events.add(connection, self._store.who, what, migration_id=each.migration_id)
        self._logs.forget_traces()
