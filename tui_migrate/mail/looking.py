"""Looking at what lies in folders, of whatever kind of server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tui_migrate.mail.message import Head
from tui_migrate.model import Fingerprint


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """A folder's numbers (STATUS, RFC 3501 section 6.3.10)."""

    messages: int
    """All that lies in it, also what is no mail and will be excluded."""
    uidnext: int | None
    uidvalidity: int
    token: str = ""
    """Changes with every change in the folder. What it is only its kind of mailbox knows, which is handed it again by
    the next pass (IMAP: HIGHESTMODSEQ, RFC 7162). Empty: not told."""


@dataclass(frozen=True, slots=True)
class Present:
    """A message that lies in a folder."""

    uid: int
    size: int
    instant: int | None
    flags: frozenset[str]


class Look(Protocol):
    """Reads what is in folders, to recognise messages by their fingerprints. All of it may raise MailError."""

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """The numbers of folders, fresh from the server, in one round trip."""

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """The messages with a UID of at least `low_uid`, ascending."""

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID; what is gone is left out."""

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        """All that headers are recognised by, by UID; what is gone is left out."""

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        """Fingerprints of whole messages, which are read for it, by UID and without their dates; what is gone is left
        out."""
