"""The data plane of POP3: commands written ahead, replies read in their order, messages octet by octet.

poplib reads lines of 2 KB at most, makes a list of them, and forgets how they ended. A wire belongs to one thread.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import ProtocolViolation, Stalled, Unpipelined, raw
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.message import Content
from tui_migrate.mail.spool import gather
from tui_migrate.mail.stream import Stream

_STATUS = re.compile(
    rb"(\+OK|-(?!OK)[A-Z]+|\+?ERR(?:OR)?)(?![^ \t\r:])[ \t:]*(?:\[([^\]\r\n]+)\] ?)?[^\r\n]*\r\n", re.I
)
"""Some servers have their own words for no, such as `+ERR`: they can mean nothing else."""
_END = b"\r\n.\r\n"
_STUFFED = b"\r\n.."


@dataclass(frozen=True, slots=True)
class PopReply:
    """The status line that answers a command."""

    ok: bool
    code: str
    """Extended response code (RFC 2449 section 8) in upper case, such as `IN-USE`; empty when there is none."""
    words: str
    """The line as it came, without what has logged in."""

    @property
    def regular(self) -> bool:
        """False for a refusal that is none of RFC 1939: it may come from anything on the server's way to an answer."""
        return self.ok or self.words[:4].upper() == "-ERR"

    @property
    def text(self) -> str:
        """What stands behind the status."""
        return self.words.partition(" ")[2]


class PopWire:
    """Sends command lines and reads what answers them. Raises Disconnected (Unpipelined where the server has thrown
    away what was sent ahead of its answers) and ProtocolViolation."""

    def __init__(self, stream: Stream, spool_folder: Path | None = None, mask: Mask | None = None) -> None:
        self.stream = stream
        self.peer = stream.peer
        self.mask = mask or Mask()
        """Of what has logged in here."""
        self.unpipelined: Callable[[str], None] = lambda words: None
        """Is told when the server throws away what is sent before it has answered the command ahead."""
        self._spool_folder = spool_folder
        self._behind: deque[bool] = deque()
        """For each command that is not answered, whether it was sent behind another one."""
        self._takes_several = False
        """True once the server has answered one of those."""

    def send(self, *commands: bytes) -> None:
        """Send several lines in one write; their replies come in this order."""
        for _ in commands:
            self._behind.append(bool(self._behind))
        self.stream.write(b"".join(command + b"\r\n" for command in commands))

    def respond(self, response: bytes) -> None:
        """Answer a challenge."""
        self.stream.write(response + b"\r\n")

    def reply(self) -> PopReply:
        """The next status line."""
        try:
            return self._status(self.stream.readline())
        except Stalled as error:
            if self._behind and self._behind[0] and not self._takes_several:
                self.unpipelined(error.sentence)
                raise Unpipelined(f"{self.peer} accepts only one command at a time.") from error
            raise

    def _status(self, line: bytes) -> PopReply:
        if self._behind:
            self._takes_several |= self._behind.popleft()
        found = _STATUS.fullmatch(line)
        if found is None:
            sentence = f"{self.peer} sent a reply that is not POP3."
            raise ProtocolViolation(sentence, server_words=raw(self.mask.cover(line[:200].decode("latin-1").strip())))
        words = self.mask.cover(line.decode("utf-8", "backslashreplace").strip())
        return PopReply(found[1].upper() == b"+OK", (found[2] or b"").decode("latin-1").upper(), words)

    def answer(self) -> PopReply | str:
        """The next status line, or what stands behind a `+`: a challenge that waits for more (RFC 5034 section 4)."""
        line = self.stream.readline()
        if line.startswith(b"+") and not _STATUS.fullmatch(line):
            return line[1:].decode("utf-8", "backslashreplace").strip()
        return self._status(line)

    def lines(self) -> Iterator[bytes]:
        """The lines behind a status line that has some. To be read to the end."""
        while (line := self.stream.readline().rstrip(b"\r\n")) != b".":
            yield line.removeprefix(b".")

    def run(self, command: bytes) -> PopReply:
        """One command that is answered by one line: that line."""
        self.send(command)
        return self.reply()

    def run_all(self, commands: Sequence[bytes], *, ahead: bool) -> list[tuple[PopReply, list[bytes]]]:
        """Commands each with the lines that follow its reply. `ahead`: all are sent at once (PIPELINING)."""
        results = []
        if ahead:
            self.send(*commands)
        for command in commands:
            if not ahead:
                self.send(command)
            reply = self.reply()
            results.append((reply, list(self.lines()) if reply.ok else []))
        return results

    def message(self) -> Content:
        """The message behind a status line that was just read: every octet that was sent for it.

        Nothing but CRLF, dot, CRLF ends it, and nothing but the dot that a server puts before another one at the start
        of a line is taken away (RFC 1939 section 3): line ends of other kinds, and what follows them, are the
        message's own.
        """
        self.stream.step_back(2)  # the status line's CRLF stands before the first line, as one does before any other

        def pump(sink: Callable[[bytes], object]) -> None:
            body = _Body(sink)
            self.stream.pump_until(_END, body.take)
            body.end()

        return gather(pump, self._spool_folder)


class _Body:
    """Takes away the dots that were put before others, and the line end that is not the message's."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self._sink = sink
        self._held = b""
        self._begun = False

    def take(self, piece: bytes) -> None:
        """Add the next octets. What may be the beginning of a stuffed dot waits for the rest of it."""
        data = self._held + piece
        held = next(size for size in (3, 2, 1, 0) if data.endswith(_STUFFED[:size]))
        self._give(data[: len(data) - held])
        self._held = data[len(data) - held :]

    def end(self) -> None:
        """End the body: the line end before the last dot belongs to the message."""
        self._give(self._held + b"\r\n")

    def _give(self, data: bytes) -> None:
        data = data.replace(_STUFFED, b"\r\n.")
        if data and not self._begun:
            data, self._begun = data[2:], True
        if data:
            self._sink(data)
