"""Reading a POP mailbox: one folder, without flags. Nothing is ever deleted, nothing marked as fetched too early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tui_migrate.errors import CommandRefused, MailboxInUse, MailError, MessageRefused
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content
from tui_migrate.mail.pop.census import PopCensus
from tui_migrate.mail.pop.codes import is_gone, message_error
from tui_migrate.mail.pop.look import PopLook
from tui_migrate.mail.pop.maildrop import FOLDER, Maildrop, count_messages, list_maildrop
from tui_migrate.mail.pop.retrieval import Retrieval
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.pop.sizes import SizeCheck
from tui_migrate.mail.pop.wire import PopReply
from tui_migrate.mail.protocols import (
    Changes,
    Choose,
    FolderEnd,
    Gone,
    Incomplete,
    Listed,
    ListedFolder,
    Listing,
    Message,
    Ordinals,
    Read,
    Since,
    Step,
    Tree,
    Unreadable,
)
from tui_migrate.mail.stream import Valve
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Login, NetworkServer
from tui_migrate.printable import plural
from tui_migrate.timing import USUAL, Timing

_STRETCH = 5000


class PopSource:
    """A logged-in mailbox. A message's UID is the ordinal that its name was given."""

    def __init__(
        self,
        server: NetworkServer,
        login: Login,
        spool_folder: Path | None = None,
        ordinals: Ordinals | None = None,
        timing: Timing = USUAL,
        lessons: Lessons | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """Without `ordinals` messages are known by their numbers in this session alone."""
        self._session = PopSession(server, login, spool_folder, timing=timing, lessons=lessons, tracer=tracer)
        self._patience = timing.refused_for_now
        self._ordinals = ordinals
        self._maildrop: Maildrop | None = None
        self._retrieval: Retrieval[Listed] | None = None
        self._sizes = SizeCheck(self._session.lessons)
        self._refused_for_now = 0
        self._all_arrived = False
        try:
            self.messages, self.octets = count_messages(self._session)
        except BaseException:
            self._session.hang_up()
            raise

    def tree(self) -> Tree:
        return Tree((ListedFolder(FOLDER, ("INBOX",), status=self._status()),), delimiter="", prefix="")

    def through(self, valve: Valve) -> None:
        self._session.wire.stream.inward = valve

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        for folder in folders:
            if folder.chosen is not None:
                yield from self._retrieve(folder.chosen, newest_first)
            else:
                yield from self._walk(choose, newest_first)
            yield FolderEnd(FOLDER)

    def remarks(self) -> tuple[()]:
        """Nothing: what there is to say of a server is said where it is looked at."""
        return ()

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        return dict.fromkeys(folders, self.octets)

    def look(self) -> PopLook:
        return PopLook(self._session, self._list(), self._status)

    def census(self) -> PopCensus:
        return PopCensus(self._session, self._list())

    def died_at(self) -> tuple[bytes, int] | None:
        listed = self._retrieval.next_one if self._retrieval else None
        return (FOLDER, listed.uid) if listed else None

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """None: POP does not tell, so the names of all messages are compared in each pass."""
        return {}

    def all_arrived(self) -> None:
        """What was read is safe: the server may be told that we are done with it."""
        self._all_arrived = True

    def abort(self) -> None:
        self._session.abort()

    def close(self) -> None:
        """Says goodbye, or hangs up when a goodbye could lose mail: Gmail does not show again what was fetched before a
        QUIT, and a server with EXPIRE 0 deletes it."""
        session = self._session
        safe = session.untouched or (self._all_arrived and not session.keeps_nothing)
        if safe and (self._retrieval is None or self._retrieval.next_one is None):
            session.close()
        else:
            session.hang_up()

    def _list(self) -> Maildrop:
        if self._maildrop is None:
            self._maildrop = list_maildrop(self._session, self.messages, self._ordinals or _by_number)
        return self._maildrop

    def _status(self) -> FolderStatus:
        if self._ordinals is None:
            return FolderStatus(self.messages, None, 1)
        drop = self._list()
        return FolderStatus(len(drop.listed) + drop.missing, None, drop.series)

    def _incomplete(self, missing: int) -> Incomplete:
        sentence = f"The source holds {plural(missing, 'message')} that it does not list."
        words = f"STAT {self.messages}, {self.messages - missing} listed"
        return Incomplete(FOLDER, missing, CommandRefused(sentence, server_words=words, command="UIDL"))

    def _walk(self, choose: Choose, newest_first: bool) -> Iterator[Step]:
        drop = self._list()
        starts = range(0, max(1, len(drop.listed)), _STRETCH)
        for start in reversed(starts) if newest_first else starts:
            last = start == starts[0 if newest_first else -1]
            wanted = choose(Listing(FOLDER, drop.series, drop.listed[start : start + _STRETCH], last))
            if last and drop.missing:
                yield self._incomplete(drop.missing)
            yield from self._retrieve(wanted, newest_first)

    def _retrieve(self, wanted: Sequence[Listed], newest_first: bool) -> Iterator[Step]:
        numbers = self._list().numbers
        present = [each for each in wanted if each.uid in numbers]
        if gone := tuple(each.uid for each in wanted if each.uid not in numbers):  # chosen in an earlier session
            yield Gone(FOLDER, gone)
        if present:
            self._session.untouched = False
        in_order = reversed(present) if newest_first else present
        self._retrieval = Retrieval(self._session, ((each, self._command(each), each.size) for each in in_order))
        try:
            for listed, reply, content in self._retrieval.results():
                step = self._step(listed, reply, content)
                if isinstance(step, Read):
                    size = self._list().sizes[listed.uid]
                    yield from self._sizes.passed(step, size, self._command(listed).decode(), reply.words)
                else:
                    yield step
            yield from self._sizes.settled()
        finally:
            self._sizes.close()

    def _command(self, listed: Listed) -> bytes:
        return b"RETR %d" % self._list().numbers[listed.uid]

    def _step(self, listed: Listed, reply: PopReply, content: Content | None) -> Step:
        command = self._command(listed).decode()
        if content is not None:
            self._refused_for_now = 0
            if content.length:
                return Read(FOLDER, Message.of(listed, content))
            empty = "The source returned an empty message."
            return Unreadable(FOLDER, listed, MessageRefused(empty, server_words=reply.words, command=command))
        if is_gone(reply):
            return Gone(FOLDER, (listed.uid,))
        return Unreadable(FOLDER, listed, self._refusal(message_error(reply, command)))

    def _refusal(self, error: MailError) -> MailError:
        """The failure of a message that is refused. Raises the error when it is the mailbox that is not to be had."""
        if not error.retry:
            return error
        self._refused_for_now += 1
        if isinstance(error, MailboxInUse) or self._refused_for_now >= self._patience:
            raise error
        return MessageRefused(
            "The source cannot return the message now.", server_words=error.server_words, command=error.command
        )


def _by_number(folder: bytes, names: Sequence[str]) -> tuple[int, Sequence[int]]:
    return 1, range(1, len(names) + 1)
