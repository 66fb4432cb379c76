"""What the journal says: of a folder, of the messages in it, and of what they have become at the destination."""

from __future__ import annotations

from dataclasses import dataclass

from tui_migrate.model.fingerprint import Fingerprint


@dataclass(slots=True)  # one for every message, and a frozen one costs five times as much: nobody changes it
class Entry:
    """One message in a window."""

    uid: int
    fingerprint: Fingerprint
    flags: frozenset[str]
    """The source's flags when they were last carried over."""
    destination_uid: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The messages of one folder that are in flight together, or that were."""

    id: int
    done: bool
    low_uid: int
    opened_at: float
    entries: tuple[Entry, ...]
    pass_number: int = 0
    """That brought its messages; 0 for what was at the destination already."""


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """What the journal knows of one folder. The marks are of the last walk that was complete; None before the first."""

    id: int
    source_name: bytes
    destination_name: bytes
    source_uidvalidity: int | None
    source_uidnext: int | None
    source_token: str
    source_messages: int | None
    destination_uidvalidity: int | None
    complete: bool
    selection: str = ""
    """What the walk of the marks left out by."""
    source_adopted: int = 0
    """Of `source_messages`, how many were at the destination already."""
    destination_uidnext: int | None = None
    """What lies at the destination below this UID was compared with all that has not arrived yet. None: nothing was."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a complete walk over a source folder ended: what has not moved since needs no second look."""

    uidvalidity: int
    uidnext: int | None
    token: str
    """Changes with every change in the folder; empty: nobody tells."""
    messages: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A source folder and the destination folder that its mail goes to."""

    source: bytes
    """As on the wire."""
    destination: bytes
    displays: tuple[str, str]
    """Both, for the admin."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Messages at the destination that are ours."""

    uids: frozenset[int] = frozenset()
    """Under which they lie."""
    waiting: tuple[Window, ...] = ()
    """Of other sources: what is in doubt, or there under UIDs that nobody has told. They take what is there first, so
    that nothing is lost of two messages that are alike."""


NOBODY = Claims()
