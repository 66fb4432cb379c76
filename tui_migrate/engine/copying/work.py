"""One account on its way: what is to be moved, what its runs have taught, and what has come of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tui_migrate.engine.copying.allowance import Allowance
from tui_migrate.engine.copying.attempts import Attempts
from tui_migrate.engine.copying.contradictions import Contradictions
from tui_migrate.engine.copying.culprits import Culprits, MessageKey
from tui_migrate.engine.copying.outage import Outage
from tui_migrate.engine.copying.pace import PaceMeter
from tui_migrate.engine.copying.remarks import Numbers, Remarks
from tui_migrate.engine.copying.sample import Samples
from tui_migrate.engine.copying.tally import PassTally
from tui_migrate.errors import MailError
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Account, FolderRule, Login, Migration
from tui_migrate.model.day_use import HourUse
from tui_migrate.store import progress
from tui_migrate.timing import Timing


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be moved, as the store has it: replaced as a whole when that changes."""

    account: Account
    migration: Migration
    logins: tuple[Login, Login] = field(repr=False)
    """To the source and to the destination."""
    rules: Sequence[FolderRule] = ()
    """The admin's own words on folders; the last one for a folder holds."""
    worked_before: bool = False
    """True when an earlier run was logged in to both of these mailboxes, whichever engine did it."""
    tracer: Tracer = field(default_factory=Tracer)
    """Through which what passes on its connections may be written down."""

    @property
    def pair(self) -> str:
        """The two mailboxes that the journal speaks of, as the store remembers them."""
        return progress.pair(self.account, self.migration)


@dataclass(frozen=True, slots=True)
class Additions:
    """What is added to what is on record, once: taken before it is written, because a transaction that shares its
    fate with another's failure is tried again."""

    remarks: Numbers
    used: Sequence[HourUse]


class AccountResult:
    """What has come of an account's runs, as far as it is put on record while they go on."""

    def __init__(self, pace: PaceMeter, allowance: Allowance) -> None:
        self.pace = pace
        self.allowance = allowance
        """What has been moved, and what may still be moved today."""
        self.tally = PassTally()
        self.remarks = Remarks()
        """What is not as it was at the source and is no failure."""

    def take_additions(self) -> Additions:
        """What has come since the last call."""
        return Additions(self.remarks.take_unsaved(), self.allowance.take_unsaved())


class Work:
    """An account in the engine's memory, from its first run to its end."""

    def __init__(self, assignment: Assignment, result: AccountResult, timing: Timing) -> None:
        self.assignment = assignment
        self.result = result
        self.attempts = Attempts()
        self.culprits = Culprits(timing)
        self.contradictions = Contradictions()
        self.source_outage = Outage("source", timing.outage_after, timing.give_up_after)
        self.destination_outage = Outage("destination", timing.outage_after, timing.give_up_after)
        self.samples = Samples()
        """Of what the running run has stored, to be looked at."""
        self._lock = threading.Lock()
        self._strangers_told = False

    @property
    def account(self) -> Account:
        """The account that is moved."""
        return self.assignment.account

    @property
    def migration(self) -> Migration:
        """The migration that the account belongs to, as it is set now."""
        return self.assignment.migration

    def adopt(self, migration: Migration) -> None:
        """Take over how the migration is set from now on."""
        self.assignment = replace(self.assignment, migration=migration)

    def progressed(self, messages: int = 0, octets: int = 0) -> None:
        """Note that something has worked: patience begins anew."""
        self.result.pace.move(messages, octets)
        self.culprits.progressed()
        self.attempts.progressed()

    def ended_at(self, key: MessageKey, error: MailError) -> None:
        """Note that the source's connection ended, or could not be read on, while this was next."""
        if self.culprits.ended_at(key, error):
            self.attempts.progressed()

    def first_strangers(self) -> bool:
        """False once it was said that mail comes to the destination from elsewhere."""
        with self._lock:
            told, self._strangers_told = self._strangers_told, True
            return not told

    def __repr__(self) -> str:
        total = self.result.tally.total()
        return f"<Work {self.account.source_user} {total.counts.settled}/{total.counts.listed} {self.account.state}>"
