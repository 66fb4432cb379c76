"""Messages and headers asked several commands ahead (PIPELINING, RFC 2449 section 6.6), and given in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from tui_migrate.errors import Disconnected
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.message import Content, header_block
from tui_migrate.mail.pop.codes import is_unknown, message_error
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.pop.wire import PopReply

K = TypeVar("K")

_AHEAD = 32
_BYTES_AHEAD = 8 << 20
_HEADER_GUESS = 4096


class Retrieval(Generic[K]):
    """Commands that are each answered by a message; `K` is what the caller knows them by."""

    def __init__(self, session: PopSession, wanted: Iterable[tuple[K, bytes, int]]) -> None:
        """`wanted`: key, command, and how many octets it is thought to bring."""
        self._wire = session.wire
        self._wanted = iter(wanted)
        self._most = _AHEAD if session.ahead else 1
        self._in_flight: deque[tuple[K, int]] = deque()
        self._bytes = 0

    @property
    def next_one(self) -> K | None:
        """The key of what was asked for and has not come in full."""
        return self._in_flight[0][0] if self._in_flight else None

    def results(self) -> Iterator[tuple[K, PopReply, Content | None]]:
        """Each reply with its message; None where it was refused. Raises MailError when the connection is of no more
        use. Whoever asks closes the contents."""
        while self._fill():
            key, size = self._in_flight[0]
            reply = self._wire.reply()
            content = self._wire.message() if reply.ok else None
            self._in_flight.popleft()
            self._bytes -= size
            yield key, reply, content

    def _fill(self) -> bool:
        """Ask for more when half of what may be in flight has come. False when nothing is in flight any more."""
        lines = []
        if len(self._in_flight) <= self._most // 2:
            while len(self._in_flight) < self._most and self._bytes < _BYTES_AHEAD:
                one = next(self._wanted, None)
                if one is None:
                    break
                key, command, size = one
                self._in_flight.append((key, size))
                self._bytes += size
                lines.append(command)
        if lines:
            self._wire.send(*lines)
        return bool(self._in_flight)


def messages(session: PopSession, numbers: Iterable[int]) -> Iterator[tuple[int, Content]]:
    """Whole messages by their numbers, for those that the server hands out. Raises MailError."""
    session.untouched = False
    wanted = ((number, b"RETR %d" % number, _BYTES_AHEAD // 8) for number in numbers)
    for number, reply, content in Retrieval(session, wanted).results():
        if content is not None:
            yield number, content
        elif (error := message_error(reply, f"RETR {number}")).retry:
            raise error


def headers(session: PopSession, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Header blocks by message number, for those that the server hands out; read with TOP (RFC 1939 section 7), and as
    whole messages where that is not to be had. Raises MailError."""
    left = dict.fromkeys(numbers)
    if session.has("TOP") or not session.capabilities:
        wanted = ((n, b"TOP %d 0" % n, _HEADER_GUESS) for n in list(left) if not session.lessons.knows(Lesson.NO_TOP))
        with _teaching_no_top(session):
            for number, reply, content in Retrieval(session, wanted).results():
                if content is not None:
                    del left[number]
                    yield number, _header(content)
                elif (error := message_error(reply, f"TOP {number} 0")).retry:
                    raise error
                elif is_unknown(reply):
                    session.lessons.learn(Lesson.NO_TOP, reply.words)
    for number, content in messages(session, left) if left else ():
        yield number, _header(content)


@contextmanager
def _teaching_no_top(session: PopSession) -> Iterator[None]:
    """Note that a server which has not announced TOP, and ends the connection over it, is not to be asked so again."""
    try:
        yield
    except Disconnected as error:
        if not session.has("TOP"):
            session.lessons.learn(Lesson.NO_TOP, error.sentence)
        raise


def _header(content: Content) -> bytes:
    header = header_block(content.head() + b"\r\n\r\n")
    content.close()
    return header
