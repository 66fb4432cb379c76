"""Verifying: is at the destination what is at the source?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

from tui_migrate.engine.audit.ends import Hidden, Tell
from tui_migrate.engine.audit.findings import Aspect, ComparedMail, Finding, FindingKind, Sum, in_utc, in_words
from tui_migrate.engine.audit.notes import notes
from tui_migrate.engine.audit.verify import ComparingWalk, FolderReport
from tui_migrate.errors import MailError, MigrateError, Unpipelined
from tui_migrate.mail.census import Carries
from tui_migrate.mail.connect import WAYS
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import Account
from tui_migrate.service.batch import AccountBatch, BeingRead
from tui_migrate.service.known_account import known_account
from tui_migrate.service.mailboxes import Ends, Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts

__all__ = [
    "AccountReport",
    "Aspect",
    "BeingRead",
    "ComparedMail",
    "Finding",
    "FindingKind",
    "FolderReport",
    "Hidden",
    "Sum",
    "Verifications",
    "Verifying",
    "in_utc",
    "in_words",
]


@dataclass(frozen=True, slots=True)
class AccountReport:
    """What one account has come to."""

    account: Account
    folders: tuple[FolderReport, ...] = ()
    excluded: tuple[str, ...] = ()
    """Source folders that are not copied, and were not compared."""
    notes: tuple[str, ...] = ()
    """What is to be said beside what is not the same: what was not compared, and what only looked different."""
    doubts: tuple[MailError, ...] = ()
    """Why there may be folders that were not compared."""
    error: MigrateError | None = None
    """Why not all of it could be compared."""

    @property
    def sum(self) -> Sum:
        """The numbers of all folders together."""
        return sum((folder.sum for folder in self.folders), Sum())

    @property
    def same(self) -> bool:
        """True when nothing is missing, extra, different or unknown."""
        return self.error is None and not self.doubts and all(folder.same for folder in self.folders)

    @property
    def whole(self) -> bool:
        """True when all mail is there, whatever has become of flags that cannot be kept, and of dates."""
        return self.error is None and not self.doubts and all(folder.whole for folder in self.folders)


class Verifying(AccountBatch[AccountReport]):
    """Accounts that are being verified."""


class Verifications:
    """Compares the accounts of an open store with what lies at the servers."""

    def __init__(self, store: OpenStore, mailboxes: Mailboxes) -> None:
        self._store = store
        self._mailboxes = mailboxes

    def begin(self, account_ids: Sequence[int], *, deep: bool = False) -> Verifying:
        """Read source and destination of these accounts again and compare them, several accounts side by side; the
        journal is not asked. `deep`: all bytes, not headers alone. Changes nothing at either end."""

        def verify(account: Account, verifying: AccountBatch[AccountReport]) -> AccountReport:
            return self._verified(account, deep, partial(verifying.tell, account))

        with self._store.read() as connection:
            found = accounts.several(connection, account_ids)
        verifying = Verifying(found, verify, "verify")
        verifying.start()
        return verifying

    def _verified(self, account: Account, deep: bool, tell: Tell) -> AccountReport:
        report = self._compared(account, deep, tell)
        for _ in range(WAYS - 1):  # the next connection to this server knows; so must that to the other
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
            known = known_account(self._store, self._mailboxes, account.id)
            with self._opened(known.ends, tell) as (source, destination):
                walk = ComparingWalk(source, destination, deep=deep, left_out=known.leaves_out, tell=tell)
                tree, there = walk.trees()
                plan = known.plan(tree, there)
                excluded = tuple(folder.display for folder in plan.excluded)
                carries, doubts = walk.carries, walk.doubts
                folders.extend(walk.folders(plan, there))
        except MigrateError as why:
            error = why
        return AccountReport(account, tuple(folders), excluded, tuple(notes(folders, carries)), doubts, error)

    @contextmanager
    def _opened(self, ends: Ends, tell: Tell) -> Iterator[tuple[MailSource, MailDestination]]:
        """Both mailboxes, as soon as their servers are to have one more connection."""
        with self._mailboxes.connections(ends.migration) as stack:
            tell("", 0)
            source = stack.enter_context(closing(self._mailboxes.open_source(ends)))
            yield source, stack.enter_context(closing(self._mailboxes.open_destination(ends)))
