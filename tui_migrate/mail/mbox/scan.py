"""Finds the messages of an mbox file, in one walk over it. How fast that is decides how long a large file takes before
its first message is copied: what is done for each octet is a search and a hash, and nothing else."""

from __future__ import annotations

import re
from hashlib import sha1

from tui_migrate.mail.mbox import arrival, fields
from tui_migrate.mail.mbox.fields import Field, Marks
from tui_migrate.mail.mbox.index import NAME, Index, Variant
from tui_migrate.mail.mbox.octets import Octets
from tui_migrate.mail.mbox.separators import AHEAD, LONGEST, separates

BLOCK = 1 << 23
"""Octets that are in memory at once."""
LONGEST_HEADER = BLOCK // 8
_KEPT = 1 << 12
"""Octets before a place that are not yet behind: empty lines in front of a separator."""
_SEPARATOR = b"\nFrom "
_GOOGLE = re.compile(rb"From (\d{1,19})@xxx ")
_BLANK = b"\xef\xbb\xbf\r\n"


def scan(octets: Octets, block: int = BLOCK) -> Index:
    """All messages. Raises FileChanged, FileDamaged."""
    return _Scan(octets, block).index


def header_end(data: bytes, start: int, limit: int) -> int:
    """Where the header block that begins at `start` ends, with its empty line; `limit` where none is before that."""
    if data.startswith(b"\n", start):
        return start + 1
    if data.startswith(b"\r\n", start):
        return start + 2
    line = data.find(b"\n", start, limit)
    endings = (b"\n\r\n", b"\n\n") if line > start and data[line - 1] == 0x0D else (b"\n\n", b"\n\r\n")
    for ending in endings:
        found = data.find(ending, start, limit)
        if found >= 0:
            limit = found + len(ending)
    return limit


class _Scan:
    """`_data` are the octets from `_base` on; all before is behind."""

    def __init__(self, octets: Octets, block: int) -> None:
        self.index = Index()
        self._octets = octets
        self._block = block
        self._longest_header = block // 8
        self._data = b""
        self._base = 0
        self._quoted = self._doubly = self._unquoted = False
        self._lengths = 0
        self._load(0)
        at = self._first()
        while at < octets.size:
            at = self._message(at)
        self.index.variant = self._variant()
        self.index.finish()

    def _load(self, base: int) -> None:
        """Let memory begin here."""
        self._base = base
        self._data = self._octets.read(base, self._block)
        self._limit = base + len(self._data)
        self._complete = self._limit >= self._octets.size
        """Nothing follows what is in memory."""

    def _unquoted_line(self, low: int, high: int) -> int:
        """The line end before the next line that begins with `From `, in memory; -1 where none does. Quoted ones on the
        way are noted: one search for both costs half of two."""
        data = self._data
        at = data.find(b"From ", low + 1, high)
        while at >= 0 and data[at - 1] != 0x0A:
            if data[at - 1] == 0x3E and not self._doubly:
                self._note_quoted(at - 1)
            at = data.find(b"From ", at + 5, high)
        return max(-1, at - 1)

    def _note_quoted(self, at: int) -> None:
        """`>From ` stands here; at the start of a line, or behind more of the same, it was quoted."""
        before = at
        while before and self._data[before - 1] == 0x3E:
            before -= 1
        if before and self._data[before - 1] == 0x0A:
            self._quoted = True
            self._doubly = before < at

    def _first(self) -> int:
        """Where the first separator is. A file's first line is one, if it begins like one at all."""
        at = 0
        while at < len(self._data) and self._data[at] in _BLANK:
            at += 1
        if self._data.startswith(b"From ", at) or at == self._octets.size:
            return at
        at = self._search(at)[1]
        self.index.headless = at
        return at

    def _message(self, at: int) -> int:
        """Take in the message whose separator is here. Returns: the place of the next one."""
        if at + self._longest_header + 2 * AHEAD > self._limit and not self._complete:
            self._load(at)
        line_end = self._data.find(b"\n", at - self._base)
        if line_end < 0:  # the file ends within the separator, or it is none
            line_end = len(self._data) - 1
        line = self._data[at - self._base : line_end].rstrip()
        begin = line_end + 1
        end = header_end(self._data, begin, min(begin + self._longest_header, len(self._data)))
        header = self._data[begin:end]
        found = fields.stored_fields(header)
        start = self._base + begin
        length = fields.content_length(found)
        stop = None
        if length is not None and not self._holds_separator(begin, end):
            stop = self._ends_at(self._base + end + length)
        if stop is None:
            return self._until_separator(line, start, header, found)
        self._lengths += 1
        message = _Message(line, start, header, found)
        self._consume(message, self._base + end, stop[0], seeking=True)
        return self._take(message, *stop)

    def _until_separator(self, line: bytes, start: int, header: bytes, found: list[Field]) -> int:
        """The same for one whose end only the next separator tells. Its header is looked at in full only when nothing
        in it separates, as where a message was cut off."""
        at, message, done = start - 1, None, start + len(header)
        while True:
            stop, following = self._search(at, sure=self._limit if self._complete else self._limit - AHEAD - LONGEST)
            if message is None:
                if 0 <= following < done:
                    header, done = header[: following - start], following
                    found = fields.stored_fields(header)
                message = _Message(line, start, header, found)
            if following >= 0:
                self._consume(message, done, max(done, stop))
                return self._take(message, max(done, stop), following)
            at = max(done, stop - _KEPT)
            self._consume(message, done, at)
            done = at
            self._load(at)
            at -= 1

    def _search(self, at: int, sure: int = -1) -> tuple[int, int]:
        """Where the message ends in which this place is, and where the next separator is. With `sure`, nothing behind
        that is judged: a second number of -1 says that there is none before it, and the first one how far was seen."""
        while True:
            hit = self._unquoted_line(max(0, at - self._base), len(self._data))
            place = self._base + hit + 1
            if sure >= 0 and (hit < 0 or place >= sure) and not self._complete:
                return (self._limit if hit < 0 else place - 1), -1
            if hit < 0:
                if self._complete:
                    return self._without_empty_line(self._octets.size), self._octets.size
                at = self._limit - len(_SEPARATOR)
                self._load(max(0, at - _KEPT))
                continue
            if separates(self._data, hit + 1, after_empty=self._after_empty(hit + 1)):
                return self._without_empty_line(place), place
            self._unquoted = True
            at = place

    def _after_empty(self, at: int) -> bool:
        return self._base + at == 0 or self._data.endswith((b"\n\n", b"\n\r\n"), max(0, at - 3), at)

    def _without_empty_line(self, stop: int) -> int:
        at = stop - self._base
        if self._data.endswith(b"\n\n", max(0, at - 2), at):
            return stop - 1
        return stop - 2 if self._data.endswith(b"\n\r\n", max(0, at - 3), at) else stop

    def _holds_separator(self, start: int, stop: int) -> bool:
        """Whether a header is cut off by one, and goes on in the next message's."""
        hit = self._data.find(_SEPARATOR, start - 1, stop)
        return hit >= 0 and separates(self._data, hit + 1, after_empty=self._after_empty(hit + 1))

    def _ends_at(self, stop: int) -> tuple[int, int] | None:
        """Where a message ends of which Content-Length tells that, and the next separator; None: it does not tell."""
        if stop > self._octets.size:
            return None
        if self._base <= stop and stop + AHEAD + LONGEST <= self._limit:
            behind = self._data[stop - self._base : stop - self._base + AHEAD + LONGEST]
        else:
            behind = self._octets.read(stop, AHEAD + LONGEST)
        if not behind.strip(b"\r\n"):
            return stop, self._octets.size
        for gap in (b"", b"\n", b"\r\n"):
            if behind.startswith(gap + b"From "):
                return (stop, stop + len(gap)) if separates(behind, len(gap), after_empty=True) else None
        return None

    def _consume(self, message: _Message, start: int, stop: int, *, seeking: bool = False) -> None:
        """Hash what lies between two places. `seeking`: it may hold lines that would be taken for separators."""
        while start < stop:
            if start >= self._limit or start < self._base:
                self._load(start)
            here = min(stop, self._limit)
            low, high = start - self._base, here - self._base
            if seeking and not self._unquoted:
                self._unquoted = self._unquoted_line(max(0, low - 1), high) >= 0
            message.take(self._data, low, high)
            start = here

    def _take(self, message: _Message, stop: int, following: int) -> int:
        marks, size = message.marks, stop - message.start
        if marks.expunged:
            self.index.leave_out("expunged", size)
        elif not self.index.starts and message.is_dummy():
            self.index.leave_out("kept by the mail program for itself", size)
        elif size <= len(message.blank):
            self.index.leave_out("empty", 0)
        else:
            self.index.add(message.start, stop, message.name(), message.instant, marks)
        return following

    def _variant(self) -> Variant:
        if self._lengths * 2 > len(self.index):
            return Variant.MBOXCL2 if self._unquoted else Variant.MBOXCL if self._quoted else Variant.LENGTHS
        if self._unquoted:
            return Variant.UNQUOTED
        return Variant.MBOXRD if self._doubly else Variant.MBOXO if self._quoted else Variant.UNKNOWN


class _Message:
    """One whose header is known, and whose end is not."""

    def __init__(self, line: bytes, start: int, header: bytes, found: list[Field]) -> None:
        self.start = start
        self.blank = header if header[:1] in b"\r\n" and not header.strip(b"\r\n") else b""
        self.marks: Marks = fields.marks(found)
        self._header, self._found = header, found
        self.instant = arrival.instant(line, header)
        google = _GOOGLE.match(line)
        self._number = int(google[1]) if google else 0
        self._hash = None if 0 < self._number < 1 << 64 else sha1(usedforsecurity=False)
        if self._hash is not None:
            self._hash.update(fields.without(header, found))

    def is_dummy(self) -> bool:
        """It is no mail."""
        return fields.is_dummy(self._header, self._found)

    def take(self, data: bytes, low: int, high: int) -> None:
        """More of it."""
        if self._hash is not None:
            self._hash.update(memoryview(data)[low:high])

    def name(self) -> bytes:
        """What it is known by."""
        if self._hash is None:
            return self._number.to_bytes(NAME, "big")
        return self._hash.digest()[:NAME]
