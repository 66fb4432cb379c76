"""What each kind of mailbox that lies in files gives; `FileSource` makes a source of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar, overload

from tui_migrate.errors import MailError
from tui_migrate.mail.census import Carries
from tui_migrate.mail.message import Content
from tui_migrate.mail.roles import Role

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class ArchiveFolder:
    """A folder of messages."""

    name: bytes
    """Stays the same for as long as it is this folder. `INBOX` is the inbox, wherever it lies."""
    path: tuple[str, ...]
    """For the admin, and at the destination; ("INBOX",) for the inbox."""
    role: Role | None = None
    role_by_name: bool = False
    """True when the role was guessed from the folder's name."""
    subscribed: bool = False
    selectable: bool = True
    """False: it has folders below it, and can hold no messages."""


class Item(NamedTuple, Generic[P]):
    """A message, as far as it is known without making its octets."""

    name: str
    """Of no other message of the folder, now or later; the same for as long as it is this message."""
    place: P
    """Where it lies, for the kind alone: an offset, a file's name."""
    flags: frozenset[str] = frozenset()
    instant: int | None = None
    """When it arrived, in epoch seconds; None: its own header tells."""
    size: int = 0
    """Octets, about; 0: not known before it is read."""
    uid: int = 0
    """Which a server gave it; 0: none did. All items of a folder have one, or none has."""


class MadeItems(Sequence[Item[P]]):
    """Items that are made whenever they are asked for: a million of them would fill the memory."""

    @abstractmethod
    def item(self, at: int) -> Item[P]:
        """The one at this place, from 0 on."""

    @overload
    def __getitem__(self, at: int) -> Item[P]: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item[P]]: ...
    def __getitem__(self, at: int | slice) -> Item[P] | list[Item[P]]:
        places = range(len(self))[at]
        return self.item(places) if isinstance(places, int) else [self.item(each) for each in places]

    def __iter__(self) -> Iterator[Item[P]]:
        return map(self.item, range(len(self)))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Items that are no mail, or no longer there."""

    reason: str
    """In a few words, for the admin: `appointments`, `expunged`."""
    items: int
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Contents(Generic[P]):
    """What lies in a folder. All of its items are here, in an order that stays."""

    items: Sequence[Item[P]]
    excluded: Sequence[LeftOut] = ()
    uidvalidity: int = 0
    """Of the items' UIDs; 0 where they have none."""
    missing: int = 0
    """Messages that should be there and cannot be listed. `damage` says why."""
    damage: MailError | None = None
    token: str = ""
    """Another one after every change in the folder; empty: not told."""


class Archive(Protocol[P]):
    """A mailbox, opened for reading. Nothing in it is ever changed. One thread at a time uses it; `FileSource` opens
    one for itself. All of it may raise MailError, and raises nothing else."""

    @property
    def carries(self) -> Carries:
        """What it can tell of a message."""

    def folders(self) -> Sequence[ArchiveFolder]:
        """All of them, from their names alone where that can be: nothing is counted for it."""

    def contents(self, folder: bytes) -> Contents[P]:
        """What lies in a folder now. Raises FolderDamaged when nothing of it can be listed."""

    def token(self, folder: bytes) -> str:
        """What `contents` would have as its token now, where a look at files tells it without a listing; else empty."""

    def read(self, folder: bytes, item: Item[P], spool_folder: Path | None) -> Content | None:
        """The octets of a message; None when it is not there any more. Raises MessageDamaged."""

    def remarks(self) -> Iterable[tuple[str, str]]:
        """What an admin wants to know of it before it is copied: labels and texts. May read all of it."""

    def close(self) -> None:
        """Give back what is open."""
