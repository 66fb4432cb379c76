"""APPEND, many in flight: MULTIAPPEND (RFC 3502), LITERAL+ and LITERAL- (RFC 7888), plain literals, by what is offered.

A message must never become a command. When a server answers BAD to the line in front of a non-synchronising literal, it
may go on to read the message's own lines as commands. So such a line is built from a closed grammar only (flags proven
to be atoms, a date that we have written ourselves, a folder that this connection has opened), and a BAD ends the
connection.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable, Iterator

from tui_migrate.errors import MessageRefused, Poisoned
from tui_migrate.mail import numbers
from tui_migrate.mail.imap.append_command import AppendCommand, AppendCommands
from tui_migrate.mail.imap.capacity import told_limit
from tui_migrate.mail.imap.codes import append_error, throttle
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.flags import Keeping
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.message import SPOOL_ABOVE, Content
from tui_migrate.mail.protocols import Batch, Refused, Stored
from tui_migrate.uidset import parse_uids

COMMANDS_IN_FLIGHT = 64
BYTES_IN_FLIGHT = 16 << 20
_LITERAL_MINUS = 4096
_SAFE_PREFIX = 4000
"""Octets of flags and date that may stand before a non-synchronising literal; a longer line is sent synchronising."""
_GROUP_PREFIXES = 8000
_AT_ONCE = 1 << 18
"""Octets of mail that are put together for one write."""
_LARGE = 1 << 16
"""Octets that go by themselves: to put them together with others costs more than a write."""
_APPENDUID = re.compile(rb"(\d+) ([\d,:]+)")


class Appender:
    """The APPENDs of one connection. Raises Poisoned; refusals of messages are results."""

    def __init__(self, session: Session, keeping: dict[bytes, Keeping]) -> None:
        self._session = session
        self._wire = session.wire
        self.lines = AppendCommands(keeping)
        """What its commands are made by."""
        self._largest = told_limit(session.capabilities)
        self._unbounded = session.has("LITERAL+")
        self._literal_limit = SPOOL_ABOVE if self._unbounded else _LITERAL_MINUS if session.has("LITERAL-") else -1
        """Octets of the largest message that is sent without being asked for. With LITERAL+ that grows: what is too
        large for the server must not be sent in vain, but each question costs a round trip."""
        self._groups = session.has("MULTIAPPEND")
        self._most = session.message_limit
        """Messages in a group (RFC 9738)."""
        self._queue: deque[AppendCommand] = deque()
        self._open: deque[AppendCommand] = deque()
        self._waiting: AppendCommand | None = None
        self._bytes = 0
        self._results: list[Stored | Refused] = []
        self._wrote_at = 0.0
        """When the last octet was sent, monotonic."""

    @property
    def waits_for_each(self) -> bool:
        """True when no message may be sent before the server has agreed."""
        return self._literal_limit < 0

    @property
    def commands(self) -> int:
        """Commands whose outcome is not known."""
        return len(self._queue) + len(self._open)

    def room(self) -> bool:
        """True when another batch may be sent. What is unacknowledged bounds what may arrive after we are killed."""
        return self.commands < COMMANDS_IN_FLIGHT and self._bytes < BYTES_IN_FLIGHT

    def send(self, batch: Batch) -> None:
        """Queue a batch and send what may be sent."""
        for command in self._plan(batch):
            self._bytes += command.size
            self._queue.append(command)
        self._push()

    def results(self) -> list[Stored | Refused]:
        """What has become known since the last call."""
        results, self._results = self._results, []
        return results

    def take(self, reply: Reply | Fetched) -> None:
        """One reply of the server."""
        if isinstance(reply, Fetched) or reply.tag == b"*":
            return
        if reply.tag == b"+":
            command, self._waiting = self._waiting, None
            if command is not None:  # some servers send stray continuations
                self.lines.note_taken(command)
                if self._unbounded:
                    self._literal_limit = max(self._literal_limit, command.size)
                self._write(_literal(command.batch.messages[command.positions[0]].content))
                self._write([b"\r\n"])
            self._push()
            return
        command = next((each for each in self._open if each.tag == reply.tag), None)
        if command is None:
            return
        self._open.remove(command)
        self._bytes -= command.size
        if command is self._waiting:
            self._waiting = None
        self._settle(command, reply)
        self._push()

    # Planning

    def _plan(self, batch: Batch) -> Iterator[AppendCommand]:
        """Runs of messages that need no continuation go together, each of the others alone."""
        run: list[int] = []
        length = 0
        lines = self.lines.prefixes(batch, range(len(batch.messages)))
        for position, (message, line) in enumerate(zip(batch.messages, lines, strict=True)):
            prefix, octets = len(line[0]), message.content.length
            synchronising = batch.synchronising or octets > self._literal_limit or prefix > _SAFE_PREFIX
            synchronising = synchronising or self._is_too_large(octets)
            alone = synchronising or not self._groups
            if run and (alone or length + prefix > _GROUP_PREFIXES or len(run) == self._most):
                yield self.lines.command(batch, run, synchronising=False, made=[lines[at] for at in run])
                run, length = [], 0
            if alone:
                yield self.lines.command(batch, [position], synchronising, made=[line])
            else:
                run.append(position)
                length += prefix
        if run:
            yield self.lines.command(batch, run, synchronising=False, made=[lines[at] for at in run])

    def _is_too_large(self, octets: int) -> bool:
        """True for a message that the server says it does not take (APPENDLIMIT, RFC 7889). The server is asked before
        it is sent, and is the one who refuses it."""
        return self._largest is not None and octets > self._largest

    # Sending

    def _push(self) -> None:
        if self._session.should_compress:
            if self._open:
                return  # until all has been answered
            self._session.compress()
        lines: list[bytes] = []
        octets = 0
        while self._queue and self._waiting is None and not (self._open and self._wire.pipeline.one_at_a_time):
            command, *rest = self.lines.carefully(self._queue.popleft())
            self._queue.extendleft(reversed(rest))
            command.tag = self._wire.tag()
            self._open.append(command)
            start = command.tag + b" APPEND " + quote(command.batch.folder)
            if command.synchronising:
                content = command.batch.messages[command.positions[0]].content
                lines.append(b"%s %s {%d}\r\n" % (start, command.prefixes[0], content.length))
                self._waiting = command
                continue
            for message, prefix in zip(command.batch.at(command.positions), command.prefixes, strict=True):
                lines.append(b"%b %b {%d+}\r\n" % (start, prefix, message.content.length))
                lines += _literal(message.content)
                start = b""
            lines.append(b"\r\n")
            octets += command.size
            if octets >= _AT_ONCE:  # more together would only be memory
                self._write(lines)
                lines, octets = [], 0
        if lines:
            self._write(lines)

    def _write(self, lines: Iterable[bytes]) -> None:
        together: list[bytes] = []
        for line in lines:
            if len(line) < _LARGE:
                together.append(line)
                continue
            if together:
                self._wire.stream.write(b"".join(together))
                together = []
            self._wire.stream.write(line)
        if together:
            self._wire.stream.write(b"".join(together))
        self._wrote_at = time.monotonic()

    # Answers

    def _settle(self, command: AppendCommand, reply: Reply) -> None:
        key, positions = command.batch.key, command.positions
        if reply.ok:
            self.lines.note_taken(command)
            validity, uids = _append_uids(reply, len(positions))
            seconds = time.monotonic() - self._wrote_at
            self._results.append(Stored(key, positions, validity, uids, command.dropped, command.undated, seconds))
            return
        if reply.status == "BAD" and not command.synchronising:
            self._poisoned(command, reply)
        # BAD behind a synchronising literal is about this message, whatever words it has
        error = append_error(reply.code, reply.words, command.describe())
        again: list[AppendCommand] = []
        if isinstance(error, MessageRefused):
            again = self.lines.again(command, own=error.own or reply.status == "BAD")
        if again:
            self._bytes += sum(each.size for each in again)
            self._queue.extendleft(reversed(again))
        else:
            self._results += [Refused(key, position, error) for position in positions]

    def _poisoned(self, command: AppendCommand, reply: Reply) -> None:
        self._wire.stream.close()
        batch = command.batch
        if (patience := throttle(reply.code, reply.words, command.describe())) is not None:
            raise patience  # Exchange says so with BAD too: no message is at fault
        raise Poisoned(
            "The destination did not understand an APPEND command and may read the message itself as commands. The "
            "connection was closed at once.",
            server_words=reply.words,
            command=command.describe(),
            suspects=frozenset((batch.folder, batch.messages[position].listed.uid) for position in command.positions),
        )


def _literal(content: Content) -> Iterable[bytes]:
    return content.chunks() if content.octets is None else (content.octets,)


def _append_uids(reply: Reply, count: int) -> tuple[int | None, tuple[int, ...] | None]:
    """UIDVALIDITY and UIDs from [APPENDUID ...] (RFC 4315 section 3): ascending in the order of sending."""
    found = _APPENDUID.fullmatch(reply.argument) if reply.code == "APPENDUID" else None
    if found is None:
        return None, None
    try:
        uids = sorted(set(parse_uids(found[2].decode())))
    except ValueError:
        uids = []
    return numbers.identifier(found[1]), tuple(uids) if len(uids) == count else None
