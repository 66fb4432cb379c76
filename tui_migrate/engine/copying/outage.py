"""A server that refuses one message after the other, and names no fault of any of them: it is ill, not they."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from tui_migrate.errors import MessageRefused, Throttled

_VARIES = re.compile(r"[0-9a-f]*\d[0-9a-f]*|<[^>]*>", re.I)
"""In a server's words: numbers, ids, addresses."""

Fail = Callable[[], None]
"""Notes a message's failure."""


@dataclass(slots=True)
class _Refused:
    """What a message has met with."""

    times: int = 0
    taken: int = 0
    """Messages that the server had taken before."""
    failed: bool = False
    """True when it has failed in an earlier run: that it is refused again says nothing of how the server is."""


@dataclass(slots=True)
class Outage:
    """The refusals of one end of an account, over all its runs and lanes. Thread-safe.

    A refusal is the message's own when it says so, when the server has taken others since it refused this message
    before, or when that has been tried often enough. Of the others a few in a row are an outage: the account waits, and
    tries one message before it goes on.
    """

    side: str
    """`source` or `destination`."""
    most: int
    """Refusals in a row that may be the messages' own."""
    tries: int
    """Refusals of one message, after which it is given up."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _row: list[tuple[Hashable, Fail]] = field(default_factory=list, init=False)
    _gist: str = field(default="", init=False)
    _before: dict[Hashable, _Refused] = field(default_factory=dict, init=False)
    _taken: int = field(default=0, init=False)
    lasts: bool = field(default=False, init=False)
    """True when it has ended the last run, and nothing has been taken since."""

    def took(self, messages: int = 1) -> None:
        """Note that the server has taken messages (or handed them out): what it refused before was those messages'
        own."""
        with self._lock:
            self._taken += messages
            self.lasts = False
            row = self._row
            if row:
                self._row = []
        for _, fail in row:
            fail()

    def doubtful(self) -> set[Hashable]:
        """The messages that were refused before."""
        with self._lock:
            return {*self._before}

    def refused(self, key: Hashable, error: MessageRefused, fail: Fail, *, failed: bool = False) -> Throttled | None:
        """Note that a message was refused: `fail` is called now, later, or never. Returns the outage, when it is one:
        the messages that were refused in it are to be tried again, the others first. `failed`: the message has failed
        in an earlier run."""
        with self._lock:
            before = self._before.setdefault(key, _Refused(failed=failed))
            own = error.own or before.times + 1 >= self.tries or (before.times and self._taken > before.taken)
            if not own:
                gist = _VARIES.sub("", error.server_words)
                ended, self._row = (self._row, []) if gist != self._gist else ([], self._row)
                self._gist = gist
                before.times, before.taken = before.times + 1, self._taken
                self._row.append((key, fail))
                is_outage = self.lasts or sum(not self._before[each].failed for each, _ in self._row) >= self.most
                if is_outage:
                    self._row = []
                    self.lasts = True
        if own:
            fail()
            return None
        for _, each in ended:
            each()
        return self._outage(error) if is_outage else None

    def over(self) -> None:
        """Note that nothing more comes: what is still open was the messages' own."""
        with self._lock:
            row, self._row = self._row, []
        for _, fail in row:
            fail()

    def broken_off(self) -> None:
        """Note that the run was broken off: what is still open will be tried again."""
        with self._lock:
            self._row = []

    def _outage(self, error: MessageRefused) -> Throttled:
        sentence = f"The {self.side} refuses one message after the other and names no fault in any of them."
        return Throttled(sentence, server_words=error.server_words, command=error.command)
