"""Messages asked for several commands ahead, across folders: the listings of the next are under way meanwhile.

What is told of a message is gathered until the command's end, and what does not come is asked for again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tui_migrate.errors import CommandRefused, Contradicted, MailError, ProtocolViolation
from tui_migrate.mail import numbers
from tui_migrate.mail.imap.codes import command_error, may_be_unknown
from tui_migrate.mail.imap.fetch import Fetched, uid_in
from tui_migrate.mail.imap.missing import Missing
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.walk import (
    LISTING,
    ReadCommand,
    Walk,
    halves,
    listed_row,
    rest,
    take_back,
)
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.protocols import (
    Choose,
    FolderEnd,
    FolderRefused,
    Incomplete,
    ListedFolder,
    Message,
    Read,
    Step,
)
from tui_migrate.printable import plural
from tui_migrate.uidset import UIDS, chunks, format_range, format_uids

_SEARCHED = re.compile(rb"\* SEARCH((?: +\d+)*)", re.I)
_LISTED_AGAIN = 500
"""Messages whose listing is asked for by their UIDs, in one command."""


class Reader(Missing):
    """Gives the results of what is in flight in order: the server answers commands in the order of their sending."""

    def __init__(self, session: Session, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool) -> None:
        super().__init__(session, folders, choose, newest_first)
        self._peer = session.server.host
        self._numbered: dict[int, int] = {}
        """UIDs by sequence number, as the replies to one command have told."""
        self._unnamed: dict[int, list[Fetched]] = defaultdict(list)
        """What has come without a UID, by sequence number."""

    def steps(self) -> Iterator[Step]:
        """Read all there is. Raises MailError when the connection is of no more use."""
        while True:
            self._fill()
            self._send()
            while self._unasked:
                yield self._unasked.popleft()
            yield from self._ended()  # of those in which nothing was wanted no command speaks
            self._send()
            if not self._in_flight:
                return
            command = self._in_flight[0]
            self._session.await_message(command.kind == "body" or command.walk.folder.suspect)
            while isinstance(reply := self._wire.next(), Fetched):
                yield from self._data(reply)
            if reply.tag == command.tag:
                self._in_flight.popleft()
                yield from self._end(command, reply)
                self._forget_numbers()
            elif reply.tag == b"*":
                yield from self._note(command, reply)
            elif reply.tag != b"+":
                sentence = f"{self._peer} answered a command that was not sent."
                raise ProtocolViolation(sentence, server_words=reply.words)

    def place(self) -> tuple[bytes, int] | None:
        """What was to come when the connection ended: folder and UID of a message, UID 0 where it was another thing.
        The message whose reply was under way, else the first that was asked for and has not come."""
        uid = uid_in(self._wire.under_way)
        if uid is not None and (command := self._asked("body", uid)):
            return command.walk.folder.name, uid
        for command in self._in_flight:
            if command.kind != "body":
                return command.walk.folder.name, 0
            for uid in command.missing():
                return command.walk.folder.name, uid
        return None

    # What comes back

    def _note(self, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        told = command.walk.told
        if reply.code == "UIDVALIDITY" and command.kind == "examine" and (now := reply.coded):
            if told.uidvalidity not in (0, now):  # UIDs listed before now mean other messages
                yield self._contradicted(command.walk, told.uidvalidity, now, reply)
            told.uidvalidity = now
        elif reply.code == "UIDNEXT" and command.kind == "examine":
            told.uidnext = reply.coded
        elif not reply.status:
            word, number = reply.told
            if word == "EXPUNGE":
                told.exists -= 1
                self._forget_numbers()
            elif word == "EXISTS" and command.kind == "examine" and (command.walk.opened_again or not told.listed):
                told.exists = number or 0
            else:
                self._searched(reply)

    def _searched(self, reply: Reply) -> None:
        first = reply.parts[0]
        found = _SEARCHED.match(first) if isinstance(first, bytes) else None
        search = next((command for command in self._in_flight if command.kind in ("count", "search")), None)
        if found and search:
            search.seen.update(uid for each in found[1].split() if (uid := numbers.identifier(each)))

    def _data(self, fetched: Fetched) -> Sequence[Step]:
        uid = fetched.uid or self._numbered.get(fetched.number) or self._only_one(fetched)
        if uid is None:
            self._unnamed[fetched.number].append(fetched)
            return ()
        self._numbered[fetched.number] = uid
        steps = self._take(uid, fetched)
        if self._unnamed:
            for each in self._unnamed.pop(fetched.number, ()):
                steps = [*steps, *self._take(uid, each)]
        return steps

    def _only_one(self, fetched: Fetched) -> int | None:
        """The one message that a body without a UID can be: nothing else is under way."""
        only = len(self._in_flight) == 1 and fetched.body is not None and self._in_flight[0]
        return next(iter(only.wanted)) if only and only.kind == "body" and len(only.wanted) == 1 else None

    def _take(self, uid: int, fetched: Fetched) -> Sequence[Step]:
        if fetched.lists and (command := self._asked("listing", uid) or self._asked("again", uid)):
            command.rows.gather(uid, fetched)
        if fetched.body is None or not (command := self._asked("body", uid)) or uid in command.seen:
            return ()
        if not fetched.body.length:
            command.walk.empty.add(uid)
            return ()
        command.seen.add(uid)
        step = Read(command.walk.folder.name, Message.of(command.wanted[uid], fetched.body))
        if self._newest_first and len(command.wanted) > 1:
            command.held.append(step)
            return ()
        return (step,)

    def _forget_numbers(self) -> None:
        self._numbered.clear()
        for body in (each.body for unnamed in self._unnamed.values() for each in unnamed):
            if body is not None:
                body.close()
        self._unnamed.clear()

    def _asked(self, kind: str, uid: int) -> ReadCommand | None:
        """The command that such data answers. Dovecot works on several FETCHes of one folder at a time and mixes their
        replies, so they are told apart by UID; what stands behind the next EXAMINE is another folder's."""
        for command in self._in_flight:
            if command.kind == "examine" or command.walk.told.refused:
                return None
            if command.kind == kind and uid in (command.wanted if kind == "body" else command.span):
                return command
        return None

    # The end of a command

    def _end(self, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        walk = command.walk
        walk.open_commands -= 1
        if command.kind == "listing":
            self._listed_ahead -= command.bytes
        elif command.kind == "body":
            self._body_commands -= 1
            self._body_bytes -= command.bytes
            self._listed_ahead -= len(command.wanted)
            yield from reversed(command.held)
        if not walk.told.refused and not (command.kind == "examine" and self._select_instead(command, reply)):
            yield from self._results(command, reply)
        yield from self._ended()

    def _select_instead(self, examine: ReadCommand, reply: Reply) -> bool:
        """True when EXAMINE may not be known here, and all that was sent behind it is to be asked again."""
        if examine.text.startswith("SELECT "):
            if reply.ok and self._unknown:
                self._session.lessons.learn(Lesson.SELECT, self._unknown)
            self._unknown = ""
            return False
        if not may_be_unknown(reply.status, reply.code, reply.words):
            return False
        self._unknown = reply.words
        self._listed_ahead -= sum(command.bytes for command in self._in_flight if command.kind == "listing")
        self._body_commands = self._body_bytes = 0
        take_back(self._in_flight)
        self._selected = None
        return True

    def _results(self, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        walk = command.walk
        match command.kind:
            case "examine" if not reply.ok:
                yield self._leave(walk, self._refused(walk, reply, command))
            case "listing" if not self._cut_short(command, reply):
                if not reply.ok:
                    walk.refusal = self._refused(walk, reply, command)
                yield from self._take_listing(walk, command, refused=not reply.ok)
            case "count":
                if not reply.ok:
                    self._refused(walk, reply, command)
                yield from self._counted(walk, command, reply)
            case "recount":
                yield from self._short(walk)
            case "body":
                yield from self._missing(walk, command, reply)
            case "again" if not self._cut_short(command, reply):
                yield from self._listed_again(walk, command, reply)
            case "search":
                yield from self._searched_for(walk, command, reply)

    def _ended(self) -> Iterator[Step]:
        while self._walks and self._done(self._walks[0]):
            ended = self._walks[0]
            if ended.doubtful and not ended.told.refused:
                self._list_again(ended)
                return
            self._walks.popleft()
            if not ended.told.refused:
                yield FolderEnd(ended.folder.name)

    def _done(self, walk: Walk) -> bool:
        return not walk.open_commands and (walk.told.refused or not (walk.ranges or walk.ready))

    def _refused(self, walk: Walk, reply: Reply, command: ReadCommand) -> MailError:
        """Raises the error when the server asks for patience: only a folder that is in use is that folder's matter."""
        sentence = f"The source folder {walk.folder.display} cannot be read."
        error = command_error(sentence, reply.code, reply.words, command.text)
        if error.retry and reply.code != "INUSE":
            raise error
        return error

    def _contradicted(self, walk: Walk, before: int, now: int, reply: Reply) -> FolderRefused:
        sentence = (
            f"The source folder {walk.folder.display} was replaced while it was being read, or has two UIDVALIDITYs: "
            f"{before} and {now}."
        )
        return self._leave(walk, Contradicted(sentence, server_words=reply.words, uidvalidity=now))

    def _leave(self, walk: Walk, error: MailError) -> FolderRefused:
        """Read nothing more of the folder."""
        walk.told.refused = True
        for each in self._walks:
            if each.told is walk.told:
                each.ranges.clear()
                self._listed_ahead -= sum(map(len, each.ready))
                each.ready.clear()
        return FolderRefused(walk.folder.name, error)

    # Listings

    def _cut_short(self, command: ReadCommand, reply: Reply) -> bool:
        """True when the server does not list so many messages at once (RFC 9738), and the rest has been asked for."""
        span = command.span
        if reply.code != "MESSAGELIMIT" or not isinstance(span, range):
            return False
        if reply.ok and command.rows:
            pieces = [piece for piece in rest(span, command.rows) if piece]
            if not pieces or command.before == command.rows.keys():  # nothing has come of what was asked for
                command.walk.limited = True
                return False
            more = self._put_listing(command.walk, ",".join(map(format_range, pieces)), span, command.kind)
            more.rows, more.before, more.wanted = command.rows, set(command.rows), command.wanted
        elif not reply.ok and len(pieces := halves(span, command.walk.told.uidnext)) == 2:
            pieces = pieces[::-1] if self._newest_first else pieces
            mores = [self._put_listing(command.walk, format_range(each), each, command.kind) for each in pieces]
            for more in mores:
                more.wanted = {uid: each for uid, each in command.wanted.items() if uid in more.span}
            more.bytes = 0
        else:
            return False
        return True

    def _take_listing(self, walk: Walk, command: ReadCommand, *, refused: bool) -> Iterator[Step]:
        unnamed = [each[0] for each in self._unnamed.values() if each[0].size is not None or each[0].date is not None]
        if isinstance(command.span, frozenset):  # of what a search has found all is there, whatever is told of it
            untold = command.span - command.rows.keys()
            apart = refused and len(command.span) > 1  # without flags and date goes only what is refused by itself
            for uid in sorted(untold) if apart else ():
                self._put_listing(walk, str(uid), frozenset({uid}))
            if untold and command.rows and not apart:  # it was cut short, and tells more when less is asked for
                self._put_listing(walk, format_uids(sorted(untold)), frozenset(untold))
            for uid in () if command.rows or apart else untold:
                command.rows[uid] = unnamed[0] if len(unnamed) == len(untold) == 1 else Fetched(uid)
        else:
            walk.nameless += len(unnamed)
        messages = [listed_row(uid, command.rows[uid]) for uid in sorted(command.rows)]
        command.rows.clear()
        walk.listed.extend(listed.uid for listed in messages)
        walk.told.listed += len(messages)
        last = not walk.ranges and not any(c.kind == "listing" and c.walk is walk for c in self._in_flight)
        whole = last and walk.folder.uids is None
        short = whole and (walk.limited or len(walk.listed) < walk.told.exists)
        if last and (short or walk.refusal) and not walk.counted:
            self._choose_of(walk, messages, False, walk.told.exists)
            walk.counted = True
            self._put(
                "count", walk, "UID SEARCH " + ("ALL" if whole else f"UID {format_range(walk.folder.uids or UIDS)}")
            )
            return
        self._choose_of(walk, messages, last, walk.told.exists)
        if whole:
            yield from self._short(walk)

    def _counted(self, walk: Walk, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        """Have messages listed by their UIDs that a search finds and the listing has not shown."""
        if reply.code == "MESSAGELIMIT" and command.seen != command.before:
            uids = ",".join(map(format_range, rest(UIDS, command.seen)))
            more = self._put("count", walk, f"UID SEARCH UID {uids}")
            more.seen, more.before = command.seen, set(command.seen)
            return
        missed = sorted(command.seen.difference(walk.listed))
        for some in chunks(missed, self._most(_LISTED_AGAIN)):
            self._put_listing(walk, format_uids(some), frozenset(some))
        if not missed and walk.refusal and not reply.ok and not walk.listed:
            yield self._leave(walk, walk.refusal)
        elif not missed:
            self._choose_of(walk, [], True, walk.told.exists)
            yield from self._short(walk)

    def _short(self, walk: Walk) -> Iterator[Step]:
        """Tell what the folder holds and does not list: a server cuts its answers short, or hides mail."""
        there, listed = walk.told.exists, len(walk.listed)
        if (missing := there - listed) <= 0:
            return
        if not walk.opened_again:  # what has gone since is told when a folder is opened, and by some servers only then
            walk.opened_again, self._selected = True, None
            self._put("recount", walk, "NOOP")
            return
        which = "lists under no UID" if walk.nameless >= missing else "does not list"
        sentence = f"The source folder {walk.folder.display} holds {plural(missing, 'message')} that it {which}."
        error = CommandRefused(
            sentence, server_words=f"{there} EXISTS, {listed} listed", command=f"UID FETCH 1:* {LISTING}"
        )
        yield Incomplete(walk.folder.name, missing, walk.refusal or error)
