"""Faults in what a server tells: too little, too much, another thing, or half of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

from tests.servers.faults.fault import Fault, Matching, is_final, matches
from tests.servers.loopback_server import Chunk, Cut
from tests.servers.mailbox import StoredMessage
from tests.servers.session import Command, Session


@dataclass
class CutReply(Matching):
    """The command is carried out; the connection ends after this many octets of what is said to it, or (None) before
    the tagged reply."""

    times: int | None = 1
    octets: int | None = None
    _cutting: Command | None = field(default=None, init=False, repr=False)
    _left: int = field(default=0, init=False, repr=False)

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        if command is not self._cutting:
            if (self.octets is None and not is_final(command, reply)) or not self.is_turn(session, command):
                return [reply]
            self._cutting, self._left = command, self.octets or 0
        if self.octets is None or len(reply) > self._left:
            return [reply[: self._left], Cut()]
        self._left -= len(reply)
        return [reply]


@dataclass
class ChangeReply(Fault):
    """In replies to commands that begin as `to` says, `pattern` is replaced. A whole reply replaced by nothing is not
    said; groups of the pattern may be used (`\\1`), so one reply can become two."""

    pattern: bytes
    by: bytes | Callable[[re.Match[bytes]], bytes]
    to: str = ""
    times: int | None = None

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        if self.times == 0 or not matches(self.to, command.text):
            return [reply]
        changed, count = re.subn(self.pattern, self.by, reply, flags=re.IGNORECASE | re.DOTALL)
        if self.times is not None and count:
            self.times -= 1
        return [changed]


@dataclass
class ChangeItem(Fault):
    """A FETCH tells this in an item (`RFC822.SIZE`, `INTERNALDATE`, `FLAGS`, `BODY[]`) of these messages; without
    `uids` of all, and with None it does not tell the item."""

    item: str
    value: bytes | None
    uids: Set[int] = frozenset()

    def fetched(self, message: StoredMessage, items: dict[str, bytes]) -> None:
        if self.item not in items or (self.uids and message.uid not in self.uids):
            return
        if self.value is None:
            del items[self.item]
        else:
            items[self.item] = self.value


@dataclass
class HideFromList(Fault):
    """LIST does not name these, which can be opened all the same; names as on the wire. `to`: in answer to which
    commands, so that LSUB, or a LIST without RETURN, may tell more."""

    names: Set[str]
    to: str = "LIST"

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        hidden = any(reply.rstrip().endswith((f' "{name}"'.encode("latin-1"),)) for name in self.names)
        return [] if hidden and matches(self.to, command.text) else [reply]


@dataclass
class ShortFetch(Fault):
    """FETCH answers OK after no more than `most` messages. With `uids`: it leaves these out, wherever `items` are asked
    for."""

    most: int | None = None
    uids: Set[int] = frozenset()
    items: str = ""
    _given: tuple[Command | None, int] = field(default=(None, 0), init=False, repr=False)

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        if (uid := fetched_uid(reply)) is None or self.items.encode() not in command.text:
            return [reply]
        given = self._given[1] if self._given[0] is command else 0
        if uid in self.uids or (self.most is not None and given >= self.most):
            return []
        self._given = command, given + 1
        return [reply]


@dataclass
class MessageLimit(Fault):
    """FETCH deals with no more than so many messages, the newest, and says so (RFC 9738 section 3). To be announced as
    MESSAGELIMIT."""

    messages: int
    _kept: list[tuple[int, bytes]] = field(default_factory=list, init=False, repr=False)

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        if (uid := fetched_uid(reply)) is not None:
            self._kept.append((uid, reply))
            return []
        if not is_final(command, reply):
            return [reply]
        kept, self._kept = self._kept[::-1], []
        if len(kept) > self.messages:
            kept = kept[: self.messages]
            code = b"OK [MESSAGELIMIT %d %d]" % (self.messages, kept[-1][0])
            reply = reply.replace(b"OK", code, 1)
        return [*(each for _, each in kept), reply]


@dataclass
class WrongAppendUid(Fault):
    """APPENDUID with UIDVALIDITY and UIDs changed by `change`, which is given both and returns both."""

    change: Callable[[bytes, bytes], tuple[bytes, bytes]] = lambda validity, uids: (uids, validity)

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        def changed(found: re.Match[bytes]) -> bytes:
            return b"[APPENDUID %b %b]" % self.change(found[1], found[2])

        return [re.sub(rb"\[APPENDUID (\d+) ([\d,:]+)\]", changed, reply)]


@dataclass
class ReplyGarbage(Fault):
    """In the place of the FETCH reply for a message this is said, where `items` are asked for."""

    uid: int
    line: bytes
    items: str = "BODY"

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        asked = self.items.encode() in command.text
        return [self.line if asked and fetched_uid(reply) == self.uid else reply]


@dataclass
class HugeNumbers(Fault):
    """Another number behind a word (`UIDNEXT`, `UIDVALIDITY`, `HIGHESTMODSEQ`, `RFC822.SIZE`), or before `EXISTS`."""

    word: str
    number: int = 2**64 - 1

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        line, end, rest = reply.partition(b"\r\n")
        word, number = self.word.encode(), b"%d" % self.number
        line = re.sub(rb"\b(%b \(?)\d+" % re.escape(word), lambda found: found[1] + number, line)
        line = re.sub(rb"\* \d+ %b\Z" % re.escape(word), b"* %b %b" % (number, word), line)
        return [line + end + rest]


def fetched_uid(reply: bytes) -> int | None:
    """The UID that a FETCH reply names."""
    found = re.match(rb"\* \d+ FETCH \((?:[^\r\n]*?[ (])?UID (\d+)", reply)
    return int(found[1]) if found else None
