"""Faults that only the soak needs: at the nth message or command, or at certain messages."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from tests.servers.faults.commands import ThrottleAfter
from tests.servers.faults.fault import Fault, Matching, is_final, matches
from tests.servers.faults.replies import fetched_uid
from tests.servers.faults.storage import LateCommit
from tests.servers.imap.syntax import ImapCommand, NumberSet, Refusal, text_of
from tests.servers.loopback_server import Chunk, Cut, Stall
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.servers.session import Command, Proceed, Session


@dataclass
class Meanwhile(Matching):
    """At this command something happens to the mailbox before it is carried out."""

    times: int | None = 1
    happens: Callable[[Mailbox], None] = lambda mailbox: None

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if session.mailbox is not None and self.is_turn(session, command):
            self.happens(session.mailbox)
        return None


@dataclass
class Hang(Matching):
    """The command is never answered, and nothing else is on this connection."""

    times: int | None = 1

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        return [Stall(threading.Event())] if self.is_turn(session, command) else None


@dataclass
class ThrottleRounds(ThrottleAfter):
    """As `ThrottleAfter`, so many times: a limit for good that is smaller than a listing is never passed."""

    rounds: int = 2

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if not self.rounds:
            return None
        refused = super().asked(session, command)
        self.rounds -= refused is not None and not self._refused
        return refused


@dataclass
class RefuseMessages(Fault):
    """A FETCH of one of these bodies is refused; of several messages, whole."""

    folder: str
    uids: Set[int]
    reply: bytes

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if not isinstance(command, ImapCommand) or not matches(
            r"UID FETCH \S+ \(UID (BODY|RFC822\.PEEK)", command.text
        ):
            return None
        selected = getattr(session, "folder", None)
        if not isinstance(selected, Folder) or selected.name != self.folder:
            return None
        try:
            asked = NumberSet(text_of(command.arguments()[0]), selected.uidnext)
        except Refusal:
            return None
        refused = any(uid in asked for uid in self.uids)
        return [command.tag + b" " + self.reply + b"\r\n"] if refused else None


@dataclass
class InFolder(Fault):
    """A fault that only one selected folder has."""

    folder: str
    fault: Fault

    def _is_here(self, session: Session) -> bool:
        selected = getattr(session, "folder", None)
        return isinstance(selected, Folder) and selected.name == self.folder

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        return self.fault.told(session, command, reply) if self._is_here(session) else [reply]


@dataclass
class EndsAt(Fault):
    """The connection ends in the middle of this message."""

    uid: int

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        ends = fetched_uid(reply) == self.uid and b"BODY.PEEK[]" in command.text
        return [reply[: len(reply) // 2], Cut()] if ends else [reply]


@dataclass
class ForMessages(Fault):
    """What a FETCH tells of these messages, found by their octets, is changed: an item has this value, or None."""

    octets: Set[bytes]
    item: str
    value: bytes | None

    def fetched(self, message: StoredMessage, items: dict[str, bytes]) -> None:
        if self.item in items and message.octets in self.octets:
            if self.value is None:
                del items[self.item]
            else:
                items[self.item] = self.value


@dataclass
class NthStored(Fault):
    """Something happens when the nth message has been stored, before anybody hears of it."""

    nth: int
    happens: Callable[[Mailbox], None]
    _count: int = field(default=0, init=False, repr=False)

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        self._count += 1
        if self._count == self.nth:
            self.happens(folder.mailbox)
        return True


@dataclass
class LateKill(LateCommit):
    """As `LateCommit`, and the client is killed in the place of the cut."""

    strike: Callable[[], None] = lambda: None

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        if session in self._cutting and is_final(command, reply):
            self.strike()
            return [Cut()]
        return [reply]


@dataclass
class CommitAfter(Fault):
    """Lets `late` commit when so many APPENDs more have come."""

    late: LateCommit
    appends: int
    _met: int = field(default=0, init=False, repr=False)

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if matches("APPEND", command.text):
            self._met += 1
            if self._met == self.appends:
                self.late.commit()
        return None


@dataclass
class RefuseContent(Fault):
    """What holds these octets is not taken; of a group nothing is (RFC 3502)."""

    octets: bytes
    reply: bytes

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        literals = command.literals if isinstance(command, ImapCommand) and command.name == "APPEND" else ()
        refused = any(self.octets in literal for literal in literals)
        return [command.tag + b" " + self.reply + b"\r\n"] if refused else None


@dataclass
class NoUidNext(Fault):
    """Neither SELECT nor STATUS tells UIDNEXT."""

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        if re.match(rb"\* OK \[UIDNEXT", reply):
            return []
        return [re.sub(rb"(?<=[( ])UIDNEXT \d+ ?", b"", reply)] if reply.startswith(b"* STATUS") else [reply]
