"""What every kind of source and destination gives, and the values that pass between them and the engine.

A source is read through a generator, so that a folder of files or another protocol can be one with little ceremony; a
destination takes batches and reports on them later,
so that it need never wait for one answer before it sends the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from tui_migrate.errors import MailError
from tui_migrate.mail.message import Content
from tui_migrate.model import Fingerprint


class Role(StrEnum):
    """What a folder is for (RFC 6154), whatever its name and language."""

    SENT = "Sent"
    DRAFTS = "Drafts"
    TRASH = "Trash"
    JUNK = "Junk"
    ARCHIVE = "Archive"
    ALL = "All"
    FLAGGED = "Flagged"
    IMPORTANT = "Important"


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """A folder's numbers (STATUS, RFC 3501 section 6.3.10; HIGHESTMODSEQ, RFC 7162)."""

    messages: int
    uidnext: int | None
    uidvalidity: int
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder as the server lists it."""

    name: bytes
    """As on the wire."""
    path: tuple[str, ...]
    """Decoded components below the personal namespace; ("INBOX",) for INBOX."""
    selectable: bool = True
    role: Role | None = None
    role_by_name: bool = False
    """True when the role was guessed from the folder's name and not told by the server."""
    subscribed: bool = False
    status: FolderStatus | None = None

    @property
    def display(self) -> str:
        """For the admin."""
        return "/".join(self.path)


@dataclass(frozen=True, slots=True)
class Tree:
    """The folders of a mailbox, and how a new folder's name is made there."""

    folders: tuple[ListedFolder, ...]
    delimiter: str
    """Empty on a server without hierarchy."""
    prefix: str
    """Of the personal namespace, e.g. `INBOX.`; empty on most servers."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One message as a folder's listing shows it."""

    uid: int
    flags: frozenset[str]
    date: bytes
    """INTERNALDATE, quoted, as it may be sent; empty when the source gives none that can be read."""
    instant: int
    """The same in epoch seconds, 0 when there is none."""
    size: int
    """RFC822.SIZE: an estimate, servers err."""


@dataclass(slots=True)
class Message:
    """A message on its way."""

    listed: Listed
    content: Content
    fingerprint: Fingerprint
    date: bytes
    instant: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of a folder's messages, in ascending UID."""

    folder: bytes
    uidvalidity: int
    messages: Sequence[Listed]
    last: bool
    """True when nothing of the folder follows."""


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


@dataclass(frozen=True, slots=True)
class Read:
    """One message of a folder."""

    folder: bytes
    message: Message


@dataclass(frozen=True, slots=True)
class FolderEnd:
    """All that was wanted of a folder has been given."""

    folder: bytes


Step = Read | Gone | Unreadable | Incomplete | FolderRefused | FolderEnd

Choose = Callable[[Listing], Sequence[Listed]]
"""Given a listing, the messages of it to be read. Called in the reader's thread, once for every stretch of a folder."""


class MailSource(Protocol):
    """Where mail comes from. Never changes anything there."""

    def tree(self) -> Tree:
        """The folders. Raises MailError."""

    def read(self, folders: Iterable[ListedFolder], choose: Choose) -> Iterator[Step]:
        """Walk over folders, asking ahead across messages and folders.
        Raises MailError when the connection is of no more use."""

    def look(self) -> Look:
        """For recognising what is there. Not while a `read` is under way."""

    def died_at(self) -> tuple[bytes, int] | None:
        """Folder and UID of the message that was next when `read` lost the connection."""

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
        self.size = sum(message.content.length for message in self.messages)


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


@dataclass(frozen=True, slots=True)
class Refused:
    """A message of a batch that the destination does not take."""

    key: int
    position: int
    error: MailError


@dataclass(frozen=True, slots=True)
class Present:
    """A message that lies in a folder."""

    uid: int
    size: int
    instant: int
    flags: frozenset[str]


class Look(Protocol):
    """Reads what is in folders, to recognise messages by their fingerprints. All of it may raise MailError."""

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """Fresh from the server, in one round trip."""

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """The messages with a UID of at least `low_uid`, ascending."""

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID; what is gone is left out."""

    def bodies(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Fingerprints of whole messages by UID; what is gone is left out."""


FlagChanges = dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]]
"""Flags to add and flags to take away, with the UIDs that this concerns."""


class MailDestination(Protocol):
    """Where mail goes. Nothing is ever deleted there."""

    def tree(self) -> Tree:
        """The folders. Raises MailError."""

    def prepare(self, folders: Sequence[NewFolder]) -> dict[bytes, Opened | MailError]:
        """Create and subscribe what is missing, and open each folder."""

    def room(self) -> bool:
        """True when another batch may be sent now."""

    def send(self, batch: Batch) -> None:
        """Begin to store a batch."""

    def poll(self, timeout: float) -> list[Stored | Refused]:
        """What has become known since; waits up to `timeout` seconds or for `wake`.
        Raises MailError when the connection ended."""

    def in_flight(self) -> int:
        """Batches whose fate is not known in full."""

    def wake(self) -> None:
        """End a `poll` early; from any thread."""

    def look(self) -> Look:
        """For recognising what is there. Not while batches are in flight."""

    def change_flags(self, folder: bytes, changes: FlagChanges) -> None:
        """Add and take away flags. Raises MailError."""

    def abort(self) -> None:
        """Cut the connection from another thread."""

    def close(self) -> None:
        """Say goodbye."""
