"""What every account's run works with, and what is remembered of an account between its runs."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tui_migrate.engine.copying.allowance import Allowance
from tui_migrate.engine.copying.budget import Budget
from tui_migrate.engine.copying.delays import Delays
from tui_migrate.engine.copying.failures import folder_failure
from tui_migrate.engine.copying.outage import Outage
from tui_migrate.engine.copying.pace import PaceMeter
from tui_migrate.engine.copying.remarks import Remarks
from tui_migrate.engine.copying.sample import Samples
from tui_migrate.engine.copying.tally import PassTally
from tui_migrate.engine.copying.throttle import Throttles
from tui_migrate.engine.log import PrivateFile, told
from tui_migrate.engine.steady import SteadyClock
from tui_migrate.errors import FolderEndsConnections, MailError, MessageEndsConnections, Stalled
from tui_migrate.mail.lessons import Experience
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Account, FolderRule, Login, Migration, Wait
from tui_migrate.store import events, journal, progress
from tui_migrate.store.database import Database, Transaction, Writer
from tui_migrate.store.journal import Window
from tui_migrate.timing import USUAL, Timing

_LOG = logging.getLogger(__name__)

T = TypeVar("T")
MessageKey = tuple[int, int]
"""Id of the folder's record, and source UID."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Shared by all accounts of an engine."""

    database: Database
    writer: Writer
    budget: Budget
    spool_dir: Path
    steady: SteadyClock
    """What budgets of a day and waits are told by; no setting of the clock moves it."""
    log: PrivateFile
    """Where faults are written down."""
    clock: Callable[[], float] = time.time
    """What the hours of blackouts and schedules are told by, and what is written as a time of day; epoch seconds."""
    began: float = field(default_factory=time.monotonic)
    """When this engine took the store over from the one before, which sends nothing any more (monotonic)."""

    throttles: Throttles = field(default_factory=Throttles)
    """How fast the servers may be used."""
    experience: Experience = field(default_factory=Experience)
    """What servers have taught."""
    delays: Delays = field(default_factory=Delays)
    """How long servers have been seen to take."""
    timing: Timing = USUAL

    def write(self, operation: Callable[[Transaction], T]) -> Future[T]:
        """Journal something; see `Writer.submit`."""
        return self.writer.submit(operation)

    def say(self, account: Account, what: str) -> None:
        """One line of the account's audit trail."""
        _LOG.info("%s", what)
        said, ids = f"{account.source_user}: {what}", {"migration_id": account.migration_id, "account_id": account.id}
        self.write(lambda connection: events.add(connection, "engine", said, **ids)).result()

    def fail_folder(self, account_id: int, folder_id: int, error: MailError) -> None:
        """Put on record that the folder did not make it: the next pass looks at it again."""

        _LOG.warning("a folder fails: %s", told(error))

        def fail(connection: Transaction) -> None:
            events.record_failure(connection, folder_failure(account_id, folder_id, error))
            journal.incomplete_folder(connection, folder_id)

        self.write(fail).result()

    def windows(self, folder_id: int) -> list[Window]:
        """Of a folder, with all that is in them."""
        with self.database.read() as connection:
            return list(journal.windows(connection, folder_id))


@dataclass(slots=True)
class Work:
    """One account on its way: what to move, and what its earlier runs have taught. Lives in the engine's memory."""

    account: Account
    migration: Migration
    source_login: Login
    destination_login: Login
    timing: Timing = USUAL
    rules: Sequence[FolderRule] = ()
    """The admin's own words on folders; the last one for a folder holds."""
    tally: PassTally = field(default_factory=PassTally)
    suspects: set[MessageKey] = field(default_factory=set)
    """Messages to be sent alone with a synchronising literal."""
    poisonings: int = 0
    """Connections that had to be closed because the destination did not understand a message's line."""
    deaths: Counter[MessageKey] = field(default_factory=Counter)
    """How often a connection has died at a message. A flaky line hits another one each time."""
    unread: Counter[MessageKey] = field(default_factory=Counter)
    """How often the source's connection has ended at a message, or with UID 0 at a folder: they are read last."""
    isolated: int = 0
    """How often that has happened since something was copied."""
    source_stalls: bool = False
    """True when the source has stalled at one of them."""
    given_up: dict[MessageKey, MailError] = field(default_factory=dict)
    """Messages, and folders, that have ended too many connections, and what is said of them."""
    contradictions: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """UIDVALIDITYs of source folders that had another one elsewhere, as opening them told, by folder."""
    renumbered: dict[int, bool] = field(default_factory=dict)
    """Source folders that have other messages under known UIDs, and whether these have been looked for again."""
    opened_again: set[tuple[int, int]] = field(default_factory=set)
    """Destination folders, with their UIDVALIDITYs, of which storing told another one."""
    connected: bool = False
    """True when the running run has got as far as both mailboxes."""
    ends: tuple[str, int] = ("", 0)
    """How the last runs ended that copied nothing, and how many of them did so."""
    samples: Samples = field(default_factory=Samples)
    """Of what the running run has stored, to be looked at."""
    remarks: Remarks = field(default_factory=Remarks)
    """What is not as it was at the source and is no failure."""
    pace: PaceMeter = field(default_factory=PaceMeter)
    allowance: Allowance = field(default_factory=Allowance)
    """What may still be moved today."""
    rests: tuple[Wait, float] | None = None
    """What the account waits for between two runs, and since when (monotonic)."""
    tries: int = 0
    """Runs in a row that made no progress."""
    worked_at: float = 0.0
    """When a run last made progress (monotonic)."""
    sent_until: float = 0.0
    """When the last run that this engine made of it ended (monotonic)."""

    told_strangers: bool = False
    """True once it was said that mail comes to the destination from elsewhere."""

    worked_before: bool = False
    """True when an earlier run was logged in to both of these mailboxes, whichever engine did it."""

    destination_outage: Outage = field(init=False)
    source_outage: Outage = field(init=False)
    """What the destination refuses."""
    tracer: Tracer = field(default_factory=Tracer)
    had_failures: bool = False
    """True when failures of earlier runs are on record, to be resolved by what arrives now."""

    def __post_init__(self) -> None:
        self.destination_outage = Outage("destination", self.timing.outage_after, self.timing.give_up_after)
        self.source_outage = Outage("source", self.timing.outage_after, self.timing.give_up_after)

    @property
    def pair(self) -> str:
        """The two mailboxes that the journal speaks of, as the store remembers them."""
        return progress.pair(self.account, self.migration)

    @property
    def distrusted(self) -> bool:
        """True when the destination has misunderstood so often that every message goes with a synchronising literal."""
        return self.poisonings >= self.timing.distrusted_after

    def progressed(self, messages: int = 0, octets: int = 0) -> None:
        """Something has worked: patience begins anew."""
        self.pace.move(messages, octets)
        self.tries = self.isolated = 0
        self.ends = ("", 0)
        self.worked_at = time.monotonic()

    def note_end(self, error: MailError) -> int:
        """A run has ended so. Gives how many of them did, one after the other, with nothing copied."""
        text = f"{error.kind} {error.sentence} {error.command} {error.server_words}"
        self.ends = text, self.ends[1] + 1 if self.ends[0] == text else 1
        return self.ends[1]

    def opened_twice(self, folder_id: int, uidvalidity: int) -> bool:
        """False when a destination folder is doubted for the first time since it has this UIDVALIDITY: it is to be
        opened once more."""
        doubted = (folder_id, uidvalidity) in self.opened_again
        self.opened_again.add((folder_id, uidvalidity))
        return doubted

    def ended_at(self, key: MessageKey, error: MailError) -> None:
        """The source's connection ended, or could not be read on, while this was next."""
        self.unread[key] += 1
        self.source_stalls |= isinstance(error, Stalled)
        kind = MessageEndsConnections if key[1] else FolderEndsConnections
        if self.unread[key] >= (self.timing.unread_after if key[1] else self.timing.unopened_after):
            sentence = f"Each connection to the source ended at this {'message' if key[1] else 'folder'}"
            words = error.server_words
            self.given_up[key] = kind(f"{sentence}: {error.sentence}", server_words=words, command=error.command)
            self.isolated = 0
        self.isolated += 1
        if key[1] == 0 and key not in self.given_up:  # a server that ends every connection is given time
            return
        if self.isolated <= self.timing.isolated_at_once:  # so much is known now, and the others need not wait for it
            self.tries, self.ends = 0, ("", 0)
            self.worked_at = time.monotonic()

    def died_at(self, keys: list[MessageKey], error: MailError) -> None:
        """A connection ended while these messages were next: twice is a reason to isolate one,
        four times to give it up."""
        for key in keys:
            self.deaths[key] += 1
            if self.deaths[key] >= self.timing.alone_after:
                self.suspects.add(key)
            if self.deaths[key] >= self.timing.give_up_after:
                sentence = f"Each connection to the destination ended at this message: {error.sentence}"
                self.given_up[key] = MessageEndsConnections(sentence, server_words=error.server_words)

    def __repr__(self) -> str:
        total = self.tally.total()
        return f"<Work {self.account.source_user} {total.counts.settled}/{total.counts.listed} {self.account.state}>"
