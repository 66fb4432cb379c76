"""Commands on their way to the server: as many at a time as is asked for, or one where the server wants it so.

Some servers answer BAD to what comes before they have answered the command ahead of it, some throw it away without a
word. That is seen by what happens to the first commands that are sent so; a server that has answered one of them knows
how to.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

_SELECTS = re.compile(rb"(EXAMINE|SELECT) ", re.I)


@dataclass(frozen=True, slots=True)
class _Sent:
    tag: bytes
    selects: bool
    behind: str
    """What was unanswered when it was sent: empty, `command`, or `folder` when a folder was being opened."""


class Pipeline:
    """The commands of one connection that are on their way, and those that wait for their turn."""

    def __init__(self) -> None:
        self.one_at_a_time = False
        """True: a command is sent when the one before it has been answered."""
        self._waiting: deque[tuple[bytes, bytes]] = deque()
        self._sent: deque[_Sent] = deque()
        self._proven: set[str] = set()
        """Behind what a command has been sent and carried out."""
        self._ahead_failed = False

    def put(self, commands: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Take on commands, each with its tag. Returns the lines that are to be sent now."""
        self._waiting.extend(commands)
        return self.due()

    def due(self) -> bytes:
        """The lines that are to be sent now."""
        lines: list[bytes] = []
        while self._waiting and not (self.one_at_a_time and self._sent):
            tag, command = self._waiting.popleft()
            opening = any(each.selects for each in self._sent)
            behind = "folder" if opening else "command" if self._sent else ""
            self._sent.append(_Sent(tag, _SELECTS.match(command) is not None, behind))
            lines.append(tag + b" " + command + b"\r\n")
        return b"".join(lines)

    def answered(self, tag: bytes, status: str) -> bool:
        """Note a tagged reply. False: what it refuses is that the command was sent behind another one."""
        position = next((number for number, each in enumerate(self._sent) if each.tag == tag), None)
        if position is None:
            return True
        sent = self._sent[position]
        del self._sent[position]
        failed = self._ahead_failed and not position
        self._ahead_failed = status != "OK"
        # However often it went well: a command that comes late enough is behind nothing for the server.
        overtaken = position > 0 and self._sent[0].selects and status == "BAD"
        if not overtaken and (not sent.behind or sent.behind in self._proven):
            return True
        if status == "OK":
            self._proven.add(sent.behind)
        # One that is refused in its turn may simply not be known, unless it came while a folder was being opened.
        refused = position > 0 or (status == "BAD" and sent.behind == "folder" and not failed)
        return status == "OK" or not refused

    def unheard(self) -> bool:
        """True when the silence of the server may come from that: what is to be answered was sent behind another
        one."""
        return self.behind_another and self._sent[0].behind not in self._proven

    @property
    def behind_another(self) -> bool:
        """True when what is to be answered was sent before the one ahead of it had been answered."""
        return bool(self._sent) and self._sent[0].behind != ""
