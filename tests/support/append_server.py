"""Both ends of a connection without a socket: an appender, and a server that takes its octets as strictly as the RFCs.

What does not keep to the closed grammar, or comes before the server has agreed, fails the test that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui_migrate.mail.imap.append import Appender
from tui_migrate.mail.imap.flags import Keeping, parse_flags
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.imap.wire import Wire
from tui_migrate.mail.message import Content, fingerprint, parse_internal_date
from tui_migrate.mail.protocols import Batch, Listed, Message, Refused, Stored
from tui_migrate.mail.stream import Stream

FOLDER = b'R&-D "x" {5+}'
DATE = b'" 1-Jul-2012 06:05:04 +0000"'
_FLAG = rb"""(?:\\(?:Answered|Flagged|Deleted|Seen|Draft)|[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,50})"""
_DATE = rb'"(?: \d|\d\d)-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"'
_START = re.compile(rb'(T\d+) APPEND "R&-D \\"x\\" \{5\+\}"')
_ITEM = re.compile(rb" (\((?:%b(?: %b)*)?\))( %b)? \{(\d+)(\+?)\}\r\n" % (_FLAG, _FLAG, _DATE))
"""All that may stand before a literal: flags that are atoms, and a date in the RFC's form."""


@dataclass(frozen=True)
class Taken:
    """One message, as the server has it."""

    flags: bytes
    date: bytes
    content: bytes


class Ends(Stream):
    """A stream that keeps what is written and reads what the test says."""

    def __init__(self) -> None:
        self.peer = "imap.new.example"
        self.misunderstood = False
        self.written = b""
        self.incoming: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def readline(self) -> bytes:
        return self.incoming.pop(0)

    def match(self, pattern: re.Pattern[bytes]) -> None:
        """Nothing has come before it is asked for."""

    def close(self, deliver: bool = False) -> None:
        self.closed = True


class _LoggedIn(Session):
    """A session that is simply there."""

    def __init__(self, capabilities: Iterable[str], ends: Ends) -> None:
        self.capabilities = frozenset(capabilities)
        self.wire = Wire(ends)


class AppendServer:
    """An appender on a server with these capabilities; `says` is what the server answers."""

    def __init__(
        self, *capabilities: str, keeping: dict[bytes, Keeping] | None = None, familiar: bytes | None = b""
    ) -> None:
        """`familiar`: keywords that the server has taken before, with the folder's name; None: it has taken nothing."""
        self.ends = Ends()
        self.session = _LoggedIn(capabilities, self.ends)
        self.appender = Appender(self.session, keeping or {})
        if familiar is not None:
            self.appender.lines.taken |= {FOLDER, *familiar.decode().split()}
        self.taken: list[Taken] = []
        self.commands: list[int] = []
        """Messages of each complete command, in order."""
        self._tag = b""
        self._inside = 0
        self._expected: int | None = None

    def said(self) -> bytes:
        """What the client has written since the last call."""
        written, self.ends.written = self.ends.written, b""
        return written

    def says(self, line: bytes) -> list[Stored | Refused]:
        """The server says a line. Returns: what the appender has learned from it."""
        self.ends.incoming.append(line + b"\r\n")
        self.appender.take(self.session.wire.next())
        return self.appender.results()

    def serve(self) -> list[Stored | Refused]:
        """Take everything that the client has to say, agree to it, and answer OK."""
        results = self.appender.results()
        while self.appender.commands:
            answer = self._hear()
            assert answer, "the client waits for an answer that the server does not owe"
            results += self.says(answer)
        assert not self.ends.written
        return results

    def _hear(self) -> bytes:
        """Read on until there is something to answer."""
        while self.ends.written:
            if self._expected is not None:
                self._take_literal()
            elif self._inside and self._skip(b"\r\n"):
                tag, self._tag = self._tag, b""
                self.commands.append(self._inside)
                self._inside = 0
                return tag + b" OK done"
            elif self._take_item():
                return b"+ go on"
        return b""

    def _take_literal(self) -> None:
        assert self._expected is not None
        assert len(self.ends.written) >= self._expected, "half a literal"
        content, self.ends.written = self.ends.written[: self._expected], self.ends.written[self._expected :]
        self.taken[-1] = Taken(self.taken[-1].flags, self.taken[-1].date, content)
        self._expected = None

    def _take_item(self) -> bool:
        """The line before a literal. Returns: True when the client waits for the server to agree."""
        if not self._inside:
            start = _START.match(self.ends.written)
            assert start, self.ends.written[:200]
            self._tag = start[1]
            self._skip(start[0])
        item = _ITEM.match(self.ends.written)
        assert item, self.ends.written[:200]
        self._skip(item[0])
        flags, date, size, plus = item.groups()
        self.taken.append(Taken(flags, (date or b"").strip(), b""))
        self._inside += 1
        self._expected = int(size)
        assert plus or not self.ends.written, "the literal came before the server has agreed"
        return not plus

    def _skip(self, data: bytes) -> bool:
        if not self.ends.written.startswith(data):
            return False
        self.ends.written = self.ends.written[len(data) :]
        return True


def message(uid: int, content: bytes = b"x", flags: bytes = b"\\Seen", date: bytes = DATE) -> Message:
    """A message as the source hands it out."""
    body = Content.of(content)
    _, instant = parse_internal_date(date.strip(b'"')) or (b"", 0)
    listed = Listed(uid, parse_flags(flags), date, instant, len(content))
    return Message(listed, body, fingerprint(body, instant), date, instant)


def batch(*messages: Message, key: int = 1, synchronising: bool = False) -> Batch:
    """These messages, for `FOLDER`."""
    return Batch(key, FOLDER, list(messages), synchronising)
