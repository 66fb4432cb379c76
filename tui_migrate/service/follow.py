"""Following a file that the engine writes: its log, or the trace of an account."""

from __future__ import annotations

import os
import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.ownership import open_own

TAIL_OCTETS = 1 << 20
"""What is read at once at most: of a file that is longer, its end."""
LEVELS = ("debug", "info", "warning", "error", "critical")
"""Of the lines of a log, the least first."""
_LOG = re.compile(r"(\S+Z) ([A-Z]+) +\[(engine|account (\d+)[^\]]*)\] (.*)")
_TRACE = re.compile(r"(\S+Z) (?:\[(.*? #\d+)\] )?(C:|S:|--) (.*)")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log or a trace."""

    number: int
    """In the order of reading."""
    at: str
    """Date and time in UTC, as they stand in the file."""
    mark: str
    """The level; in a trace who speaks: `C:` we, `S:` the server, `--` neither."""
    who: str
    """`engine`, or account and lane; in a trace the connection."""
    account_id: int | None
    text: str

    @property
    def level(self) -> int:
        """Place in LEVELS; that of `info` for a line of a trace."""
        return LEVELS.index(self.mark.lower()) if self.mark.lower() in LEVELS else LEVELS.index("info")

    def __str__(self) -> str:
        return f"{self.at} {self.mark:7} [{self.who}] {self.text}"


class Followed:
    """A file that grows, and is put aside for a new one now and then."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = 0
        """Its number in the file system: a new one begins at 0."""
        self._read = 0
        self._numbers = 0

    def news(self) -> list[LogLine]:
        """The lines that are new since the last call; none costs a look at the file's size. Raises StoreUnusable."""
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return []
        if found.st_ino == self._file and found.st_size == self._read:
            return []
        with os.fdopen(open_own(self.path, os.O_RDONLY), "rb") as file:
            stat = os.fstat(file.fileno())
            if stat.st_ino != self._file or stat.st_size < self._read:
                self._file, self._read = stat.st_ino, 0
            before = self._read
            start = max(self._read, stat.st_size - TAIL_OCTETS)
            file.seek(start)
            data = file.read(TAIL_OCTETS)
        whole = data[: data.rfind(b"\n") + 1]  # a line that is being written is read the next time
        first = whole.find(b"\n") + 1 if start > self._read else 0
        self._read = start + len(whole)
        passed = [f"… {start - before:,} octets are passed over …"] if before and start > before else []
        return [self._line(line) for line in [*passed, *whole[first:].decode("utf-8", "replace").split("\n")[:-1]]]

    def _line(self, text: str) -> LogLine:
        self._numbers += 1
        if found := _LOG.fullmatch(text):
            at, level, who, account_id, what = found.groups()
            return LogLine(self._numbers, at, level, who, int(account_id) if account_id else None, what)
        if found := _TRACE.fullmatch(text):
            at, who, mark, what = found.groups()
            return LogLine(self._numbers, at, mark, who or "", None, what)
        return LogLine(self._numbers, "", "", "", None, text)


def about(line: str, account_ids: Set[int]) -> bool:
    """False for a line of a log that is about another account than these; without any, none is."""
    found = _LOG.fullmatch(line)
    return not account_ids or found is None or not found[4] or int(found[4]) in account_ids


def wanted(line: LogLine, *, account_id: int | None = None, level: str = "debug", text: str = "") -> bool:
    """True for a line about this account, of this level at least, with this in it."""
    mine = account_id is None or line.account_id == account_id
    return mine and line.level >= LEVELS.index(level) and text.lower() in str(line).lower()
