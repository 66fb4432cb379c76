"""What a reader asks next, and what it has in flight: the bodies of one folder, and the listings of those behind it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence

from tui_migrate.errors import CommandRefused
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.walk import FORMS, LISTING, ReadCommand, Walk, ranges, sets
from tui_migrate.mail.protocols import Choose, FolderRefused, Listed, ListedFolder, Listing
from tui_migrate.uidset import format_range, format_uids

_UNSENDABLE = re.compile(rb"[\r\n\0]")
_COMMANDS_AHEAD = 64
_BODY_COMMANDS_AHEAD = 8
_BODY_BYTES_AHEAD = 8 << 20
"""Unless it is a single message: the next one is asked for behind it, or the line is idle for a round trip."""
_SET_MESSAGES = 100


class Asking:
    """Fills the connection with commands. Messages are asked for before listings, and those that are read alone when
    nothing else is under way."""

    def __init__(self, session: Session, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool) -> None:
        self._session = session
        self._wire = session.wire
        self._ahead = session.timing.listed_ahead
        self._peer = session.server.host
        self._unknown = ""
        """The words in which EXAMINE was refused by whoever may not know it."""
        self._folders = iter(folders)
        self._choose = choose
        self._newest_first = newest_first
        self._in_flight: deque[ReadCommand] = deque()
        self._lines: list[tuple[bytes, bytes]] = []
        """Commands that are to be sent, with their tags."""
        self._unasked: deque[FolderRefused] = deque()
        self._walks: deque[Walk] = deque()
        self._selected: Walk | None = None
        self._listed_ahead = 0
        self._body_commands = 0
        self._body_bytes = 0

    def _fill(self) -> None:
        if self._session.should_compress:
            if self._in_flight:
                return  # until all has been answered
            self._compress()
        if self._in_flight and self._in_flight[-1].walk.alone:
            return
        while len(self._in_flight) < _COMMANDS_AHEAD:
            walk = next((walk for walk in self._walks if walk.ready), None)
            if walk is not None and walk.alone:
                if not self._in_flight:
                    self._ask_bodies(walk)
                return
            if not ((walk is not None and self._ask_bodies(walk)) or self._ask_listing()):
                return

    def _compress(self) -> None:
        for reply in self._session.compress():
            if self._selected is not None and reply.told[0] == "EXPUNGE":
                self._selected.told.exists -= 1

    def _ask_bodies(self, walk: Walk) -> bool:
        enough = self._body_bytes >= _BODY_BYTES_AHEAD and self._body_commands > 1
        if enough or self._body_commands >= _BODY_COMMANDS_AHEAD:
            return False
        wanted = {listed.uid: listed for listed in walk.ready.popleft()}
        form = max(walk.tries.get(uid, 0) for uid in wanted)
        command = self._put("body", walk, f"UID FETCH {format_uids(wanted)} {FORMS[min(form, len(FORMS) - 1)]}")
        command.wanted = wanted
        command.bytes = sum(listed.size for listed in wanted.values())
        self._body_commands += 1
        self._body_bytes += command.bytes
        return True

    def _ask_listing(self) -> bool:
        if self._listed_ahead >= self._ahead:
            return False
        walk = next((walk for walk in self._walks if walk.ranges), None) or self._next_walk()
        if walk is None:
            return False
        if not walk.ranges:  # it was listed before
            return True
        span = walk.ranges.popleft()
        command = self._put_listing(walk, format_range(span), span)
        status = walk.folder.status
        command.bytes = min(status.messages if status else 1000, self._ahead)  # a guess until the listing is there
        self._listed_ahead += command.bytes
        return True

    def _next_walk(self) -> Walk | None:
        for folder in self._folders:
            if _UNSENDABLE.search(folder.name):
                error = CommandRefused(
                    "The source folder's name has a line end or NUL in it and cannot be sent to the server."
                )
                self._unasked.append(FolderRefused(folder.name, error))
                continue
            walk = Walk(folder, deque(ranges(folder, self._most(self._ahead), self._newest_first)))
            walk.alone = folder.suspect and folder.chosen is not None
            self._walks.append(walk)
            if folder.chosen is not None:
                walk.told.uidvalidity = folder.status.uidvalidity if folder.status else 0
                self._want(walk, folder.chosen)
            elif folder.changes is not None:
                walk.told.uidvalidity = folder.status.uidvalidity if folder.status else 0
                self._choose_of(walk, folder.changes.messages, True, folder.changes.exists, folder.changes.unlisted)
            return walk
        return None

    def _most(self, wished: int) -> int:
        """How many messages one command may ask for, where so many are wished (MESSAGELIMIT, RFC 9738 section 3)."""
        return min(wished, self._session.message_limit or wished)

    def _want(self, walk: Walk, messages: Sequence[Listed]) -> None:
        self._listed_ahead += len(messages)
        if walk.alone:
            walk.ready.extend([each] for each in messages)
        else:
            walk.ready.extend(sets(messages, self._newest_first, self._most(_SET_MESSAGES)))

    def _put_listing(self, walk: Walk, uids: str, span: range | frozenset[int], kind: str = "listing") -> ReadCommand:
        command = self._put(kind, walk, f"UID FETCH {uids} {LISTING}")
        command.span = span
        return command

    def _put(self, kind: str, walk: Walk, text: str) -> ReadCommand:
        if self._selected is not walk and not walk.goes_on(self._selected):
            word = b"SELECT" if self._unknown else self._session.examine
            examine = ReadCommand(self._wire.tag(), "examine", walk, f"{word.decode()} {walk.folder.display}")
            self._append(examine, word + b" " + quote(walk.folder.name))
        self._selected = walk
        command = ReadCommand(self._wire.tag(), kind, walk, text)
        self._append(command, text.encode())
        return command

    def _append(self, command: ReadCommand, line: bytes) -> None:
        command.walk.open_commands += 1
        self._in_flight.append(command)
        self._lines.append((command.tag, line))

    def _send(self) -> None:
        lines, self._lines = self._lines, []
        self._wire.put(lines)

    def _again(self, walk: Walk, wanted: list[list[Listed]]) -> None:
        walk.ready.extendleft(wanted if self._newest_first else wanted[::-1])
        self._listed_ahead += sum(map(len, wanted))

    def _list_again(self, walk: Walk) -> None:
        """Open the folder anew and list it: messages that it does not list any more are gone."""
        self._selected = None
        span = range(min(walk.doubtful), max(walk.doubtful) + 2)
        command = self._put_listing(walk, format_range(span), span, "again")
        command.wanted, walk.doubtful = walk.doubtful, {}

    def _choose_of(self, walk: Walk, messages: Sequence[Listed], last: bool, exists: int, unlisted: int = 0) -> None:
        listing = Listing(walk.folder.name, walk.told.uidvalidity, messages, last, exists, unlisted)
        self._want(walk, self._choose(listing))
