"""The use case of proof: is at the destination what is at the source? Part of the service."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial

from tui_migrate.config.paths import Paths
from tui_migrate.engine.audit.ends import Hidden, Tell
from tui_migrate.engine.audit.findings import Aspect, Finding, Kind, Mail, Sum, in_utc, in_words
from tui_migrate.engine.audit.notes import notes
from tui_migrate.engine.audit.verify import FolderReport, Walk
from tui_migrate.engine.choosing.mapping import AS_IT_IS, FolderPlan, Spelling, make_plan
from tui_migrate.engine.choosing.selection import left_out
from tui_migrate.errors import MailError, MigrateError, Unpipelined
from tui_migrate.mail.census import Carries
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.protocols import ListedFolder, MailDestination, MailSource, Tree
from tui_migrate.model import Account, FolderRule, Login, Migration
from tui_migrate.service import mailboxes
from tui_migrate.service.mailboxes import Sought
from tui_migrate.service.roster import Roster
from tui_migrate.service.sweep import Reading, Sweep
from tui_migrate.service.verifying import AccountReport, Verifying
from tui_migrate.store import accounts, events, journal, migrations, rules
from tui_migrate.store.database import Database
from tui_migrate.store.journal import FolderRecord
from tui_migrate.store.vault import Vault

__all__ = [
    "AccountReport",
    "Aspect",
    "Auditor",
    "Finding",
    "FolderReport",
    "Hidden",
    "Kind",
    "Mail",
    "Reading",
    "Sum",
    "Verifying",
    "in_utc",
    "in_words",
]


@dataclass(frozen=True, slots=True)
class Task:
    """What the store knows that a walk needs: no message of it."""

    account: Account
    migration: Migration
    logins: tuple[Login, Login]
    rules: Sequence[FolderRule]
    records: Mapping[bytes, FolderRecord]
    skipped: Mapping[int, Set[int]]
    spelling: Spelling = AS_IT_IS
    """What is known of the destination's names."""

    def plan(self, tree: Tree, there: Tree) -> FolderPlan:
        """Where the folders go, as the next run would have it."""
        kept = {name: record.destination_name for name, record in self.records.items()}
        patterns = (*self.migration.excluded_folders, *self.account.excluded_folders)
        return make_plan(tree, there, patterns, kept, self.rules, self.spelling)

    def leaves_out(self, folder: ListedFolder, mail: Mail) -> bool:
        """True when the admin has said that this message is not to be copied."""
        if left_out(self.migration.selection, mail.instant, mail.size or 0):
            return True
        record = self.records.get(folder.name)
        if record is None or folder.status is None or folder.status.uidvalidity != record.source_uidvalidity:
            return False  # UIDs mean other messages now
        return mail.uid in self.skipped.get(record.id, ())


class Auditor(Roster):
    """Compares the accounts of an open store with what lies at the servers. Raises StoreUnusable, NotFound."""

    def __init__(self, paths: Paths, database: Database, vault: Vault, who: str) -> None:
        super().__init__(paths, database, vault, who)
        self._entering = threading.Lock()

    def verify_mail(self, account_ids: Sequence[int], *, deep: bool = False) -> Verifying:
        """Read source and destination of these accounts again and compare them, several accounts side by side; the
        journal is not asked. `deep`: all bytes, not headers alone. Changes nothing at either end."""

        def check(account: Account, verifying: Sweep[AccountReport]) -> AccountReport:
            return self._verified(account, deep, partial(verifying.tell, account))

        with self.database.read() as connection:
            found = accounts.several(connection, account_ids)
        verifying = Verifying(found, check, "verify")
        verifying.start()
        return verifying

    def subjects(self, account_id: int, folder: FolderReport) -> dict[int, str]:
        """Subjects by UID of the source's messages that are not the same at the destination, as far as the source hands
        them out. Reads these messages, which may take long."""
        task = self.task(account_id)
        uids = {finding.source.uid for finding in folder.findings if finding.source is not None}
        sought = [Sought(uid, folder.name, 0, uid) for uid in sorted(uids)]
        return mailboxes.subjects(
            task.migration,
            task.logins[0],
            self.ordinals(account_id),
            self.experience.of(task.migration.source),
            sought,
        )

    def task(self, account_id: int) -> Task:
        """What is known of an account before its servers are asked."""
        with self.database.read() as connection:
            account = accounts.get(connection, account_id)
            migration = migrations.get(connection, account.migration_id, self.vault)
            return Task(
                account,
                migration,
                accounts.logins(connection, account_id, migration, self.vault),
                rules.listing(connection, migration.id, account_id),
                journal.folders(connection, account_id),
                events.skipped(connection, account_id),
                Spelling.learned(self.lessons(migration.destination).learned),
            )

    def _verified(self, account: Account, deep: bool, tell: Tell) -> AccountReport:
        report = self._compared(account, deep, tell)
        for _ in range(2):  # the next connection to this server knows; so must that to the other
            if isinstance(report.error, Unpipelined):
                report = self._compared(account, deep, tell)
        return report

    def _compared(self, account: Account, deep: bool, tell: Tell) -> AccountReport:
        folders: list[FolderReport] = []
        excluded: tuple[str, ...] = ()
        carries = Carries()
        doubts: tuple[MailError, ...] = ()
        error: MigrateError | None = None
        try:
            task = self.task(account.id)
            with self._opened(task, tell) as (source, destination):
                walk = Walk(source, destination, deep=deep, left_out=task.leaves_out, tell=tell)
                tree, there = walk.trees()
                plan = task.plan(tree, there)
                excluded = tuple(folder.display for folder in plan.excluded)
                carries, doubts = walk.carries, walk.doubts
                folders.extend(walk.folders(plan, there))
        except MigrateError as why:
            error = why
        return AccountReport(account, tuple(folders), excluded, tuple(notes(folders, carries)), doubts, error)

    @contextlib.contextmanager
    def connections(self, migration: Migration) -> Iterator[contextlib.ExitStack]:
        """While inside, one connection to either server is ours. What is opened is closed before they are given back,
        if it is given to this stack."""
        with contextlib.ExitStack() as stack:
            with self._entering:  # two accounts that each had one of a server's last two would wait for each other
                for server in (migration.source, migration.destination):
                    stack.enter_context(self._slots.hold(server))
            yield stack

    @contextlib.contextmanager
    def _opened(self, task: Task, tell: Tell) -> Iterator[tuple[MailSource, MailDestination]]:
        """Both mailboxes, as soon as their servers are to have one more connection."""
        migration, (mine, theirs), spool = task.migration, task.logins, self.paths.spool_dir
        with self.connections(migration) as stack:
            tell("", 0)
            learned = [self.experience.of(server) for server in (migration.source, migration.destination)]
            ordinals = self.ordinals(task.account.id)
            opened = open_source(migration.source, mine, spool, ordinals, lessons=learned[0])
            source = stack.enter_context(contextlib.closing(opened))
            destination = open_destination(migration.destination, theirs, spool, lessons=learned[1])
            yield source, stack.enter_context(contextlib.closing(destination))
