"""Faults that stand before a command: it is refused, stalled, cut off, or not read at all."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.servers.faults.fault import Fault, Matching, matches
from tests.servers.loopback_server import Chunk, Cut, Stall, Swallow
from tests.servers.session import Command, Proceed, Session


@dataclass
class Answer(Matching):
    """Do this in the command's place. TAG stands for its tag."""

    chunks: Sequence[Chunk | Proceed] = ()

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        return self.chunks if self.is_turn(session, command) else None


@dataclass
class RefuseCommand(Matching):
    """`reply` without tag and line end, such as `NO [UNAVAILABLE] later`, `BAD what?`, `-ERR [SYS/TEMP] later`."""

    reply: bytes = b"NO refused"

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        return [_tagged(command, self.reply)] if self.is_turn(session, command) else None


@dataclass
class StallCommand(Matching):
    """Nothing is said to the command until the event; then it is carried out."""

    event: threading.Event = field(default_factory=threading.Event)

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        return [Stall(self.event), Proceed()] if self.is_turn(session, command) else None


@dataclass
class CutCommand(Matching):
    """The connection ends before the command is carried out, with these last words."""

    times: int | None = 1
    words: bytes = b""

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        return [self.words, Cut()] if self.is_turn(session, command) else None


@dataclass
class CutLiteral(Matching):
    """The connection ends when `octets` of a literal have come."""

    pattern: str = "APPEND"
    times: int | None = 1
    octets: int = 10

    def announced(self, session: Session, command: Command, size: int) -> Sequence[Chunk] | None:
        if not self.is_turn(session, command):
            return None
        waits = not command.text.endswith(b"+}")
        return [b"+ go on\r\n" if waits else b"", Swallow(min(size, self.octets)), Cut()]


@dataclass
class RefuseLiteral(Matching):
    """The line before a literal is refused, and a literal that does not wait is read as commands."""

    pattern: str = "APPEND"
    reply: bytes = b"BAD what?"

    def announced(self, session: Session, command: Command, size: int) -> Sequence[Chunk] | None:
        return [_tagged(command, self.reply)] if self.is_turn(session, command) else None


@dataclass
class RefusePipelining(Fault):
    """Commands that came behind another, before its reply, are answered BAD before it, or overheard (`drop`)."""

    behind: str = "SELECT|EXAMINE"
    drop: bool = False
    reply: bytes = b"BAD not now"

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if not matches(self.behind, command.text):
            return None
        lines = session.peer.take_lines()
        if self.drop:
            return None
        return [*(line.split(b" ")[0].rstrip() + b" " + self.reply + b"\r\n" for line in lines), Proceed()]


@dataclass
class ThrottleAfter(Fault):
    """What goes beyond so many octets in either direction is refused, so many `times`; then it counts anew."""

    octets: int
    times: int = 3
    reply: bytes = b"NO [LIMIT] too much at once, come back later"
    spared: str = "CAPABILITY|CAPA|NOOP|LOGIN|AUTH|USER|PASS|ID|LOGOUT|QUIT"
    _moved: int = field(default=0, init=False, repr=False)
    _refused: int = field(default=0, init=False, repr=False)

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        if self._moved <= self.octets or matches(self.spared, command.text):
            return None
        self._refused += 1
        if self._refused >= self.times:
            self._moved = self._refused = 0
        return [_tagged(command, self.reply)]

    def announced(self, session: Session, command: Command, size: int) -> Sequence[Chunk] | None:
        self._moved += size
        return None

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        self._moved += len(reply)
        return [reply]


def _tagged(command: Command, reply: bytes) -> bytes:
    return b" ".join(filter(None, (command.tag, reply))) + b"\r\n"
