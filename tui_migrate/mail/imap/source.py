"""Reading mail: listings and messages asked for several commands ahead, across folders.

Folders are opened with EXAMINE and messages read with BODY.PEEK[], so nothing changes at the source. While the messages
of one folder stream in, the listings of the next are under way.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tui_migrate.errors import CommandRefused, Disconnected, MailError, ProtocolViolation
from tui_migrate.mail.imap.codes import command_error, fetch_error
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.flags import parse_flags
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.look import ImapLook
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.message import Content, derive_date, fingerprint, parse_internal_date
from tui_migrate.mail.protocols import (
    Choose,
    FolderEnd,
    FolderRefused,
    Gone,
    Incomplete,
    Listed,
    ListedFolder,
    Listing,
    Message,
    Read,
    Step,
    Tree,
    Unreadable,
)
from tui_migrate.model import Login, Server
from tui_migrate.uidset import format_uids

_UNSENDABLE = re.compile(rb"[\r\n\0]")
_UIDS = range(1, 1 << 32)
_COMMANDS_AHEAD = 64
_BODY_COMMANDS_AHEAD = 8
_BODY_BYTES_AHEAD = 8 << 20
_SET_MESSAGES = 100
_SET_BYTES = 1 << 20
_LISTED_AHEAD = 20_000
"""Messages whose listing may be held in memory before they are read."""


class ImapSource:
    """A logged-in source mailbox."""

    def __init__(self, server: Server, login: Login, spool_folder: Path | None = None) -> None:
        self._session = Session(server, login, spool_folder)
        self._reader: _Reader | None = None

    def tree(self) -> Tree:
        """The folders with their numbers. Raises MailError."""
        return list_tree(self._session, with_status=True)

    def read(self, folders: Iterable[ListedFolder], choose: Choose) -> Iterator[Step]:
        """Walk over the folders. Raises MailError when the connection is of no more use."""
        self._reader = _Reader(self._session, folders, choose)
        return self._reader.steps()

    def look(self) -> ImapLook:
        """For recognising what is there. Not while a `read` is under way."""
        return ImapLook(self._session)

    def died_at(self) -> tuple[bytes, int] | None:
        """Folder and UID of the message that was next when `read` lost the connection: servers answer in order."""
        return self._reader.next_message() if self._reader else None

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self._session.abort()

    def close(self) -> None:
        """Say goodbye."""
        self._session.close()


@dataclass(slots=True)
class _Walk:
    """One folder on its way through the reader."""

    folder: ListedFolder
    ranges: deque[range]
    """UIDs whose listing is not asked for yet."""
    uidvalidity: int = 0
    exists: int = 0
    """Messages that the folder says it holds, less those expunged since."""
    listed: int = 0
    open_commands: int = 0
    refused: bool = False
    ready: deque[list[Listed]] = field(default_factory=deque)
    """Sets of messages to be read next."""


@dataclass(slots=True)
class _Command:
    """A command in flight."""

    tag: bytes
    kind: str
    walk: _Walk
    text: str
    span: range = range(0)
    """UIDs of a listing. `n:*` also names the last message when it lies below n: that one is another range's."""
    wanted: dict[int, Listed] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    bytes: int = 0


class _Reader:
    """Keeps commands in flight and gives their results in order.
    The server answers commands in the order of their sending."""

    def __init__(self, session: Session, folders: Iterable[ListedFolder], choose: Choose) -> None:
        self._wire = session.wire
        self._peer = session.server.host
        self._folders = iter(folders)
        self._choose = choose
        self._in_flight: deque[_Command] = deque()
        self._unasked: deque[FolderRefused] = deque()
        self._walks: deque[_Walk] = deque()
        self._selected: _Walk | None = None
        self._listed_ahead = 0
        self._body_commands = 0
        self._body_bytes = 0

    def steps(self) -> Iterator[Step]:
        while True:
            self._fill()
            while self._unasked:
                yield self._unasked.popleft()
            if not self._in_flight:
                return
            reply = self._wire.next()
            command = self._in_flight[0]
            if isinstance(reply, Fetched):
                yield from self._data(reply)
            elif reply.tag == command.tag:
                self._in_flight.popleft()
                yield from self._end(command, reply)
            elif reply.tag == b"*":
                self._note(command, reply)
            elif reply.tag != b"+":
                raise ProtocolViolation(
                    f"{self._peer} answered a command that was not asked.", server_words=reply.words
                )

    def next_message(self) -> tuple[bytes, int] | None:
        """The first message that was asked for and has not come."""
        for command in self._in_flight:
            for uid in command.wanted if command.kind == "body" else ():
                if uid not in command.seen:
                    return command.walk.folder.name, uid
        return None

    # What to ask next

    def _fill(self) -> None:
        lines: list[bytes] = []
        while len(self._in_flight) < _COMMANDS_AHEAD and (self._ask_bodies(lines) or self._ask_listing(lines)):
            pass
        if lines:
            self._wire.stream.write(b"".join(lines))

    def _ask_bodies(self, lines: list[bytes]) -> bool:
        if self._body_commands >= _BODY_COMMANDS_AHEAD or self._body_bytes >= _BODY_BYTES_AHEAD:
            return False
        walk = next((walk for walk in self._walks if walk.ready), None)
        if walk is None:
            return False
        wanted = {listed.uid: listed for listed in walk.ready.popleft()}
        text = f"UID FETCH {format_uids(wanted)} (UID BODY.PEEK[])"
        command = self._put(lines, "body", walk, text)
        command.wanted = wanted
        command.bytes = sum(listed.size for listed in wanted.values())
        self._body_commands += 1
        self._body_bytes += command.bytes
        return True

    def _ask_listing(self, lines: list[bytes]) -> bool:
        if self._listed_ahead >= _LISTED_AHEAD:
            return False
        walk = self._walks[-1] if self._walks and self._walks[-1].ranges else self._next_walk()
        if walk is None:
            return False
        span = walk.ranges.popleft()
        last = "*" if span.stop == _UIDS.stop else span.stop - 1
        text = f"UID FETCH {span.start}:{last} (UID FLAGS INTERNALDATE RFC822.SIZE)"
        command = self._put(lines, "listing", walk, text)
        command.span = span
        status = walk.folder.status
        command.bytes = min(status.messages if status else 1000, _LISTED_AHEAD)  # a guess until the listing is there
        self._listed_ahead += command.bytes
        return True

    def _next_walk(self) -> _Walk | None:
        for folder in self._folders:
            if _UNSENDABLE.search(folder.name):
                error = CommandRefused("The source folder's name has a line end or NUL in it, and cannot be asked for.")
                self._unasked.append(FolderRefused(folder.name, error))
                continue
            walk = _Walk(folder, deque(_ranges(folder)))
            self._walks.append(walk)
            return walk
        return None

    def _put(self, lines: list[bytes], kind: str, walk: _Walk, text: str) -> _Command:
        if self._selected is not walk:
            self._selected = walk
            self._append(
                lines,
                _Command(self._wire.tag(), "examine", walk, "EXAMINE " + walk.folder.display),
                b"EXAMINE " + quote(walk.folder.name),
            )
        command = _Command(self._wire.tag(), kind, walk, text)
        self._append(lines, command, text.encode())
        return command

    def _append(self, lines: list[bytes], command: _Command, line: bytes) -> None:
        command.walk.open_commands += 1
        self._in_flight.append(command)
        lines.append(command.tag + b" " + line + b"\r\n")

    # What comes back

    def _note(self, command: _Command, reply: Reply) -> None:
        walk = command.walk
        if reply.code == "UIDVALIDITY" and reply.argument.isdigit() and command.kind == "examine":
            if walk.uidvalidity not in (0, int(reply.argument)):  # UIDs listed before now mean other messages
                raise Disconnected(f"The source folder {walk.folder.display} was replaced while it was being read.")
            walk.uidvalidity = int(reply.argument)
        elif not reply.status:
            number, _, word = reply.words.upper().partition(" ")
            if word == "EXPUNGE":
                walk.exists -= 1
            elif word == "EXISTS" and command.kind == "examine" and not walk.listed:
                walk.exists = int(number)

    def _data(self, fetched: Fetched) -> Iterator[Step]:
        uid = fetched.uid
        if uid is None:
            return  # an unsolicited flag change
        if fetched.body is not None:
            command = self._asked("body", uid)
            if command is not None and uid not in command.seen:
                command.seen.add(uid)
                yield self._read(command, command.wanted[uid], fetched.body)
        elif fetched.size is not None and fetched.flags is not None:
            command = self._asked("listing", uid)
            if command is not None:
                date = parse_internal_date(fetched.date) if fetched.date else None
                text, instant = date or (b"", 0)
                command.listed.append(Listed(uid, parse_flags(fetched.flags), text, instant, fetched.size))
        elif (command := self._asked("confirm", uid)) is not None:
            command.seen.add(uid)

    def _asked(self, kind: str, uid: int) -> _Command | None:
        """The command that such data answers. Dovecot works on several FETCHes of one folder at a time and mixes their
        replies, so they are told apart by UID; what stands behind the next EXAMINE is another folder's."""
        for command in self._in_flight:
            if command.kind == "examine" or command.walk.refused:
                return None
            if command.kind == kind and uid in (command.span if kind == "listing" else command.wanted):
                return command
        return None

    def _read(self, command: _Command, listed: Listed, content: Content) -> Step:
        if content.length:
            return Read(command.walk.folder.name, _message(listed, content))
        error = fetch_error("", "The source gives an empty message.", command.text)
        return Unreadable(command.walk.folder.name, listed, error)

    def _end(self, command: _Command, reply: Reply) -> Iterator[Step]:
        walk = command.walk
        walk.open_commands -= 1
        if command.kind == "listing":
            self._listed_ahead -= command.bytes
        if command.kind in ("examine", "listing"):
            if not walk.refused and not reply.ok:
                yield self._refuse(walk, reply, command)
            elif not walk.refused and command.kind == "listing":
                yield from self._take_listing(walk, command)
        elif command.kind == "body":
            self._body_commands -= 1
            self._body_bytes -= command.bytes
            self._listed_ahead -= len(command.wanted)
            if not walk.refused:
                yield from self._missing(walk, command, reply)
        elif command.kind == "confirm" and not walk.refused:
            yield from self._confirmed(walk, command, reply)
        while self._walks and self._done(self._walks[0]):
            ended = self._walks.popleft()
            if not ended.refused:
                yield FolderEnd(ended.folder.name)

    def _done(self, walk: _Walk) -> bool:
        return not walk.open_commands and (walk.refused or not (walk.ranges or walk.ready))

    def _refuse(self, walk: _Walk, reply: Reply, command: _Command) -> FolderRefused:
        walk.refused = True
        walk.ranges.clear()
        self._listed_ahead -= sum(map(len, walk.ready))
        walk.ready.clear()
        sentence = f"The source folder {walk.folder.display} cannot be read."
        return FolderRefused(walk.folder.name, command_error(sentence, reply.code, reply.words, command.text))

    def _take_listing(self, walk: _Walk, command: _Command) -> Iterator[Step]:
        messages = sorted({listed.uid: listed for listed in command.listed}.values(), key=lambda listed: listed.uid)
        walk.listed += len(messages)
        last = not walk.ranges and not any(c.kind == "listing" and c.walk is walk for c in self._in_flight)
        wanted = self._choose(Listing(walk.folder.name, walk.uidvalidity, messages, last))
        self._listed_ahead += len(wanted)
        walk.ready.extend(_sets(wanted))
        if last and walk.listed < walk.exists:  # a server that cuts its answers short (RFC 9738), or hides mail
            missing = walk.exists - walk.listed
            words = f"{walk.exists} EXISTS, {walk.listed} listed"
            sentence = f"The source folder {walk.folder.display} holds {missing} messages that it does not list."
            yield Incomplete(walk.folder.name, missing, command_error(sentence, "", words, command.text))

    def _missing(self, walk: _Walk, command: _Command, reply: Reply) -> Iterator[Step]:
        """Messages that were asked for and have not come: gone, or not handed out."""
        missing = [uid for uid in command.wanted if uid not in command.seen]
        if not missing:
            return
        alone = len(command.wanted) == 1
        if reply.ok or (alone and reply.code == "EXPUNGEISSUED"):
            lines: list[bytes] = []
            confirm = self._put(lines, "confirm", walk, f"UID FETCH {format_uids(missing)} (UID)")
            confirm.wanted = {uid: command.wanted[uid] for uid in missing}
            self._wire.stream.write(b"".join(lines))
            return
        error = _refusal(command, reply)
        if alone:
            yield Unreadable(walk.folder.name, command.wanted[missing[0]], error)
        else:  # one by one: the culprit names itself
            walk.ready.extendleft([command.wanted[uid]] for uid in reversed(missing))
            self._listed_ahead += len(missing)

    def _confirmed(self, walk: _Walk, command: _Command, reply: Reply) -> Iterator[Step]:
        """Only an OK without a word about a message means that it is gone."""
        words = "Listed, but not handed out: the reply has no body."
        error = fetch_error("", words, command.text) if reply.ok else _refusal(command, reply)
        gone = tuple(uid for uid in command.wanted if uid not in command.seen and reply.ok)
        if gone:
            yield Gone(walk.folder.name, gone)
        for uid in (uid for uid in command.wanted if uid not in gone):
            yield Unreadable(walk.folder.name, command.wanted[uid], error)


def _refusal(command: _Command, reply: Reply) -> MailError:
    """Why messages are not handed out. Raises the error when the server asks for patience: no message is at fault."""
    error = fetch_error(reply.code, reply.words, command.text)
    if error.retry:
        raise error
    return error


def _message(listed: Listed, content: Content) -> Message:
    date, instant = listed.date, listed.instant
    if not date:
        date, instant = derive_date(content.head()) or (b"", 0)
    return Message(listed, content, fingerprint(content, instant), date, instant)


def _ranges(folder: ListedFolder) -> list[range]:
    """UID ranges of about 20,000 messages each, so that a huge folder's listing is never held as a whole."""
    status = folder.status
    if status is None or status.uidnext is None or not _LISTED_AHEAD < status.messages < status.uidnext:
        return [_UIDS]
    pieces = -(-status.messages // _LISTED_AHEAD)
    step = -(-status.uidnext // pieces)
    starts = range(1, status.uidnext, step)
    return [range(low, low + step) for low in starts[:-1]] + [range(starts[-1], _UIDS.stop)]


def _sets(messages: Sequence[Listed]) -> Iterator[list[Listed]]:
    current: list[Listed] = []
    size = 0
    for listed in messages:
        if current and (len(current) >= _SET_MESSAGES or size + listed.size > _SET_BYTES):
            yield current
            current, size = [], 0
        current.append(listed)
        size += listed.size
    if current:
        yield current
