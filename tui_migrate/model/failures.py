"""What did not make it: as it was found, and as it stands in the failure list."""

from __future__ import annotations

from dataclasses import dataclass

from tui_migrate.model.progress import Scope


@dataclass(frozen=True, slots=True)
class NewFailure:
    """A failure as it was found, before it is on record."""

    account_id: int
    scope: Scope
    kind: str
    """Groups equal causes: the error's class in words, e.g. `message refused`."""
    sentence: str
    server_words: str
    command: str
    advice: str
    folder_id: int | None = None
    uid: int | None = None
    size: int | None = None
    message_id: str = ""
    subject: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """One message, folder or account that did not make it."""

    id: int
    migration_id: int
    account_id: int
    account: str
    """The source user."""
    scope: Scope
    kind: str
    """Groups equal causes: the error's class in words, e.g. `message refused`."""
    sentence: str
    server_words: str
    command: str
    advice: str
    folder: str
    uid: int | None
    size: int | None
    message_id: str
    subject: str
    date: str
    attempts: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message that failed lies at the source."""

    failure_id: int
    account_id: int
    folder: bytes
    """As on the wire."""
    uidvalidity: int
    """Under which the UID was read; 0: not known."""
    uid: int
