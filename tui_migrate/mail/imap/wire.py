"""The data plane: commands kept in flight, replies read one by one, on the connection that IMAPClient has opened.

A wire belongs to one thread; only `abort` may be called from another.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import MailError, ProtocolViolation, Stalled, Unpipelined, raw
from tui_migrate.mail import numbers
from tui_migrate.mail.imap.codes import goodbye, passes
from tui_migrate.mail.imap.fetch import START, USUAL, Fetched, Part, parse_fetch, usual
from tui_migrate.mail.imap.pipeline import Pipeline
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.message import SPOOL_ABOVE, Content
from tui_migrate.mail.spool import spool
from tui_migrate.mail.stream import Stream

_LITERAL = re.compile(rb"~?\{(\d+)\+?\}\r?\n$")
_NUMBERED = re.compile(rb"\* +(\d+) +([A-Z]+)\b", re.I)
_LONGEST_WORDS = 1 << 16
"""Octets of a reply that are shown, or read as words: a list of capabilities is shorter."""
_WORDS = re.compile(rb"\+|\S+ (?:OK|NO|BAD|BYE|PREAUTH)\b", re.I)
"""Replies that hold no literal."""
_EMPTY = (b"\r\n", b"\n")
_CLOSING = b")\r\n"
"""Behind a literal, where nothing else follows."""
_TOLD = 64
"""Commands whose answers are left unread."""
_ALIVE = 10.0
"""Seconds in which a server that was silent for long answers one more command, when it is there at all."""
_STATUS = re.compile(rb"(\S+) (OK|NO|BAD|BYE|PREAUTH)(?: (?:\[([^\s\]]+)(?: ([^\]]*))?\] ?)?(.*))?\r?\n", re.I | re.S)


@dataclass(slots=True)
class Reply:
    """One reply that is no FETCH."""

    tag: bytes
    """`*`, `+`, or the tag of the command that it ends."""
    status: str
    """OK, NO, BAD, BYE, PREAUTH; empty for untagged data and for `+`."""
    code: str
    """Response code in upper case, empty when there is none."""
    argument: bytes
    """What follows the response code inside the brackets."""
    parts: list[Part]
    """The reply as it came."""
    mask: Mask | None = None
    """For its words."""

    @property
    def words(self) -> str:
        """The reply verbatim, as the admin reads it, without the tag and without what has logged in."""
        line = b"".join(part for part in self.parts if isinstance(part, bytes))
        text = line.partition(b" ")[2].strip()[:_LONGEST_WORDS].decode("utf-8", "backslashreplace")
        text = text.replace("\0", "\\x00")
        return self.mask.cover(text) if self.mask else text

    @property
    def told(self) -> tuple[str, int | None]:
        """What an untagged reply of a number and a word says, `("EXISTS", 3)`; an empty word when it is another one.
        None: the number cannot be."""
        first = self.parts[0]
        found = _NUMBERED.match(first) if isinstance(first, bytes) else None
        return (found[2].decode().upper(), numbers.count(found[1])) if found else ("", None)

    @property
    def coded(self) -> int | None:
        """The number behind the response code, such as that of [UIDNEXT 7]. None: none is told."""
        return numbers.number(self.argument.strip())

    @property
    def ok(self) -> bool:
        """True for a reply that says OK."""
        return self.status == "OK"


Answer = tuple[Reply, list[Reply]]
"""All replies to one command: the tagged one, and the untagged ones before it."""


class Wire:
    """Sends command lines and reads replies. Raises Disconnected, ProtocolViolation,
    and the error that a BYE stands for."""

    def __init__(self, stream: Stream, spool_folder: Path | None = None) -> None:
        self.stream = stream
        self.peer = stream.peer
        self.mask = Mask()
        """Of what has logged in here."""
        self._spool_folder = spool_folder
        self._tags = itertools.count(1)
        self._told: set[bytes] = set()
        self.pipeline = Pipeline()
        self.taught: Callable[[str], object] = lambda words: None
        """Called with the server's words when it turns out to want one command at a time."""
        self.misunderstood: Callable[[str], object] = lambda words: None
        """Called with what was seen when it agrees to compress and then cannot be read."""
        self.under_way = b""
        """The first line of the reply that is being read, or that could not be."""

    def tag(self) -> bytes:
        """A new tag."""
        return b"T%d" % next(self._tags)

    def send(self, command: bytes) -> bytes:
        """Send one command line without its tag; returns the tag."""
        return self.send_all([command])[0]

    def tell(self, commands: Sequence[bytes]) -> None:
        """Send commands whose end concerns nobody: they cost no round trip, and are passed over when it is read. The
        answers to more than a few are waited for: unread, they could stop up the connection."""
        few = 0 if self.pipeline.one_at_a_time else _TOLD
        self.run_all(commands[few:])
        self._told.update(self.send_all(commands[:few]))

    def send_all(self, commands: Sequence[bytes]) -> list[bytes]:
        """Send several command lines in one write; returns their tags."""
        tags = [self.tag() for _ in commands]
        self.put(zip(tags, commands, strict=True))
        return tags

    def put(self, commands: Iterable[tuple[bytes, bytes]]) -> None:
        """Send command lines, each with a tag of `tag`: in one write, or each when its turn comes."""
        if lines := self.pipeline.put(commands):
            self.stream.write(lines)

    def next(self) -> Reply | Fetched:
        """The next reply, but for those to what was told. A BYE is raised as the error that it stands for."""
        reply = self.heard()
        while isinstance(reply, Reply) and reply.tag in self._told:
            self._told.remove(reply.tag)
            reply = self.heard()
        return reply

    def heard(self) -> Reply | Fetched:
        """The next reply, whatever it is to: for who does not wait for another one."""
        if (fetched := self._at_once()) is not None:
            return fetched
        try:
            return self._next()
        except MailError as error:
            self.mask.cover_error(error)
            if self.stream.misunderstood:
                self.misunderstood(error.sentence)
            if isinstance(error, Stalled) and not self.under_way and self._has_thrown_away():
                self.taught(error.sentence)
            raise

    def _at_once(self) -> Fetched | None:
        """The next reply, when it is a FETCH of the usual kind and has come in full: most are, and line by line it
        costs three times as much."""
        found = self.stream.match(USUAL)
        if found is None:
            return None
        end, body = found.end(), None
        if digits := found[6]:
            start, end = end, end + int(digits)
            if end - start > SPOOL_ABOVE or not found.string.startswith(_CLOSING, end):
                return None
            body, end = Content.of(found.string[start:end]), end + len(_CLOSING)
        self.stream.skip_to(end)
        return usual(found, body)

    def _has_thrown_away(self) -> bool:
        """True when the server is silent about what was sent behind another command: such was never carried out, or
        was, and yet a command that is sent alone is answered."""
        if not self.pipeline.behind_another or self.pipeline.unheard():
            return self.pipeline.behind_another
        tag = self.tag()
        until = time.monotonic() + min(_ALIVE, self.stream.sock.gettimeout() or _ALIVE)
        try:
            self.stream.write(tag + b" NOOP\r\n")
            while self.stream.ready(max(0.0, until - time.monotonic())):
                if self.stream.readline().startswith(tag + b" "):
                    return True
        except MailError:
            return False
        return False

    def _next(self) -> Reply | Fetched:
        line = self.stream.readline()
        while not line.strip():  # between replies an empty line means nothing
            line = self.stream.readline()
        self.under_way = first = line
        parts: list[Part] = [first]
        # Words may end like a literal (`NO There is no folder {5}`), and must not keep us waiting for five octets.
        while line.endswith(b"}\r\n") and (literal := _LITERAL.search(line)) and not _WORDS.match(first):
            parts.append(self._literal(literal[1]))
            line = self.stream.readline()
            while line in _EMPTY and START.match(first):  # its parenthesis is still open: neither does one here
                line = self.stream.readline()
            parts.append(line)
        reply = parse_fetch(parts) if START.match(first) else self._reply(first, parts)
        self.under_way = b""
        if isinstance(reply, Reply) and reply.tag not in (b"*", b"+"):
            self._answered(reply)
        return reply

    def _answered(self, reply: Reply) -> None:
        if not self.pipeline.answered(reply.tag, reply.status) and not passes(reply.code, reply.words):
            self.taught(reply.words)
            sentence = f"{self.peer} accepts only one command at a time."
            raise Unpipelined(sentence, server_words=reply.words)
        if lines := self.pipeline.due():
            self.stream.write(lines)

    def run(self, command: bytes) -> Answer:
        """One command and all its replies: the tagged one, and the untagged ones before it."""
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[bytes], ahead: int = 64) -> list[Answer]:
        """Commands that are asked whatever comes of the others, up to `ahead` of them in flight, for one round trip in
        all.

        Results are in the order of the commands, whatever the order of the answers: Dovecot puts off a NOOP in a
        selected folder until the commands behind it are done (RFC 3501 section 5.5).
        """
        began = time.monotonic()
        results: dict[bytes, Answer] = {}
        open_tags: list[bytes] = []
        tags: list[bytes] = []
        waiting = list(commands)
        untagged: list[Reply] = []
        while waiting or open_tags:
            if len(open_tags) <= ahead // 2 and waiting:
                count = ahead - len(open_tags)
                sent = self.send_all(waiting[:count])
                open_tags += sent
                tags += sent
                del waiting[:count]
            reply = self.next()
            if isinstance(reply, Fetched) or reply.tag == b"+":
                continue
            if reply.tag == b"*":
                untagged.append(reply)
            elif reply.tag in open_tags:
                open_tags.remove(reply.tag)
                results[reply.tag] = reply, untagged
                untagged = []
            else:
                raise ProtocolViolation(f"{self.peer} answered a command that was not sent.", server_words=reply.words)
        if tags:
            self.stream.line.answered(time.monotonic() - began)
        return [results[tag] for tag in tags]

    def _literal(self, digits: bytes) -> Content:
        size = numbers.size(digits)
        if size is None:
            raise ProtocolViolation(f"{self.peer} announced an impossible number of octets.")
        if size <= SPOOL_ABOVE:
            return Content.of(self.stream.read(size))
        return spool(size, lambda sink: self.stream.pump(size, sink), self._spool_folder)

    def _reply(self, line: bytes, parts: list[Part]) -> Reply:
        if line.startswith(b"+"):
            return Reply(b"+", "", "", b"", parts, self.mask)
        status = _STATUS.fullmatch(line)
        if status is None:
            if not line.startswith(b"* "):
                raise ProtocolViolation(
                    f"{self.peer} sent a reply that is not IMAP.",
                    server_words=raw(line[:200].decode("latin-1").strip()),
                )
            return Reply(b"*", "", "", b"", parts, self.mask)
        tag, kind, code, argument, _text = status.groups()
        reply = Reply(
            tag, kind.decode().upper(), (code or b"").decode("latin-1").upper(), argument or b"", parts, self.mask
        )
        if reply.status == "BYE" and tag == b"*":
            raise goodbye(reply.words, self.peer)
        return reply
