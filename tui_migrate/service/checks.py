"""Checking before the start: would each account's logins, quota, sizes and folders do?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from tui_migrate.engine.audit import estimate, fitness
from tui_migrate.engine.audit.estimate import Speed
from tui_migrate.engine.audit.fitness import Tell
from tui_migrate.engine.audit.whole_tree import completed
from tui_migrate.engine.choosing.selection import left_out, signature
from tui_migrate.engine.failures import HELD_BACK
from tui_migrate.errors import MailError, MigrateError, Unpipelined
from tui_migrate.mail.connect import WAYS
from tui_migrate.mail.protocols import Listed, ListedFolder, MailDestination, MailSource
from tui_migrate.model import Account, AccountState, Check, CheckItem, Load, Migration, Scope, Wanted
from tui_migrate.service.batch import AccountBatch, BeingRead
from tui_migrate.service.engine import Engine
from tui_migrate.service.known_account import KnownAccount, known_account
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, checks, events, journal, migrations, passes, progress
from tui_migrate.store.database import Transaction

__all__ = ["BeingRead", "Checked", "Checking", "Checks"]

E = TypeVar("E", MailSource, MailDestination)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one account has come to."""

    account: Account
    check: Check | None
    error: MigrateError | None = None
    """Why there is no check: the store, not the servers."""


class Checking(AccountBatch[Checked]):
    """Accounts that are being checked."""

    halted: MailError | None = None
    """What a server said that every other account would hear too: nothing more is asked then."""


class Checks:
    """Checks the accounts of an open store before they start."""

    def __init__(self, store: OpenStore, engine: Engine, mailboxes: Mailboxes) -> None:
        self._store = store
        self._engine = engine
        self._mailboxes = mailboxes

    def begin(self, account_ids: Sequence[int]) -> Checking:
        """Log in for each of these accounts, several side by side, and see what stands in its way; no mail is read or
        changed. Each result is stored as it comes, and decides from then on whether the account starts."""
        with self._store.write() as connection:
            found = accounts.several(connection, account_ids)
            for migration_id in {each.migration_id for each in found}:
                number = sum(each.migration_id == migration_id for each in found)
                what = f"check of {number:,} {'account' if number == 1 else 'accounts'}"
                events.add(connection, self._store.who, what, migration_id=migration_id)
        measured = self._measured({each.migration_id for each in found})

        def look(account: Account, checking: AccountBatch[Checked]) -> Checked:
            assert isinstance(checking, Checking)
            return self._checked(account, checking, measured[account.migration_id])

        checking = Checking(found, look, "check")
        checking.start()
        return checking

    def last(self, account_ids: Sequence[int]) -> dict[int, Check]:
        """The last check of each of these accounts that has one."""
        with self._store.read() as connection:
            return checks.listing(connection, account_ids)

    def of_migration(self, migration_id: int) -> dict[int, Check]:
        """The last check of each account of a migration that has one."""
        with self._store.read() as connection:
            return checks.of_migration(connection, migration_id)

    def waive(self, account_ids: Sequence[int]) -> list[Account]:
        """Let these accounts start although they were found not to be fit. Those that were turned away go on by
        themselves. Returns the accounts that this has changed anything for."""
        with self._store.write() as connection:
            held = checks.waive(connection, account_ids, self._store.who)
            for account_id in held:
                let_go(connection, account_id)
            found = accounts.several(connection, list(held))
            said = ((f"{each.source_user}: waived. {held[each.id].refusal}", each) for each in found)
            events.add_each(connection, self._store.who, said)
            goes_on = any(_is_wanted(connection, each) for each in {each.migration_id for each in found})
        if goes_on:
            self._engine.ensure_running()
        return found

    def time_of_all(self, migration: Migration, found: Iterable[Check]) -> float | None:
        """Seconds that these accounts take together; None when that cannot be said of all that could be counted."""
        known: list[tuple[Load, float]] = []
        for each in found:
            if each.load is not None and each.seconds is None:
                return None
            if each.load is not None and each.seconds is not None:
                known.append((each.load, each.seconds))
        if not known:
            return None
        return estimate.seconds_of_all(known, migration.source, migration.destination)

    def _measured(self, migration_ids: Set[int]) -> dict[int, Speed]:
        """How fast accounts were between the servers of these migrations, by migration."""
        with self._store.read() as connection:
            ends = migrations.keys(connection)
            return {
                wanted: estimate.speed(
                    passes.speeds(connection, [each for each, pair in ends.items() if pair == ends[wanted]])
                )
                for wanted in migration_ids
            }

    def _checked(self, account: Account, checking: Checking, measured: Speed) -> Checked:
        tell = partial(checking.tell, account)
        try:
            found, errors = self._look(account.id, tell, measured)
            for _ in range(WAYS - 1):  # the next connection to this server knows; so must that to the other
                if any(isinstance(error, Unpipelined) for error in errors):
                    found, errors = self._look(account.id, tell, measured)
            tell("", 0)  # nothing is stored of what nobody waits for
            stored = self._kept(found)
        except MigrateError as error:
            return Checked(account, None, error)
        of_server = next((error for error in errors if error.scope is Scope.SERVER), None)
        if of_server is not None:
            checking.halted = of_server
            checking.stop()
        return Checked(account, stored)

    def _kept(self, found: Check) -> Check:
        with self._store.write() as connection:
            stored = checks.save(connection, found)
            goes_on = not stored.refusal and let_go(connection, found.account_id)
            account = accounts.get(connection, found.account_id)
            if stored.refusal or goes_on:
                said = stored.refusal or "check passed, it goes on"
                events.add_each(connection, self._store.who, [(f"{account.source_user}: {said}", account)])
            goes_on = goes_on and _is_wanted(connection, account.migration_id)
        if goes_on:
            self._engine.ensure_running()
        return stored

    def _look(self, account_id: int, tell: Tell, measured: Speed) -> tuple[Check, list[MailError]]:
        """What a check of one account comes to, and the errors of the servers that did not let us look."""
        known = known_account(self._store, self._mailboxes, account_id)
        with self._mailboxes.connections(known.ends.migration) as stack:
            tell("", 0)
            source = _opened(stack, lambda: self._mailboxes.open_source(known.ends))
            tell("", 0)
            destination = _opened(stack, lambda: self._mailboxes.open_destination(known.ends))
            ends = (source, destination)
            errors = [each for each in ends if isinstance(each, MailError)]
            results = tuple(
                fitness.login(item, each if isinstance(each, MailError) else None)
                for item, each in zip((CheckItem.SOURCE_LOGIN, CheckItem.DESTINATION_LOGIN), ends, strict=True)
            )
            found = Check(account_id, time.time(), results)
            why = "Not looked at: both mailboxes must be open for it."
            if not isinstance(source, MailError) and not isinstance(destination, MailError):
                try:
                    return self._examined(found, known, source, destination, tell, measured), errors
                except MailError as error:
                    errors.append(error)
                    why = error.sentence
        rest = (fitness.unknown(item, why) for item in CheckItem if not (item.is_login or item.may_be_absent))
        return replace(found, results=(*results, *rest)), errors

    def _examined(
        self,
        found: Check,
        known: KnownAccount,
        source: MailSource,
        destination: MailDestination,
        tell: Tell,
        measured: Speed,
    ) -> Check:
        there, _ = completed(destination.tree(), destination.census())
        tree, found_by = completed(source.tree(), source.census())
        plan = known.plan(tree, there)
        capacity = destination.capacity()
        messages = _KnownMessages(self._store, known)
        counted = fitness.count(source, plan, messages, largest=capacity.largest, tell=tell)
        fitness.count_again(source.census(), plan, counted)
        names, folders = fitness.folders(plan, there, counted, found_by, tree.doubts)
        size = fitness.message_size(counted, capacity.largest)
        contents = fitness.contents(counted, source.remarks())
        load: Load | None = counted.load if not counted.unread else None
        seconds, basis = estimate.seconds(counted.load, measured) if counted.in_full else (None, "")
        return replace(
            found,
            results=(*found.results, fitness.quota(counted, capacity), size, names, *contents),
            load=load,
            free=capacity.free,
            too_large=counted.too_large if capacity.largest is not None else None,
            folders=folders,
            seconds=seconds,
            basis=basis,
        )


class _KnownMessages:
    """What the store says of the messages of an account, folder by folder, while their UIDs mean the same."""

    def __init__(self, store: OpenStore, known: KnownAccount) -> None:
        self._store = store
        self._known = known
        with store.read() as connection:
            proven = progress.proven_for(connection, known.ends.account.id)
        self._mine = proven == progress.pair(known.ends.account, known.ends.migration)
        self._arrived: Mapping[bytes, Set[int]] = {}

    @property
    def all_wanted(self) -> bool:
        return not self._known.records and not signature(self._known.ends.migration.selection)

    def arrived(self, folder: ListedFolder, uidvalidity: int) -> Set[int]:
        record_id = self._record(folder, uidvalidity)
        if record_id is None:
            return frozenset()
        if folder.name not in self._arrived:  # one folder's at a time is enough
            with self._store.read() as connection:
                self._arrived = {folder.name: journal.copied_uids(connection, record_id)}
        return self._arrived[folder.name]

    def left_out(self, folder: ListedFolder, listed: Listed, uidvalidity: int) -> bool:
        if left_out(self._known.ends.migration.selection, listed.instant, listed.size):
            return True
        record_id = self._record(folder, uidvalidity)
        return record_id is not None and listed.uid in self._known.skipped.get(record_id, ())

    def _record(self, folder: ListedFolder, uidvalidity: int) -> int | None:
        record = self._known.records.get(folder.name)
        valid = self._mine and record is not None and record.source_uidvalidity == uidvalidity
        return record.id if record is not None and valid else None


def let_go(connection: Transaction, account_id: int) -> bool:
    """Let an account go on by itself that a check has turned away, now that nothing holds it back. True where it
    does."""
    account = accounts.get(connection, account_id)
    if account.state is not AccountState.FAILED or not account.detail.startswith(Check.SAID):
        return False
    events.resolve_kinds(connection, account_id, HELD_BACK)
    accounts.ask_again(connection, [account_id])
    return True


def _is_wanted(connection: Transaction, migration_id: int) -> bool:
    return migrations.wanted(connection, migration_id) is Wanted.RUN


def _opened(stack: ExitStack, connect: Callable[[], E]) -> E | MailError:
    """The mailbox that `connect` opens, to be closed with the stack; or why it could not be opened."""
    try:
        return stack.enter_context(closing(connect()))
    except MailError as error:
        return error
