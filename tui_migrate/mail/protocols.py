"""What every kind of source and destination gives, and the values that pass between them and the engine.

A source is read through a generator, so that a folder of files or another protocol can be one with little ceremony; a
destination takes batches and reports on them later, so that it need not wait for an answer before it sends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from tui_migrate.errors import MailError
from tui_migrate.mail.census import Census
from tui_migrate.mail.field_dates import derive_date
from tui_migrate.mail.looking import FolderStatus, Look
from tui_migrate.mail.message import Content, fingerprint
from tui_migrate.mail.roles import Role as Role
from tui_migrate.mail.states import Ordinals as Ordinals
from tui_migrate.mail.stream import Valve
from tui_migrate.model import Fingerprint


@dataclass(slots=True)  # one for every message, and a frozen one costs five times as much: nobody changes it
class Listed:
    """One message as a folder's listing shows it."""

    uid: int
    flags: frozenset[str]
    date: bytes
    """INTERNALDATE, quoted, as it may be sent; empty when the source gives none that can be read."""
    instant: int | None
    """The same in epoch seconds, before 1970 too; None when there is none."""
    size: int
    """RFC822.SIZE: an estimate, servers err; 0 where it is not told."""
    odd_date: bytes = b""
    """What the source gave as INTERNALDATE, where no instant can be read in it for certain."""
    named: bool = False
    """True where the UID is the ordinal of a name: it means no other message, whatever else has changed."""


@dataclass(frozen=True, slots=True)
class Since:
    """Where a walk over a folder ended that left nothing undone."""

    uidvalidity: int
    uidnext: int | None
    token: str
    """As the folder's status had it then."""
    messages: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What has happened in a folder since."""

    messages: tuple[Listed, ...]
    """New, or with other flags than before; in ascending UID."""
    unlisted: int
    """Messages that are there as they were."""
    exists: int
    new: int = 0
    """Of `messages`, how many were not there before."""


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder as the server lists it."""

    name: bytes
    """As on the wire."""
    path: tuple[str, ...]
    """Decoded, below the personal namespace; ("INBOX",) for INBOX."""
    selectable: bool = True
    role: Role | None = None
    role_by_name: bool = False
    """True when the role was guessed from the folder's name and not told by the server."""
    subscribed: bool = False
    status: FolderStatus | None = None
    uids: range | None = None
    """Where only a part of it is to be read: these UIDs. Its status then speaks of about that part."""
    chosen: tuple[Listed, ...] | None = None
    """What is to be read of it, when that has been listed and chosen before, in ascending UID."""
    changes: Changes | None = None
    """What there is to be chosen from, when that has been asked for before."""
    suspect: bool = False
    """True when it has ended connections: it is not waited for as long as others, and what is chosen of it is read
    message by message, with nothing else under way."""

    @property
    def display(self) -> str:
        """The folder's name for the admin."""
        return "/".join(self.path)


@dataclass(frozen=True, slots=True)
class Tree:
    """The folders of a mailbox, and how a new folder's name is made there."""

    folders: tuple[ListedFolder, ...]
    delimiter: str
    """Empty on a server without hierarchy."""
    prefix: str
    """Of the personal namespace, e.g. `INBOX.`; empty on most servers."""
    others: tuple[ListedFolder, ...] = ()
    """Of other people (RFC 2342), or outside of the admin's path prefix. `doubts`: why there may be more of our own."""
    doubts: tuple[MailError, ...] = ()


@dataclass(slots=True)
class Message:
    """A message on its way."""

    listed: Listed
    content: Content
    fingerprint: Fingerprint
    date: bytes
    instant: int | None

    @property
    def date_replaced(self) -> bool:
        """True when it arrives with another date than its INTERNALDATE: that could not be read for certain."""
        return bool(self.listed.odd_date) or (bool(self.date) and not self.listed.date)

    @classmethod
    def of(cls, listed: Listed, content: Content) -> Message:
        """A message that was listed, with what has come of it; when it arrived is read in it where the listing does not
        say."""
        date, instant = listed.date, listed.instant
        if not date:
            date, instant = derive_date(content.head()) or (b"", None)
        return cls(listed, content, fingerprint(content, instant or 0), date, instant)


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of a folder's messages, in ascending UID. Newest first, the stretches descend."""

    folder: bytes
    uidvalidity: int
    messages: Sequence[Listed]
    last: bool
    """True when nothing of the folder follows."""
    exists: int = 0
    """Messages in the whole folder, as it says. A folder that is read in parts is complete if they add up to it."""
    unlisted: int = 0
    """Messages of it that are as they were when an earlier walk over the folder was complete."""
    token: str = ""
    """Of the folder just before it was listed, where that was asked for only then and its status has none."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Messages that vanished between listing and reading."""

    folder: bytes
    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that the source lists and does not hand out."""

    folder: bytes
    listed: Listed
    error: MailError


@dataclass(frozen=True, slots=True)
class FolderRefused:
    """A folder that cannot be opened or listed; nothing (more) of it follows."""

    folder: bytes
    error: MailError


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A folder says that it holds more messages than it lists. Those that it lists follow all the same."""

    folder: bytes
    missing: int
    error: MailError


@dataclass(slots=True)  # as `Listed`
class Read:
    """One message of a folder."""

    folder: bytes
    message: Message


@dataclass(frozen=True, slots=True)
class Excluded:
    """Items of a folder that are not for copying, whatever is selected. They come behind the last listing of the folder
    and are in none; they count as excluded. The folder's status counts them too."""

    folder: bytes
    reason: str
    """In a few words, for the admin."""
    messages: int
    octets: int = 0


@dataclass(frozen=True, slots=True)
class FolderEnd:
    """All that was wanted of a folder has been given."""

    folder: bytes


Step = Read | Gone | Unreadable | Incomplete | Excluded | FolderRefused | FolderEnd

Choose = Callable[[Listing], Sequence[Listed]]
"""Given a listing, the messages of it to be read. Called in the reader's thread, once for every stretch of a folder."""


class MailSource(Protocol):
    """Where mail comes from. Never changes anything there."""

    def tree(self) -> Tree:
        """The folders. Raises MailError."""

    def through(self, valve: Valve) -> None:
        """All octets that are received pass through this valve from now on."""

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Walk over folders, asking ahead across messages and folders. The messages of a folder come in ascending UID,
        or in descending one if `newest_first`. Raises MailError when the connection is of no more use."""

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """What has changed in these folders, by name. One of which that cannot be said for certain is left out. Not
        while a `read` is under way. Raises MailError."""

    def remarks(self) -> Iterable[tuple[str, str]]:
        """What an admin wants to know of this mailbox before it is copied: labels and texts. Raises MailError."""

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Bytes in each folder as the server sums them up; where it does not, it is left out. Raises MailError."""

    def look(self) -> Look:
        """A look at the folders, to recognise what is there. Not while a `read` is under way."""

    def census(self) -> Census:
        """A count of what is there, in other ways than copying asks. Not while a `read` is under way."""

    def died_at(self) -> tuple[bytes, int] | None:
        """Folder and UID of the message that was next when `read` lost the connection; UID 0 where it was about to say
        something else of the folder."""

    def all_arrived(self) -> None:
        """All that was read is on record. `close` without it leaves no trace where a server would not show it again."""

    def abort(self) -> None:
        """Cut the connection from another thread."""

    def close(self) -> None:
        """Say goodbye."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A destination folder, ready for messages."""

    name: bytes
    uidvalidity: int
    uidnext: int
    """No message that arrives later has a lower UID (RFC 3501 section 2.3.1.1)."""
    messages: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a mailbox may still take, in bytes; None: the server sets no limit, or does not tell."""

    free: int | None = None
    """Of its quota."""
    largest: int | None = None
    """Message that it takes."""
    words: str = ""
    """The server's, about its quota."""


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder that a destination shall have."""

    name: bytes
    display: str
    create: bool
    subscribe: bool
    role: Role | None = None


@dataclass(slots=True)
class Batch:
    """Messages of one folder that are stored together. `key` is the caller's."""

    key: int
    folder: bytes
    messages: list[Message]
    synchronising: bool = False
    """Send alone, and only after the server has agreed: for messages that have broken a connection before."""
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum([message.content.length for message in self.messages])

    def at(self, positions: Iterable[int]) -> list[Message]:
        """The messages at these positions."""
        return [self.messages[position] for position in positions]


@dataclass(frozen=True, slots=True)
class Stored:
    """Messages of a batch that have arrived."""

    key: int
    positions: tuple[int, ...]
    uidvalidity: int | None
    uids: tuple[int, ...] | None
    """Their UIDs in the same order; None when the server does not tell (no UIDPLUS, RFC 4315)."""
    dropped_flags: tuple[str, ...] = ()
    """Flags that the folder cannot keep, once for every message that lost them."""
    undated: int = 0
    """Of the messages, how many were taken without their date alone."""
    seconds: float = field(default=0.0, compare=False)
    """From the last octet that was sent to the answer."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message of a batch that the destination does not take."""

    key: int
    position: int
    error: MailError


FlagChanges = dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]]
"""Flags to add and flags to take away, with the UIDs that this concerns."""


class MailDestination(Protocol):
    """Where mail goes. Nothing is ever deleted there."""

    def tree(self) -> Tree:
        """The folders. Raises MailError."""

    def through(self, valve: Valve) -> None:
        """All octets that are sent pass through this valve from now on."""

    def prepare(self, folders: Sequence[NewFolder]) -> dict[bytes, Opened | MailError]:
        """Create and subscribe what is missing, and open each folder."""

    @property
    def waits_for_each(self) -> bool:
        """True where every message costs a round trip, because nothing may be sent before the server has agreed."""

    def room(self) -> bool:
        """True when another batch may be sent now."""

    def send(self, batch: Batch) -> None:
        """Begin to store a batch."""

    def poll(self, timeout: float) -> list[Stored | Refused]:
        """What has become known since the last call; waits up to `timeout` seconds or for `wake`. Called often, it
        keeps the connection alive while there is nothing to send. Raises MailError when the connection ended."""

    def in_flight(self) -> int:
        """Batches whose fate is not known in full."""

    def wake(self) -> None:
        """End a `poll` early; from any thread."""

    def capacity(self) -> Capacity:
        """How much more the mailbox takes. Raises MailError when the connection is of no more use."""

    def look(self) -> Look:
        """A look at the folders, to recognise what is there. Not while batches are in flight."""

    def census(self) -> Census:
        """A count of what is there, in other ways than copying asks. Not while batches are in flight."""

    def as_they_lie(self, folder: bytes, uids: Sequence[int]) -> dict[int, tuple[Listed, bytes]]:
        """Small messages by UID, in one round trip; without those that are gone. Not while batches are in flight."""

    def change_flags(self, folder: bytes, changes: FlagChanges) -> Mapping[str, int]:
        """Add and take away flags. Returns how many messages did not get which flag, because the folder cannot keep it.
        Raises MailError."""

    def unkept(self, folder: bytes, flags: Set[str]) -> Set[str]:
        """Those of these flags that the folder cannot keep. Raises MailError."""

    def abort(self) -> None:
        """Cut the connection from another thread."""

    def close(self) -> None:
        """Say goodbye."""
