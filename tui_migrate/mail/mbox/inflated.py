"""Octets that lie compressed (RFC 1951, RFC 1952), read at any place without being unpacked to a disk.

A stream can be inflated from its start alone. So a copy of the state of the inflater is put aside now and then: 45 KB,
from which it goes on."""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict
from typing import Any

from tui_migrate.errors import FileDamaged, MailError
from tui_migrate.mail.mbox.octets import Octets

RAW = -15
"""Of a ZIP entry."""
GZIP = 31
SEGMENT = 1 << 22
"""Octets that are inflated and kept at once."""
_KEPT = 3
_MOST_STATES = 400
_INPUT = 1 << 18


class _State:
    """Where a segment begins: the inflater as it was there, the place of its next input, and input it has not used."""

    def __init__(self, segment: int, inflater: Any, place: int, pending: bytes) -> None:
        self.segment = segment
        self.inflater = inflater
        self.place = place
        self.pending = pending


class States:
    """Of one stream; shared by all who read it. `window`: as zlib wants it, `RAW` or `GZIP`. `crc`: what it must be, of
    a stream that does not tell that itself. `every`: after how many segments the first ones are put."""

    def __init__(self, window: int, crc: int | None = None, every: int = 16) -> None:
        self.window = window
        self._lock = threading.Lock()
        self._states = [_State(0, zlib.decompressobj(window), 0, b"")]
        self._every = every
        self._crc = crc
        self._summed, self._sum, self._wrong = 0, 0, False

    def sum_up(self, segment: int, data: bytes, *, last: bool) -> None:
        """Each segment is counted once, when it is seen after those before it. Raises FileDamaged when the last one
        shows that they are not what they must be, and from then on."""
        with self._lock:
            if self._crc is not None and segment == self._summed:
                self._summed, self._sum = segment + 1, zlib.crc32(data, self._sum)
                self._wrong = last and self._sum != self._crc
            if self._wrong:
                raise FileDamaged("A compressed file is damaged.", server_words=f"CRC {self._sum:08x}, {self._crc:08x}")

    def before(self, segment: int) -> _State:
        """The last one at or before the start of a segment."""
        with self._lock:
            state = self._states[bisect_right(self._states, segment, key=lambda each: each.segment) - 1]
            return _State(state.segment, state.inflater.copy(), state.place, state.pending)

    def put(self, segment: int, inflater: Any, place: int, pending: bytes) -> None:
        """One more, if there is none so far and not too many."""
        with self._lock:
            if segment <= self._states[-1].segment or segment % self._every:
                return
            self._states.append(_State(segment, inflater.copy(), place, pending))
            if len(self._states) > _MOST_STATES:
                self._every *= 2
                self._states = [each for each in self._states if each.segment % self._every == 0]


class Inflated:
    """What a stretch of octets holds. `size`: how many there are, if the stream keeps to what was told of it."""

    def __init__(self, inside: Octets, states: States, size: int) -> None:
        self._inside = inside
        self._states = states
        self.size = size
        self._segments: OrderedDict[int, bytes] = OrderedDict()
        self._next = self._states.before(0)

    def read(self, offset: int, size: int) -> bytes:
        """Raises FileChanged, FileDamaged."""
        stop = min(offset + size, self.size)
        pieces = []
        while offset < stop:
            segment, start = divmod(offset, SEGMENT)
            piece = self.segment(segment)[start : start + stop - offset]
            if not piece:
                raise FileDamaged("A compressed file holds less than it says.")
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def check(self) -> None:
        """Raises FileChanged."""
        self._inside.check()

    def close(self) -> None:
        """What it lies in, too."""
        self._segments.clear()
        self._inside.close()

    def segment(self, number: int) -> bytes:
        """Octets from `number` times `SEGMENT` on. Raises FileChanged, FileDamaged."""
        if number in self._segments:
            self._segments.move_to_end(number)
            return self._segments[number]
        if number != self._next.segment:
            state = self._states.before(number)
            if self._next.segment > number or state.segment > self._next.segment:
                self._next = state
        try:
            while self._next.segment < number:
                self._inflate()
            return self._inflate()
        except MailError:  # the inflater is somewhere within a segment
            self._next = self._states.before(0)
            raise

    def _inflate(self) -> bytes:
        """The next segment, which is kept. Shorter than others: the last one."""
        state, pieces, wanted = self._next, [], SEGMENT
        inflater, pending, place = state.inflater, state.pending, state.place
        try:
            while wanted:
                if inflater.eof:
                    pending = inflater.unused_data
                    if self._states.window != GZIP:
                        break
                if not pending:
                    pending = self._inside.read(place, _INPUT)
                    place += len(pending)
                if inflater.eof:  # gzip files may be put one behind the other
                    if not pending.startswith(b"\x1f"):
                        break
                    inflater = zlib.decompressobj(GZIP)
                if not pending:
                    raise FileDamaged("A compressed file was cut short.")
                piece = inflater.decompress(pending, wanted)
                pending = inflater.unconsumed_tail
                pieces.append(piece)
                wanted -= len(piece)
        except zlib.error as error:
            raise FileDamaged("A compressed file is damaged.", server_words=str(error)) from None
        data = b"".join(pieces)
        last = state.segment * SEGMENT + len(data) >= self.size or len(data) < SEGMENT
        self._states.sum_up(state.segment, data, last=last)
        self._segments[state.segment] = data
        while len(self._segments) > _KEPT:
            self._segments.popitem(last=False)
        self._next = _State(state.segment + 1, inflater, place, pending)
        self._states.put(state.segment + 1, inflater, place, pending)
        return data


def measure(inside: Octets, states: States, most: int) -> int:
    """How many octets a stream holds: it is inflated once, which leaves states behind. Raises FileDamaged where there
    are more than `most`, FileChanged."""
    stream = Inflated(inside, states, most + 1)
    size = 0
    for offset in range(0, most + 1, SEGMENT):
        data = stream.segment(offset // SEGMENT)
        size += len(data)
        if len(data) < SEGMENT:
            break
    if size > most:
        raise FileDamaged("A compressed file holds more than a file of its size can.")
    return size
