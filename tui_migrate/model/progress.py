"""What there is to see: states, numbers, failures, events, in the words an admin reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from tui_migrate.model.figures import size
from tui_migrate.model.settings import Migration, Wanted


class AccountState(StrEnum):
    """What an account is doing now, as the admin reads it. The first and the last are never stored: `presence` tells
    them from what is wanted, and from whether an engine runs."""

    NOT_STARTED = "not started"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    CHECKING = "checking"
    COPYING = "copying"
    PAUSED = "paused"
    BLACKOUT = "blackout"
    THROTTLED = "throttled"
    DONE = "done"
    DONE_WITH_FAILURES = "done with failures"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """True when the engine does nothing more for this account unless the admin asks again."""
        return self in ENDED_STATES

    @property
    def active(self) -> bool:
        """True while the account holds connections."""
        return self in (AccountState.CHECKING, AccountState.COPYING)


ENDED_STATES = frozenset({AccountState.DONE, AccountState.DONE_WITH_FAILURES, AccountState.FAILED})
HELD_STATES = frozenset({AccountState.SCHEDULED, AccountState.BLACKOUT})
"""The clock holds the account back. Its `detail` goes on where the state's name ends: `until 06:00 CET`."""


class Scope(StrEnum):
    """How much an error or a failure concerns."""

    MESSAGE = "message"
    FOLDER = "folder"
    ACCOUNT = "account"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of one pass. `listed` is what the source showed; every other number is where those messages went."""

    listed: int = 0
    copied: int = 0
    brought: int = field(default=0, kw_only=True)
    """Brought by earlier passes of ours."""
    there: int = 0
    """Already at the destination, and not by a pass of ours that is on record: found there with the same fingerprint.
    So counts also what we brought into a folder whose record was voided since, because the folder was replaced or the
    mail goes to another one: nobody can tell any more who put it there."""
    excluded: int = 0
    gone: int = 0
    """Vanished from the source between the listing and the copy."""
    failed: int = 0

    @property
    def settled(self) -> int:
        """Messages whose fate is known."""
        return self.copied + self.brought + self.there + self.excluded + self.gone + self.failed

    @property
    def pending(self) -> int:
        """Messages still to go; 0 when the pass is complete and the numbers add up."""
        return self.listed - self.settled

    @property
    def terms(self) -> tuple[tuple[int, str], ...]:
        """Where the listed messages went, in words; what is still to go comes last, where there is any."""
        terms = (
            (self.copied, "copied"),
            (self.brought, "brought earlier"),
            (self.there, "already there"),
            (self.excluded, "excluded"),
            (self.gone, "gone"),
            (self.failed, "failed"),
        )
        return (*terms, (self.pending, "to go")) if self.pending else terms

    @property
    def equation(self) -> str:
        """What was listed, and where it went."""
        return f"{self.listed} listed = {' + '.join(f'{number} {word}' for number, word in self.terms)}"

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Counts)})


@dataclass(frozen=True, slots=True)
class Moved:
    """What has arrived by us, in all passes. It only grows, whatever becomes of the mail at either side."""

    messages: int = 0
    bytes: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.messages + other.messages, self.bytes + other.bytes)

    def __str__(self) -> str:
        return f"{self.messages} {'message' if self.messages == 1 else 'messages'}, {size(self.bytes)}"


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of one account or folder in the running pass."""

    counts: Counts
    bytes_listed: int
    bytes_copied: int


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox to move, as stored."""

    id: int
    migration_id: int
    source_user: str
    destination_user: str
    priority: int
    position: int
    """Order of import; accounts of equal priority run in this order."""
    excluded_folders: tuple[str, ...]
    wanted: Wanted
    state: AccountState
    detail: str
    """One sentence on the state: why it paused or failed, until when it waits. Empty when there is nothing to say."""
    server_words: str
    """The server's verbatim reply behind `detail`, if there was one."""
    pass_number: int
    """Passes begun so far."""
    counts: Counts
    bytes_listed: int
    bytes_copied: int
    rate_messages: float
    """Messages per second over the last ten seconds, 0 when not copying."""
    rate_bytes: float
    """Bytes per second over the last ten seconds, 0 when not copying."""
    started_at: float | None
    """Epoch seconds at which the current or last pass began."""
    finished_at: float | None
    notify: str = ""
    """Where its user is told that it is done; empty: at the destination."""
    path: str = ""
    """Where its files lie in the source's folder; empty: as the source's pattern says."""
    moved: Moved = Moved()
    traced: bool = False
    """True when the admin wants a protocol trace of it."""

    def excluded_of(self, migration: Migration) -> tuple[str, ...]:
        """The folders of the account that stay behind: those that its migration excludes for all accounts, and its
        own."""
        return *migration.excluded_folders, *self.excluded_folders

    @property
    def is_in_first_pass(self) -> bool:
        """True when all that was moved is what the running pass has copied."""
        return self.pass_number == 1 and not self.state.ended

    @property
    def listed(self) -> int:
        """Messages that the source has shown."""
        return self.counts.listed

    @property
    def needs_admin(self) -> bool:
        """True when the engine has paused it, and says why. The admin's own pauses have no sentence."""
        return self.state is AccountState.PAUSED and bool(self.detail)

    def __repr__(self) -> str:
        return f"<Account {self.source_user} {self.counts.settled}/{self.counts.listed} {self.state}>"


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk over an account: the first copies all, a later one what has changed since."""

    account_id: int
    number: int
    """From 1."""
    began: float
    """Epoch seconds."""
    ended: float | None
    """None while it goes on, or waits for going on."""
    state: AccountState | None
    """How it ended; None before."""
    counts: Counts
    bytes_listed: int
    bytes_copied: int


@dataclass(frozen=True, slots=True)
class PassTotals:
    """The passes of the same number over the accounts of a migration."""

    number: int
    accounts: int
    """That have begun it."""
    began: float
    """The first of them, epoch seconds."""
    ended: float | None
    """The last of them; None while one goes on."""
    counts: Counts
    bytes_copied: int


@dataclass(frozen=True, slots=True)
class MigrationOverview:
    """A migration and the totals of its accounts, for a list."""

    migration: Migration
    accounts: int
    accounts_by_state: Mapping[AccountState, int]
    counts: Counts
    bytes_listed: int
    bytes_copied: int
    rate_messages: float
    rate_bytes: float
    failures: int
    """Open failures, account and folder failures included."""
    held: str = ""
    """Until when accounts are held back by the clock, as they say it themselves."""
    moved: Moved = Moved()
    passes: int = 1
    """The most that any of its accounts has begun."""

    @property
    def is_in_first_pass(self) -> bool:
        """True when all that was moved is what the running pass has copied."""
        return self.passes <= 1 and not all(state in ENDED_STATES for state, n in self.accounts_by_state.items() if n)


class LeftOut(StrEnum):
    """Why a message is not copied, by the migration's selection."""

    TOO_OLD = "too old"
    TOO_NEW = "too new"
    TOO_LARGE = "too large"


@dataclass(frozen=True, slots=True)
class LeftOutMessages:
    """Messages of one folder that were left out for one reason."""

    folder: str
    reason: str
    """One of `LeftOut`, or the source's own for what is no mail."""
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A message above the size limit."""

    folder: str
    uid: int
    size: int
    instant: int | None
    """INTERNALDATE in epoch seconds, where the source tells it."""


@dataclass(frozen=True, slots=True)
class LeftOutMail:
    """All that an account counts as excluded, by reason."""

    selection: tuple[LeftOutMessages, ...]
    """By the migration's choices of days and size, or by the kind of source, by folder."""
    too_large: tuple[TooLarge, ...]
    """Messages above the size limit one by one, the largest first; of each folder some hundreds at most."""
    in_excluded_folders: int
    skipped: int
    """Failures that the admin has skipped."""


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """One source folder of an account and the destination folder that it maps to, with this pass's numbers."""

    id: int
    account_id: int
    source_name: str
    destination_name: str
    counts: Counts
    bytes_listed: int
    bytes_copied: int


EVENTS_PAGE = 200
"""Events that are read at once."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit trail."""

    id: int
    at: float
    who: str
    """The operator's user name, or `engine`."""
    what: str
    migration_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class ServerUse:
    """The engine's connections to one server."""

    used: int
    allowed: int
    """The admin's limit, or what the server has allowed when it said no to more."""
    taught: bool = False
    """True when it is the server that allows no more."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What is known of the engine from its lock and its heartbeat."""

    running: bool
    pid: int | None = None
    host: str = ""
    beat_at: float | None = None
    """Epoch seconds of the last heartbeat."""
    connections: int = 0
    rate_messages: float = 0.0
    rate_bytes: float = 0.0
    servers: Mapping[str, ServerUse] = field(default_factory=dict)
    """By the keys of servers that it has connections to."""
    lanes: Mapping[int, int] = field(default_factory=dict)
    """Of the accounts at work, by their ids; each lane is a connection to either server."""
    most_connections: int = 0
    """That it may have in all, where its limit of open files allows fewer than the servers do; else 0."""
