"""The use case of looking before starting: would each account's logins, quota, sizes and folders do? Part of the
service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from tui_migrate.engine.audit import estimate, preflight
from tui_migrate.engine.audit.estimate import Speed
from tui_migrate.engine.audit.preflight import Tell
from tui_migrate.engine.audit.whole_tree import completed
from tui_migrate.engine.choosing.selection import left_out, signature
from tui_migrate.errors import MailError, MigrateError, Unpipelined
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.protocols import Listed, ListedFolder, MailDestination, MailSource
from tui_migrate.model import Account, Checkup, Gate, Load, Migration, Scope, Wanted
from tui_migrate.service.auditor import Auditor, Task
from tui_migrate.service.sweep import Reading, Sweep
from tui_migrate.store import accounts, checkups, events, journal, migrations, passes, progress

__all__ = ["Checked", "Checking", "Preflight", "Reading"]

E = TypeVar("E", MailSource, MailDestination)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one account has come to."""

    account: Account
    checkup: Checkup | None
    error: MigrateError | None = None
    """Why there is no checkup: the store, not the servers."""


class Checking(Sweep[Checked]):
    """Accounts that are being checked."""

    halted: MailError | None = None
    """What a server said that every other account would hear too: nothing more is asked then."""


class Preflight(Auditor):
    """Checks the accounts of an open store before they start. Raises StoreUnusable, NotFound."""

    def check(self, account_ids: Sequence[int]) -> Checking:
        """Log in for each of these accounts, several side by side, and see what stands in its way; no mail is read or
        changed. Each result is stored as it comes, and decides from then on whether the account starts."""
        with self.database.write() as connection:
            found = accounts.several(connection, account_ids)
            for migration_id in {each.migration_id for each in found}:
                number = sum(each.migration_id == migration_id for each in found)
                what = f"pre-flight check of {number:,} {'account' if number == 1 else 'accounts'}"
                events.add(connection, self.who, what, migration_id=migration_id)
        measured = self._measured({each.migration_id for each in found})

        def look(account: Account, checking: Sweep[Checked]) -> Checked:
            assert isinstance(checking, Checking)
            return self._checked(account, checking, measured[account.migration_id])

        checking = Checking(found, look, "check")
        checking.start()
        return checking

    def checkups(self, account_ids: Sequence[int]) -> dict[int, Checkup]:
        """The last checkup of each of these accounts that has one."""
        with self.database.read() as connection:
            return checkups.listing(connection, account_ids)

    def waive(self, account_ids: Sequence[int]) -> list[Account]:
        """Let these accounts start although they were found not to be fit. Those that were turned away go on by
        themselves. Returns the accounts that this has changed anything for."""
        with self.database.write() as connection:
            held = checkups.waive(connection, account_ids, self.who)
            found = accounts.several(connection, list(held))
            said = ((f"{each.source_user}: waived. {held[each.id].refusal}", each) for each in found)
            events.add_each(connection, self.who, said)
            known = {each.migration_id: self._is_wanted(each.migration_id) for each in found}
        if any(known.values()):
            self.ensure_engine()
        return found

    def time_of_all(self, migration: Migration, found: Iterable[Checkup]) -> float | None:
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

    def _is_wanted(self, migration_id: int) -> bool:
        with self.database.read() as connection:
            return migrations.get(connection, migration_id, self.vault).wanted is Wanted.RUN

    def _measured(self, migration_ids: Set[int]) -> dict[int, Speed]:
        """How fast accounts were between the servers of these migrations, by migration."""
        with self.database.read() as connection:
            ends = {
                each.id: (each.source.key, each.destination.key) for each in migrations.listing(connection, self.vault)
            }
            return {
                wanted: estimate.speed(
                    passes.speeds(connection, [each for each, pair in ends.items() if pair == ends[wanted]])
                )
                for wanted in migration_ids
            }

    def _checked(self, account: Account, checking: Checking, measured: Speed) -> Checked:
        tell = partial(checking.tell, account)
        try:
            found, errors = self._look(self.task(account.id), tell, measured)
            for _ in range(2):  # the next connection to this server knows; so must that to the other
                if any(isinstance(error, Unpipelined) for error in errors):
                    found, errors = self._look(self.task(account.id), tell, measured)
            tell("", 0)  # nothing is stored of what nobody waits for
            stored = self._store(found)
        except MigrateError as error:
            return Checked(account, None, error)
        of_server = next((error for error in errors if error.scope is Scope.SERVER), None)
        if of_server is not None:
            checking.halted = of_server
            checking.stop()
        return Checked(account, stored)

    def _store(self, found: Checkup) -> Checkup:
        with self.database.write() as connection:
            before = accounts.get(connection, found.account_id)
            stored = checkups.save(connection, found)
            account = accounts.get(connection, found.account_id)
            goes_on = account.state is not before.state
            if stored.refusal or goes_on:
                said = stored.refusal or "pre-flight check passed, it goes on"
                events.add_each(connection, self.who, [(f"{account.source_user}: {said}", account)])
        if goes_on and self._is_wanted(account.migration_id):
            self.ensure_engine()
        return stored

    def _look(self, task: Task, tell: Tell, measured: Speed) -> tuple[Checkup, list[MailError]]:
        """What the servers say, and the errors of those that did not let us look."""
        migration, (mine, theirs), spool = task.migration, task.logins, self.paths.spool_dir
        ordinals = self.ordinals(task.account.id)
        learned = [self.experience.of(server) for server in (migration.source, migration.destination)]
        with self.connections(migration) as stack:
            tell("", 0)
            source = _opened(stack, lambda: open_source(migration.source, mine, spool, ordinals, lessons=learned[0]))
            tell("", 0)
            destination = _opened(
                stack, lambda: open_destination(migration.destination, theirs, spool, lessons=learned[1])
            )
            ends = (source, destination)
            errors = [each for each in ends if isinstance(each, MailError)]
            gates = tuple(
                preflight.login(gate, each if isinstance(each, MailError) else None)
                for gate, each in zip((Gate.SOURCE_LOGIN, Gate.DESTINATION_LOGIN), ends, strict=True)
            )
            found = Checkup(task.account.id, time.time(), gates)
            why = "Not looked at: both mailboxes must be open for it."
            if not isinstance(source, MailError) and not isinstance(destination, MailError):
                try:
                    return self._examined(found, task, source, destination, tell, measured), errors
                except MailError as error:
                    errors.append(error)
                    why = error.sentence
        rest = (preflight.unknown(gate, why) for gate in Gate if not gate.is_login)
        return replace(found, gates=(*gates, *rest)), errors

    def _examined(
        self,
        found: Checkup,
        task: Task,
        source: MailSource,
        destination: MailDestination,
        tell: Tell,
        measured: Speed,
    ) -> Checkup:
        there, _ = completed(destination.tree(), destination.census())
        tree, found_by = completed(source.tree(), source.census())
        plan = task.plan(tree, there)
        capacity = destination.capacity()
        known = _Known(self, task)
        quick = not task.records and not signature(task.migration.selection)
        counted = preflight.count(
            source,
            plan,
            arrived=known.arrived,
            left_out=known.left_out,
            quick=quick,
            largest=capacity.largest,
            tell=tell,
        )
        preflight.count_again(source.census(), plan, counted)
        names, folders = preflight.folders(plan, there, counted, found_by, tree.doubts)
        size = preflight.message_size(counted, capacity.largest)
        load: Load | None = counted.load if not counted.unread else None
        seconds, basis = estimate.seconds(counted.load, measured) if counted.in_full else (None, "")
        return replace(
            found,
            gates=(*found.gates, preflight.quota(counted, capacity), size, names),
            load=load,
            free=capacity.free,
            too_large=counted.too_large if capacity.largest is not None else None,
            folders=folders,
            seconds=seconds,
            basis=basis,
        )


class _Known:
    """What the store says of the messages of an account, folder by folder, while their UIDs mean the same."""

    def __init__(self, preflight: Preflight, task: Task) -> None:
        self._task = task
        self._database = preflight.database
        with self._database.read() as connection:
            proven = progress.proven_for(connection, task.account.id)
        self._mine = proven == progress.pair(task.account, task.migration)
        self._arrived: Mapping[bytes, Set[int]] = {}

    def arrived(self, folder: ListedFolder, uidvalidity: int) -> Set[int]:
        """UIDs that are at the destination."""
        record_id = self._record(folder, uidvalidity)
        if record_id is None:
            return frozenset()
        if folder.name not in self._arrived:  # one folder's at a time is enough
            with self._database.read() as connection:
                self._arrived = {folder.name: journal.copied_uids(connection, record_id)}
        return self._arrived[folder.name]

    def left_out(self, folder: ListedFolder, listed: Listed, uidvalidity: int) -> bool:
        """True when the admin does not want the message."""
        if left_out(self._task.migration.selection, listed.instant, listed.size):
            return True
        record_id = self._record(folder, uidvalidity)
        return record_id is not None and listed.uid in self._task.skipped.get(record_id, ())

    def _record(self, folder: ListedFolder, uidvalidity: int) -> int | None:
        record = self._task.records.get(folder.name)
        valid = self._mine and record is not None and record.source_uidvalidity == uidvalidity
        return record.id if record is not None and valid else None


def _opened(stack: ExitStack, connect: Callable[[], E]) -> E | MailError:
    """What `connect` opens, to be closed with the stack; or why it could not be opened."""
    try:
        return stack.enter_context(closing(connect()))
    except MailError as error:
        return error
