"""One end of a comparison: its folders, counted and read in other ways than copying does, and what it keeps back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

from tui_migrate.engine.audit.findings import ComparedMail
from tui_migrate.errors import MailError
from tui_migrate.mail.census import Evidence, MessageRow
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import Side
from tui_migrate.uidset import UIDS, chunks

_HEADERS_AT_ONCE, _BODIES_AT_ONCE = 5000, 1000
"""Messages between two looks at whether to go on. A folder is opened for each such piece, which costs its server a walk
over all of it."""

V = TypeVar("V")
Tell = Callable[[str, int], None]
"""Given the folder that is being read and how many more messages of it have been: may raise to end the walk."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Messages that a server says a folder holds, and does not list."""

    side: Side
    messages: int
    uids: tuple[int, ...]
    """Those of them that can be named."""
    numbers: Mapping[str, int]
    """How many there are, by the command that says so."""

    @property
    def words(self) -> str:
        """What is hidden, in words for the admin."""
        said = ", ".join(f"{way} {number}" for way, number in self.numbers.items())
        return f"{self.side}: {said}"


@dataclass(frozen=True, slots=True)
class Held:
    """What a folder holds."""

    mails: tuple[ComparedMail, ...]
    hidden: tuple[Hidden, ...] = ()
    twofold: tuple[int, ...] = ()
    """UIDs of which the server says two things."""


class End:
    """A mailbox that is logged in."""

    def __init__(
        self, side: Side, box: MailSource | MailDestination, *, deep: bool, tell: Tell, rebuilt: bool = False
    ) -> None:
        """`deep`: all octets are read. `rebuilt`: those of the other end are made anew each time, if not these."""
        self.side = side
        self.census = box.census()
        self.carries = self.census.carries
        self._rebuilt = rebuilt or self.carries.rebuilt
        self._look = box.look()
        self._deep = deep
        self._tell = tell

    def folder(self, name: bytes, display: str) -> Held:
        """The messages of a folder with their fingerprints. Raises MailError, and whatever `tell` raises."""
        rows, hidden = self.rows(name)
        named = {uid for each in hidden for uid in each.uids}
        rows += [MessageRow(uid, None, None, None) for uid in named]  # it may be handed out all the same
        self._tell(display, 0)
        uids = sorted({row.uid for row in rows})
        octets = self.read(name, display, uids) if self._deep else {}
        headers = {uid: each.header for uid, each in octets.items()}
        for piece in chunks(() if self._deep else uids, _HEADERS_AT_ONCE):
            headers |= _until_nothing_new(lambda some: self._look.headers(name, some), piece)
            self._tell(display, len(piece))
        if unread := set(uids) - headers.keys():  # gone meanwhile, or not handed out?
            gone = unread - named - {row.uid for row in self.census.rows(name, _spans(unread))}
            rows = [row for row in rows if row.uid not in gone]
        one_each = {row.uid: row for row in reversed(rows)}
        mails = tuple(
            ComparedMail(*one_each[uid], header=headers.get(uid, b""), octets=octets.get(uid))
            for uid in sorted(one_each)
        )
        twofold = tuple(uid for uid, number in Counter(row.uid for row in rows).items() if number > 1)
        return Held(mails, hidden, twofold)

    def read(self, name: bytes, display: str, uids: Sequence[int]) -> dict[int, Evidence]:
        """Read all octets of these messages, for the fingerprints that they are known by."""
        found: dict[int, Evidence] = {}
        for piece in chunks(uids, _BODIES_AT_ONCE):
            found |= _until_nothing_new(lambda some: self.census.evidence(name, some, self._rebuilt), piece)
            self._tell(display, len(piece))
        return found

    def rows(self, name: bytes) -> tuple[list[MessageRow], tuple[Hidden, ...]]:
        """What a folder lists, and what it says to hold besides. It is asked twice where that is not nothing: mail
        comes and goes meanwhile."""
        rows, hidden = self._rows(name)
        return self._rows(name) if hidden else (rows, hidden)

    def _rows(self, name: bytes) -> tuple[list[MessageRow], tuple[Hidden, ...]]:
        count = self.census.count([name])[name]
        if isinstance(count, MailError):
            raise count
        rows = self.census.rows(name)
        most = max(count.numbers.values(), default=0)
        if missing := count.uids - {row.uid for row in rows}:
            rows = sorted([*rows, *self.census.rows(name, _spans(missing))])
        while rows and len({row.uid for row in rows}) < most:  # some servers cut their answers short (RFC 9738)
            more = self.census.rows(name, _around(rows))
            new = [row for row in more if not rows[0].uid <= row.uid <= rows[-1].uid]
            if not new:
                break
            rows = sorted([*rows, *new], key=lambda row: row.uid)
        listed = {row.uid for row in rows}
        uids = count.uids - listed
        messages = max(most - len(listed), len(uids))
        if messages <= 0:
            return rows, ()
        numbers = {**count.numbers, "listed": len(listed)}
        return rows, (Hidden(self.side, messages, tuple(sorted(uids)), numbers),)


def _until_nothing_new(ask: Callable[[Sequence[int]], Mapping[int, V]], uids: Sequence[int]) -> dict[int, V]:
    """Those of these messages that are there. What an answer leaves out is asked for again while that brings some of
    it: a server that gives other UIDs each time would bring others for ever."""
    found: dict[int, V] = {}
    left = uids
    while left:
        answer = ask(left)
        new = {uid: answer[uid] for uid in left if uid in answer}
        if not new:
            break
        found |= new
        left = [uid for uid in left if uid not in new]
    return found


def _spans(uids: Set[int]) -> list[range]:
    return [range(uid, uid + 1) for uid in sorted(uids)]


def _around(rows: Sequence[MessageRow]) -> list[range]:
    """The UIDs before and behind those that were listed."""
    spans = [range(UIDS.start, rows[0].uid), range(rows[-1].uid + 1, UIDS.stop)]
    return [span for span in spans if span]
