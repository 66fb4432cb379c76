"""What every account's run works with."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tui_migrate.engine.copying.budget import Budget
from tui_migrate.engine.copying.delays import Delays
from tui_migrate.engine.copying.throttle import Throttles
from tui_migrate.engine.failures import folder_failure
from tui_migrate.engine.log import PrivateFile, told
from tui_migrate.engine.steady import SteadyClock
from tui_migrate.errors import ArrivedTwice, MailError
from tui_migrate.mail.lessons import Experience
from tui_migrate.model import Account, Scope
from tui_migrate.model.journal import Window
from tui_migrate.store import events, journal
from tui_migrate.store.database import Database, Transaction, Writer
from tui_migrate.timing import USUAL, Timing

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Files:
    """What an engine writes beside its store."""

    spool_dir: Path
    """For messages that are too large for the memory."""
    log: PrivateFile
    """Where faults are written down."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What an engine tells the time by."""

    steady: SteadyClock
    """For budgets of a day and waits; no setting of the clock moves it."""
    wall: Callable[[], float] = time.time
    """For the hours of blackouts and schedules, and what is written as a time of day; epoch seconds."""
    began: float = field(default_factory=time.monotonic)
    """When this engine took the store over from the one before, which sends nothing any more (monotonic)."""


@dataclass(frozen=True, slots=True)
class ServerKnowledge:
    """What is known of mail servers, whichever accounts use them."""

    throttles: Throttles = field(default_factory=Throttles)
    """How fast they may be used."""
    experience: Experience = field(default_factory=Experience)
    """What they have taught."""
    delays: Delays = field(default_factory=Delays)
    """How long they have been seen to take."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all accounts of an engine share."""

    writer: Writer
    files: Files
    clocks: Clocks
    servers: ServerKnowledge = field(default_factory=ServerKnowledge)
    budget: Budget = field(default_factory=Budget)
    """For all mail in memory."""
    timing: Timing = USUAL

    @property
    def database(self) -> Database:
        """The store, to read from."""
        return self.writer.database

    def write(self, operation: Callable[[Transaction], T]) -> Future[T]:
        """Write into the journal; see `Writer.submit`."""
        return self.writer.submit(operation)

    def say(self, account: Account, what: str) -> None:
        """Write one line of the account's audit trail."""
        _LOG.info("%s", what)
        said, ids = f"{account.source_user}: {what}", {"migration_id": account.migration_id, "account_id": account.id}
        self.write(lambda connection: events.add(connection, "engine", said, **ids)).result()

    def fail_folder(self, account_id: int, folder_id: int, error: MailError, *, whole: bool = False) -> None:
        """Put on record that the folder did not make it: the next pass looks at it again. `whole`: nothing is done in
        it, and this has taken the place of what held it up before."""

        _LOG.warning("a folder fails: %s", told(error))

        def fail(connection: Transaction) -> None:
            if whole:
                events.resolve_scope(connection, folder_id, Scope.FOLDER, {error.kind, ArrivedTwice.kind})
            events.record_failure(connection, folder_failure(account_id, folder_id, error))
            journal.incomplete_folder(connection, folder_id)

        self.write(fail).result()

    def windows(self, folder_id: int) -> list[Window]:
        """The windows of a folder, with all that is in them."""
        with self.database.read() as connection:
            return list(journal.windows(connection, folder_id))
