"""What lies in a mailbox, asked in other ways than copying asks: who looks before and after must not share the blind
spots of a copy.

Copying goes by one listing of folders and one of messages. Here a server is asked for its folders in every other way
that there is, for the number of messages by each command that tells one, and for messages row by row as they come.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple, Protocol

from tui_migrate.errors import MailError
from tui_migrate.mail.message import Content, header_print
from tui_migrate.mail.numbers import LARGEST
from tui_migrate.mail.rebuilt import without_marks

_DIGEST = 16
_MESSAGE_ID = re.compile(rb"^message-id:[ \t\r\n]*([^\r\n]+)", re.I | re.M)
_TOPIC = re.compile(rb"^(?:date|subject):[ \t\r\n]*([^\r\n]+)", re.I | re.M)
ALL = (range(1, LARGEST + 1),)
"""Every UID that there can be."""


@dataclass(frozen=True, slots=True)
class Carries:
    """What a mailbox of this kind can tell of a message."""

    flags: bool = True
    dates: bool = True
    """When it arrived, beside what its header says."""
    last_line_end: bool = True
    """False where every message ends with a line end, whether it had one or not (RFC 1939 section 3)."""
    rebuilt: bool = False
    """True where octets are made anew each time that they are asked for: see `mail.rebuilt`."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """A folder that can be opened."""

    name: bytes
    """As on the wire."""
    path: tuple[str, ...]
    """Decoded components below the personal namespace; ("INBOX",) for INBOX."""
    ways: tuple[str, ...]
    """The commands that have shown it."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many messages a folder holds."""

    numbers: Mapping[str, int]
    """By the command that says so; one that was refused, or told nothing that can be read, is left out."""
    uids: Set[int] = field(default_factory=frozenset)
    """UIDs of messages, by a command that lists nothing else."""


class MessageRow(NamedTuple):
    """One message, as a server lists it. None: it does not tell, or tells nothing that can be read."""

    uid: int
    size: int | None
    instant: int | None
    """In epoch seconds, before 1970 too."""
    flags: frozenset[str] | None


class Evidence(NamedTuple):
    """What a message is known by once all its octets were read: fingerprints, and its length."""

    length: int
    header: bytes
    """As `header_print` has it."""
    whole: bytes
    trimmed: bytes
    """Without the line ends at its end."""
    text: bytes
    """What stands behind the header, without line ends before and after it; empty when there is nothing."""
    message_id: bytes
    """As it stands in the header; empty when there is none."""
    topic: bytes
    """Date and subject as they stand in the header; empty when there are none."""


class Census(Protocol):
    """Counts what is in a mailbox. All of it may raise MailError, and changes nothing."""

    @property
    def carries(self) -> Carries:
        """What can be told of a message here."""

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """Folders of the user's own that can be opened, and are none of the `known` ones. INBOX always exists."""

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """Messages of each folder, fresh from the server; or why it cannot be opened."""

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """Messages with UIDs in these spans, ascending. What several replies say of one is one row; where they
        contradict each other it has several."""

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        """What each of these messages is known by, read as a whole, by UID; what is gone, or not handed out, is left
        out. `rebuilt`: without what another making of its octets changes."""


def evidence(content: Content, rebuilt: bool = False) -> Evidence:
    """What a message is known by whose octets are at hand. `rebuilt`: without what another making of them changes, but
    for the length."""
    header = content.head()
    chunks = content.chunks()
    if rebuilt:
        header = b"".join(without_marks([header]))
        chunks = without_marks(chunks)
    whole, text = _Trimmed(), _Trimmed(both_ends=True)
    passed = 0
    for chunk in chunks:
        whole.take(chunk)
        text.take(chunk[max(0, len(header) - passed) :])
        passed += len(chunk)
    found = _MESSAGE_ID.search(header)
    return Evidence(
        content.length,
        header_print(header),
        whole.of_all(),
        whole.trimmed,
        text.trimmed if text.length else b"",
        found[1].strip() if found else b"",
        b"\n".join(sorted(each.strip() for each in _TOPIC.findall(header))),
    )


class _Trimmed:
    """Fingerprint of octets without the line ends at their end; `both_ends`: nor those at their start."""

    def __init__(self, *, both_ends: bool = False) -> None:
        self._both_ends = both_ends
        self._digest = blake2b(digest_size=_DIGEST)
        self._held = b""
        self.length = 0

    def take(self, chunk: bytes) -> None:
        """Add the next octets."""
        data = self._held + chunk
        if self._both_ends and not self.length:
            data = data.lstrip(b"\r\n")
        kept = data.rstrip(b"\r\n")
        self._digest.update(kept)
        self._held = data[len(kept) :]
        self.length += len(kept)

    @property
    def trimmed(self) -> bytes:
        """The fingerprint without the line ends at the end."""
        return self._digest.digest()

    def of_all(self) -> bytes:
        """The fingerprint with the line ends at the end."""
        digest = self._digest.copy()
        digest.update(self._held)
        return digest.digest()


def merged(rows: Sequence[MessageRow]) -> list[MessageRow]:
    """What is said of a message in several replies put together, in ascending UID: what one leaves out another tells.
    Of flags the last word holds. A size or date that contradicts one before makes a row of its own."""
    found: dict[int, list[MessageRow]] = {}
    for row in rows:
        mine = found.setdefault(row.uid, [])
        for number, before in enumerate(mine):
            if _agree(before.size, row.size) and _agree(before.instant, row.instant):
                size = row.size if before.size is None else before.size
                instant = row.instant if before.instant is None else before.instant
                mine[number] = MessageRow(row.uid, size, instant, before.flags if row.flags is None else row.flags)
                break
        else:
            mine.append(row)
    return [row for uid in sorted(found) for row in found[uid]]


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other
