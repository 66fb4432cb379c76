"""Faults in what a server keeps: other octets, flags, dates and names than it was given, or the same ones late."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

from tests.servers.faults.fault import Fault, Matching, is_final, matches
from tests.servers.loopback_server import Chunk, Cut
from tests.servers.mailbox import Folder, StoredMessage
from tests.servers.maildir import INBOX
from tests.servers.mutf7 import decode_name, encode_name
from tests.servers.session import Command, Proceed, Session


@dataclass
class RewriteHeaders(Fault):
    """A message's header, up to its empty line, is stored as `rewrite` returns it."""

    rewrite: Callable[[bytes], bytes]

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        header, empty_line, body = message.octets.partition(b"\r\n\r\n")
        message.octets = self.rewrite(header) + empty_line + body
        return True


@dataclass
class DropFlags(Fault):
    """These flags are not kept of what is appended; None: none are."""

    flags: Set[str] | None = None

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        message.flags = message.flags - self.flags if self.flags is not None else frozenset()
        return True


@dataclass
class ChangeDates(Fault):
    """INTERNALDATE becomes this."""

    date: str

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        message.date = self.date
        return True


@dataclass
class LateCommit(Matching):
    """What an APPEND brings is stored only later, and the connection ends before its tagged reply.

    Later is at `commit`, or when so many commands that begin as `look` says have come: those see nothing of it yet.
    """

    pattern: str = "APPEND"
    times: int | None = 1
    looks: int | None = None
    look: str = "STATUS|SELECT|EXAMINE|NOOP|UID FETCH|UID SEARCH"
    _held: list[tuple[Folder, StoredMessage]] = field(default_factory=list, init=False, repr=False)
    _cutting: set[Session] = field(default_factory=set, init=False, repr=False)
    _seen: int = field(default=0, init=False, repr=False)

    def commit(self) -> None:
        """Store what was held back. From a test's own thread: under the server's lock."""
        for folder, message in self._held:
            folder.add(message.octets, message.flags, message.date)
        self._held.clear()
        self._seen = 0

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if self._held and matches(self.look, command.text):
            self._seen += 1
            if self.looks is not None and self._seen > self.looks:
                self.commit()
        if self.is_turn(session, command):
            self._cutting.add(session)
        return None

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        if session not in self._cutting:
            return True
        self._held.append((folder, message))
        return False

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        return [Cut()] if session in self._cutting and is_final(command, reply) else [reply]


@dataclass
class NormaliseNames(Fault):
    """Names are understood otherwise than they were said: two that become one are one folder."""

    form: Literal["NFC", "NFD"] | None = None
    """Of Unicode."""
    fold_case: bool = False
    strip: bool = False
    max_length: int | None = None
    """Characters of a level that count."""
    delimiter: str = "/"

    def named(self, name: str) -> str:
        if name.upper() == INBOX:
            return name
        try:
            levels = [decode_name(level) for level in name.split(self.delimiter)]
            return self.delimiter.join(encode_name(self._level(level)) for level in levels)
        except ValueError:
            return name

    def _level(self, level: str) -> str:
        if self.form is not None:
            level = unicodedata.normalize(self.form, level)
        level = level.lower() if self.fold_case else level
        level = level.strip() if self.strip else level
        return level[: self.max_length]


@dataclass
class Renumber(Matching):
    """At this command the folders get another UIDVALIDITY, and their messages other UIDs."""

    pattern: str = "SELECT|EXAMINE"
    times: int | None = 1
    folders: Set[str] = frozenset({INBOX})
    """On the wire."""

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if session.mailbox is not None and self.is_turn(session, command):
            for name in self.folders:
                session.mailbox.folders[name].renumber()
        return None
