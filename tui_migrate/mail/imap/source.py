"""Reading mail: listings and messages asked for several commands ahead, across folders.

Folders are opened with EXAMINE and messages read with BODY.PEEK[], so nothing changes at the source. While the messages
of one folder stream in, the listings of the next are under way.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from tui_migrate.errors import CommandRefused, Disconnected, ProtocolViolation
from tui_migrate.mail.imap import delta
from tui_migrate.mail.imap.capacity import folder_sizes
from tui_migrate.mail.imap.census import ImapCensus
from tui_migrate.mail.imap.codes import command_error, fetch_error, refusal
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.flags import parse_flags
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.look import ImapLook
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.walk import Command, Walk, ranges, sets, take_back
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.message import Content, parse_internal_date
from tui_migrate.mail.protocols import (
    UIDS,
    Changes,
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
    Since,
    Step,
    Tree,
    Unreadable,
)
from tui_migrate.mail.stream import Valve
from tui_migrate.uidset import format_uids

_UNSENDABLE = re.compile(rb"[\r\n\0]")
_COMMANDS_AHEAD = 64
_BODY_COMMANDS_AHEAD = 8
_BODY_BYTES_AHEAD = 8 << 20


class ImapSource:
    """A logged-in source mailbox."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader: _Reader | None = None

    def tree(self) -> Tree:
        """The folders with their numbers. Raises MailError."""
        return list_tree(self._session, with_status=True)

    def through(self, valve: Valve) -> None:
        """All octets that are received pass through this valve from now on."""
        self._session.wire.stream.inward = valve

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Walk over the folders. Raises MailError when the connection is of no more use."""
        self._reader = _Reader(self._session, folders, choose, newest_first)
        return self._reader.steps()

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """What has changed in these folders. Raises MailError."""
        return delta.changes(self._session, asked)

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Bytes in each folder, where the server sums them up. Raises MailError."""
        return folder_sizes(self._session, folders)

    def look(self) -> ImapLook:
        """For recognising what is there. Not while a `read` is under way."""
        return ImapLook(self._session)

    def census(self) -> ImapCensus:
        """For counting what is there. Not while a `read` is under way."""
        return ImapCensus(self._session)

    def died_at(self) -> tuple[bytes, int] | None:
        """Folder and UID of the message that was next when `read` lost the connection: servers answer in order."""
        return self._reader.next_message() if self._reader else None

    def all_arrived(self) -> None:
        """IMAP asks without leaving traces."""

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self._session.abort()

    def close(self) -> None:
        """Say goodbye."""
        self._session.close()


class _Reader:
    """Keeps commands in flight and gives their results in order.
    The server answers commands in the order of their sending."""

    def __init__(self, session: Session, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool) -> None:
        self._session = session
        self._wire = session.wire
        self._unknown = ""
        """The words in which EXAMINE was refused by whoever may not know it."""
        self._ahead = session.timing.listed_ahead
        self._peer = session.server.host
        self._folders = iter(folders)
        self._choose = choose
        self._newest_first = newest_first
        self._in_flight: deque[Command] = deque()
        self._unasked: deque[FolderRefused] = deque()
        self._walks: deque[Walk] = deque()
        self._selected: Walk | None = None
        self._listed_ahead = 0
        self._body_commands = 0
        self._body_bytes = 0

    def steps(self) -> Iterator[Step]:
        while True:
            self._fill()
            while self._unasked:
                yield self._unasked.popleft()
            yield from self._ended()  # of those in which nothing was wanted no command speaks
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
        if self._listed_ahead >= self._ahead:
            return False
        walk = next((walk for walk in self._walks if walk.ranges), None) or self._next_walk()
        if walk is None:
            return False
        if not walk.ranges:  # it was listed before
            return True
        span = walk.ranges.popleft()
        last = "*" if span.stop == UIDS.stop else span.stop - 1
        text = f"UID FETCH {span.start}:{last} (UID FLAGS INTERNALDATE RFC822.SIZE)"
        command = self._put(lines, "listing", walk, text)
        command.span = span
        status = walk.folder.status
        command.bytes = min(status.messages if status else 1000, self._ahead)  # a guess until the listing is there
        self._listed_ahead += command.bytes
        return True

    def _next_walk(self) -> Walk | None:
        for folder in self._folders:
            if _UNSENDABLE.search(folder.name):
                error = CommandRefused("The source folder's name has a line end or NUL in it, and cannot be asked for.")
                self._unasked.append(FolderRefused(folder.name, error))
                continue
            walk = Walk(folder, deque(ranges(folder, self._ahead, self._newest_first)))
            self._walks.append(walk)
            if folder.chosen is not None:
                walk.told.uidvalidity = folder.status.uidvalidity if folder.status else 0
                walk.ready.extend(sets(folder.chosen, self._newest_first))
                self._listed_ahead += len(folder.chosen)
            elif folder.changes is not None:
                walk.told.uidvalidity = folder.status.uidvalidity if folder.status else 0
                self._choose_of(walk, folder.changes.messages, True, folder.changes.exists, folder.changes.unlisted)
            return walk
        return None

    def _put(self, lines: list[bytes], kind: str, walk: Walk, text: str) -> Command:
        if self._selected is not walk and not walk.goes_on(self._selected):
            word = b"SELECT" if self._unknown else self._session.examine
            examine = Command(self._wire.tag(), "examine", walk, f"{word.decode()} {walk.folder.display}")
            self._append(lines, examine, word + b" " + quote(walk.folder.name))
        self._selected = walk
        command = Command(self._wire.tag(), kind, walk, text)
        self._append(lines, command, text.encode())
        return command

    def _append(self, lines: list[bytes], command: Command, line: bytes) -> None:
        command.walk.open_commands += 1
        self._in_flight.append(command)
        lines.append(command.tag + b" " + line + b"\r\n")

    # What comes back

    def _note(self, command: Command, reply: Reply) -> None:
        walk = command.walk
        if reply.code == "UIDVALIDITY" and reply.argument.isdigit() and command.kind == "examine":
            if walk.told.uidvalidity not in (0, int(reply.argument)):  # UIDs listed before now mean other messages
                raise Disconnected(f"The source folder {walk.folder.display} was replaced while it was being read.")
            walk.told.uidvalidity = int(reply.argument)
        elif not reply.status:
            number, _, word = reply.words.upper().partition(" ")
            if word == "EXPUNGE":
                walk.told.exists -= 1
            elif word == "EXISTS" and command.kind == "examine" and not walk.told.listed:
                walk.told.exists = int(number)

    def _data(self, fetched: Fetched) -> Iterator[Step]:
        uid = fetched.uid
        if uid is None:
            return  # an unsolicited flag change
        if fetched.body is not None:
            command = self._asked("body", uid)
            if command is not None and uid not in command.seen:
                command.seen.add(uid)
                step = self._read(command, command.wanted[uid], fetched.body)
                if self._newest_first and len(command.wanted) > 1:
                    command.held.append(step)
                else:
                    yield step
        elif fetched.size is not None and fetched.flags is not None:
            command = self._asked("listing", uid)
            if command is not None:
                date = parse_internal_date(fetched.date) if fetched.date else None
                text, instant = date or (b"", None)
                command.listed.append(Listed(uid, parse_flags(fetched.flags), text, instant, fetched.size))
        elif (command := self._asked("confirm", uid)) is not None:
            command.seen.add(uid)

    def _asked(self, kind: str, uid: int) -> Command | None:
        """The command that such data answers. Dovecot works on several FETCHes of one folder at a time and mixes their
        replies, so they are told apart by UID; what stands behind the next EXAMINE is another folder's."""
        for command in self._in_flight:
            if command.kind == "examine" or command.walk.told.refused:
                return None
            if command.kind == kind and uid in (command.span if kind == "listing" else command.wanted):
                return command
        return None

    def _read(self, command: Command, listed: Listed, content: Content) -> Step:
        if content.length:
            return Read(command.walk.folder.name, Message.of(listed, content))
        error = fetch_error("", "The source gives an empty message.", command.text)
        return Unreadable(command.walk.folder.name, listed, error)

    def _end(self, command: Command, reply: Reply) -> Iterator[Step]:
        walk = command.walk
        walk.open_commands -= 1
        if command.kind == "listing":
            self._listed_ahead -= command.bytes
        if command.kind == "examine" and self._select_instead(command, reply):
            return
        if command.kind in ("examine", "listing"):
            if not walk.told.refused and not reply.ok:
                yield self._refuse(walk, reply, command)
            elif not walk.told.refused and command.kind == "listing":
                yield from self._take_listing(walk, command)
        elif command.kind == "body":
            self._body_commands -= 1
            self._body_bytes -= command.bytes
            self._listed_ahead -= len(command.wanted)
            yield from reversed(command.held)
            if not walk.told.refused:
                yield from self._missing(walk, command, reply)
        elif command.kind == "confirm" and not walk.told.refused:
            yield from self._confirmed(walk, command, reply)
        yield from self._ended()

    def _select_instead(self, examine: Command, reply: Reply) -> bool:
        """True when EXAMINE may not be known here, and all that was sent behind it is to be asked again."""
        if examine.text.startswith("SELECT "):
            if reply.ok and self._unknown:
                self._session.lessons.learn(Lesson.SELECT, self._unknown)
            self._unknown = ""
            return False
        if reply.status != "BAD" or examine.walk.told.refused:
            return False
        self._unknown = reply.words
        self._listed_ahead -= sum(command.bytes for command in self._in_flight if command.kind == "listing")
        self._listed_ahead += sum(len(command.wanted) for command in self._in_flight if command.kind == "confirm")
        self._body_commands = self._body_bytes = 0
        take_back(self._in_flight)
        self._selected = None
        return True

    def _ended(self) -> Iterator[Step]:
        while self._walks and self._done(self._walks[0]):
            ended = self._walks.popleft()
            if not ended.told.refused:
                yield FolderEnd(ended.folder.name)

    def _done(self, walk: Walk) -> bool:
        return not walk.open_commands and (walk.told.refused or not (walk.ranges or walk.ready))

    def _refuse(self, walk: Walk, reply: Reply, command: Command) -> FolderRefused:
        """Raises the error when the server asks for patience: only a folder that is in use is that folder's matter."""
        walk.told.refused = True
        for each in self._walks:
            if each.told is walk.told:
                each.ranges.clear()
                self._listed_ahead -= sum(map(len, each.ready))
                each.ready.clear()
        sentence = f"The source folder {walk.folder.display} cannot be read."
        error = command_error(sentence, reply.code, reply.words, command.text)
        if error.retry and reply.code != "INUSE":
            raise error
        return FolderRefused(walk.folder.name, error)

    def _take_listing(self, walk: Walk, command: Command) -> Iterator[Step]:
        messages = sorted({listed.uid: listed for listed in command.listed}.values(), key=lambda listed: listed.uid)
        walk.listed += len(messages)
        walk.told.listed += len(messages)
        last = not walk.ranges and not any(c.kind == "listing" and c.walk is walk for c in self._in_flight)
        self._choose_of(walk, messages, last, walk.told.exists)
        part = walk.folder.uids is not None
        if (
            last and not part and walk.listed < walk.told.exists
        ):  # a server that cuts its answers short (RFC 9738), or hides mail
            missing = walk.told.exists - walk.listed
            words = f"{walk.told.exists} EXISTS, {walk.listed} listed"
            sentence = f"The source folder {walk.folder.display} holds {missing} messages that it does not list."
            yield Incomplete(walk.folder.name, missing, command_error(sentence, "", words, command.text))

    def _choose_of(self, walk: Walk, messages: Sequence[Listed], last: bool, exists: int, unlisted: int = 0) -> None:
        wanted = self._choose(Listing(walk.folder.name, walk.told.uidvalidity, messages, last, exists, unlisted))
        self._listed_ahead += len(wanted)
        walk.ready.extend(sets(wanted, self._newest_first))

    def _missing(self, walk: Walk, command: Command, reply: Reply) -> Iterator[Step]:
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
        error = refusal(reply.code, reply.words, command.text)
        if alone:
            yield Unreadable(walk.folder.name, command.wanted[missing[0]], error)
        else:  # one by one: the culprit names itself
            walk.ready.extendleft([command.wanted[uid]] for uid in (missing if self._newest_first else missing[::-1]))
            self._listed_ahead += len(missing)

    def _confirmed(self, walk: Walk, command: Command, reply: Reply) -> Iterator[Step]:
        """Only an OK without a word about a message means that it is gone."""
        words = "Listed, but not handed out: the reply has no body."
        error = fetch_error("", words, command.text) if reply.ok else refusal(reply.code, reply.words, command.text)
        gone = tuple(uid for uid in command.wanted if uid not in command.seen and reply.ok)
        if gone:
            yield Gone(walk.folder.name, gone)
        for uid in (uid for uid in command.wanted if uid not in gone):
            yield Unreadable(walk.folder.name, command.wanted[uid], error)
