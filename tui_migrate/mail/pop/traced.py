"""What a trace may show of POP3: commands by their names, status lines, numbers; never a login or a message."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from tui_migrate.errors import unquoted
from tui_migrate.mail.trace import length, shown

_COMMAND = re.compile(rb"(CAPA|STLS|STAT|LIST|UIDL|RETR|TOP|NOOP|RSET|QUIT|UTF8)((?: \d+)*)\r\n")
_LOGIN = re.compile(rb"(USER|PASS|APOP) ([^\r\n]*)\r\n")
_AUTH = re.compile(rb"(AUTH) ([A-Z0-9-]{1,20})([^\r\n]*)\r\n")
_STATUS = re.compile(rb"(\+OK|-(?!OK)[A-Z]+|\+?ERR(?:OR)?)(?![^ \t\r:])", re.I)
_NUMBERED = re.compile(rb"\d+ [\x21-\x7e]{1,200}\r?\n")


class PopRules:
    """What of one connection may be shown."""

    def __init__(self) -> None:
        self._asked: deque[tuple[str, bool]] = deque()
        """Commands that are not answered, in their order, and whether lines follow a good answer."""
        self._list = ""
        """The command whose lines come now."""
        self._hidden = 0
        """Octets of lines that are not shown."""

    def sent(self, data: bytes) -> Iterator[str]:
        for line in data.splitlines(keepends=True):
            if found := _COMMAND.fullmatch(line):
                has_lines = found[1] in (b"CAPA", b"TOP") or (found[1] in (b"LIST", b"UIDL") and not found[2])
                self._asked.append((found[1].decode(), has_lines))
                yield shown(line)
            elif found := _LOGIN.fullmatch(line):
                self._asked.append((shown(found[1]), False))
                yield f"{shown(found[1])} {length(found[2])}"
            elif found := _AUTH.fullmatch(line):
                self._asked.append(("AUTH", False))
                yield f"AUTH {shown(found[2])}" + (f" {length(found[3].strip())}" if found[3].strip() else "")
            else:
                yield length(line)

    def heard(self, line: bytes) -> str | None:
        if self._list:
            return self._listed(line)
        if found := _STATUS.match(line):
            command, has_lines = self._asked.popleft() if self._asked else ("", False)
            self._list = command if has_lines and found[1].upper() == b"+OK" else ""
            return unquoted(shown(line)) if command in ("RETR", "TOP") else shown(line)
        return f"+ {length(line[1:].strip())}" if line.startswith(b"+") else length(line)

    def _listed(self, line: bytes) -> str | None:
        if line.rstrip(b"\r\n") == b".":
            self._list, hidden, self._hidden = "", self._hidden, 0
            return f"{length(hidden)} ." if hidden else "."
        if self._list == "CAPA" or (self._list in ("LIST", "UIDL") and _NUMBERED.fullmatch(line)):
            return shown(line)
        self._hidden += len(line)
        return None

    def octets(self, number: int) -> str:
        return length(number)
