"""The data plane: commands kept in flight, replies read one by one, on the connection that IMAPClient has opened.

A wire belongs to one thread; only `abort` may be called from another.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import MailError, ProtocolViolation
from tui_migrate.mail.imap.codes import goodbye
from tui_migrate.mail.imap.fetch import START, Fetched, Part, parse_fetch
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.message import SPOOL_ABOVE, Content, spool
from tui_migrate.mail.stream import Stream

_LITERAL = re.compile(rb"~?\{(\d+)\+?\}\r?\n$")
_WORDS = re.compile(rb"\+|\S+ (?:OK|NO|BAD|BYE|PREAUTH)\b", re.I)
"""Replies that hold no literal."""
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
        text = line.partition(b" ")[2].strip().decode("utf-8", "backslashreplace")
        return self.mask.cover(text) if self.mask else text

    @property
    def ok(self) -> bool:
        """True for OK."""
        return self.status == "OK"


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

    def tag(self) -> bytes:
        """A new tag."""
        return b"T%d" % next(self._tags)

    def send(self, command: bytes) -> bytes:
        """Send one command line without its tag; returns the tag."""
        tag = self.tag()
        self.stream.write(tag + b" " + command + b"\r\n")
        return tag

    def tell(self, command: bytes) -> None:
        """Send a command whose end concerns nobody: it costs no round trip, and is passed over when it is read."""
        self._told.add(self.send(command))

    def send_all(self, commands: Sequence[bytes]) -> list[bytes]:
        """Send several command lines in one write; returns their tags."""
        tags = [self.tag() for _ in commands]
        lines = (tag + b" " + command + b"\r\n" for tag, command in zip(tags, commands, strict=True))
        self.stream.write(b"".join(lines))
        return tags

    def next(self) -> Reply | Fetched:
        """The next reply. A BYE is raised as the error that it stands for."""
        try:
            reply = self._next()
            while isinstance(reply, Reply) and reply.tag in self._told:
                self._told.remove(reply.tag)
                reply = self._next()
            return reply
        except MailError as error:
            self.mask.cover_error(error)
            raise

    def _next(self) -> Reply | Fetched:
        line = first = self.stream.readline()
        parts: list[Part] = [first]
        # Words may end like a literal (`NO There is no folder {5}`), and must not keep us waiting for five octets.
        while line.endswith(b"}\r\n") and (literal := _LITERAL.search(line)) and not _WORDS.match(first):
            parts.append(self._literal(int(literal[1])))
            line = self.stream.readline()
            parts.append(line)
        if START.match(first):
            return parse_fetch(parts)
        return self._reply(first, parts)

    def run(self, command: bytes) -> tuple[Reply, list[Reply]]:
        """One command and all its replies: the tagged one, and the untagged ones before it."""
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[bytes], ahead: int = 64) -> list[tuple[Reply, list[Reply]]]:
        """Commands whose results do not depend on each other, up to `ahead` of them in flight, for one round trip in
        all.

        Results are in the order of the commands, whatever the order of the answers: Dovecot puts off a NOOP in a
        selected folder until the commands behind it are done (RFC 3501 section 5.5).
        """
        results: dict[bytes, tuple[Reply, list[Reply]]] = {}
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
                raise ProtocolViolation(f"{self.peer} answered a command that was not asked.", server_words=reply.words)
        return [results[tag] for tag in tags]

    def _literal(self, size: int) -> Content:
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
                    f"{self.peer} sent what is no IMAP.", server_words=line[:200].decode("latin-1").strip()
                )
            return Reply(b"*", "", "", b"", parts, self.mask)
        tag, kind, code, argument, _text = status.groups()
        reply = Reply(
            tag, kind.decode().upper(), (code or b"").decode("latin-1").upper(), argument or b"", parts, self.mask
        )
        if reply.status == "BYE" and tag == b"*":
            raise goodbye(reply.words, self.peer)
        return reply
