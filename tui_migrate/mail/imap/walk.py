"""One folder on its way through the reader: what is asked for at once, in which order, and what is in flight."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from tui_migrate.errors import MailError
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.flags import parse_flags
from tui_migrate.mail.message import guess_internal_date, parse_internal_date
from tui_migrate.mail.protocols import Listed, ListedFolder, Step
from tui_migrate.uidset import UIDS, format_range, format_uids, split

_SET_MESSAGES = 100
_SET_BYTES = 1 << 20
_LONGEST_FLAGS, _LONGEST_KEYWORD, _MOST_KEYWORDS = 4096, 255, 2000
BEYOND = b"(keywords-beyond-what-is-read)"
"""Stands for them among a message's flags: no destination keeps it, so it is named like all that is not kept."""
_LONGEST_DATE = 100
_UNKNOWN_SIZE = 1 << 16
"""Octets that a message is taken for while it is asked for, where its size is not told."""

UidSet = range | list[int]

LISTING = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
FORMS = ("(UID BODY.PEEK[])", "(UID BODY.PEEK[])", "(UID RFC822.PEEK)")
"""How a message is asked for, and asked for again. RFC822.PEEK is that of RFC 1730: some know it better."""


class MessageRows(dict[int, Fetched]):
    """A listing by UID. Servers tell the items of a message in any number of replies."""

    def gather(self, uid: int, fetched: Fetched) -> None:
        """Add to what has come of this message."""
        row = self.setdefault(uid, fetched)
        if row is not fetched:
            row.flags = fetched.flags if fetched.flags is not None else row.flags
            row.date = fetched.date if fetched.date is not None else row.date
            row.size = fetched.size if fetched.size is not None else row.size


@dataclass(slots=True)
class Told:
    """What the server has said of a folder since it was opened; walks over parts of it that follow each other share
    this."""

    uidvalidity: int = 0
    uidnext: int | None = None
    exists: int = 0
    """Messages that the folder says it holds, less those expunged since."""
    listed: int = 0
    refused: bool = False


@dataclass(slots=True)
class Walk:
    """One folder on its way through the reader."""

    folder: ListedFolder
    ranges: deque[range]
    """UIDs whose listing is not asked for yet."""
    told: Told = field(default_factory=Told)
    listed: array[int] = field(default_factory=lambda: array("Q"))
    """UIDs."""
    nameless: int = 0
    """Messages that were listed without a UID that can be used."""
    limited: bool = False
    """True when an answer was cut short again and again, and what is left may not be at its ends (RFC 9738)."""
    counted: bool = False
    """True when what it holds has been asked for in another way too."""
    opened_again: bool = False
    """True when it was opened once more to be counted."""
    refusal: MailError | None = None
    """Why part of it was not listed."""
    open_commands: int = 0
    ready: deque[list[Listed]] = field(default_factory=deque)
    """Sets of messages to be read next."""
    alone: bool = False
    """Its messages are read one by one, with nothing else under way."""
    tries: dict[int, int] = field(default_factory=dict)
    """How often a message was asked for and did not come."""
    empty: set[int] = field(default_factory=set)
    """Messages that have come without an octet."""
    doubtful: dict[int, Listed] = field(default_factory=dict)
    """What has not come, though nothing was refused: a new listing says whether it is gone."""

    def missed(self, listed: Listed) -> None:
        """Note that a message has not come."""
        self.tries[listed.uid] = self.tries.get(listed.uid, 0) + 1

    def goes_on(self, before: Walk | None) -> bool:
        """True when the folder is open, for a walk over another part of it: opening a huge one costs the server
        much."""
        if before is None or before.folder.name != self.folder.name:
            return False
        if self.told.uidvalidity not in (0, before.told.uidvalidity):
            return False
        self.told = before.told
        return True


@dataclass(slots=True)
class ReadCommand:
    """A command in flight."""

    tag: bytes
    kind: str
    """`examine`, `listing`, `body`, `again` (a new listing of what has not come), `search` (for what that does not show
    either), `count` (a search for all), `recount` (behind a new EXAMINE), or `void`."""
    walk: Walk
    text: str
    span: Container[int] = range(0)
    """UIDs of a listing. `n:*` also names the last message when it lies below n: that one is another range's."""
    wanted: dict[int, Listed] = field(default_factory=dict)
    rows: MessageRows = field(default_factory=MessageRows)
    """What has come of a listing."""
    seen: set[int] = field(default_factory=set)
    before: set[int] = field(default_factory=set)
    """What had come before, where this command asks for the rest of an answer that was cut short."""
    bytes: int = 0
    held: list[Step] = field(default_factory=list)
    """What has come of a set that is given in the opposite order: servers answer in ascending UID."""

    def missing(self) -> list[int]:
        """What was asked for and has not come."""
        return [uid for uid in self.wanted if uid not in self.seen]


def listed_row(uid: int, row: Fetched) -> Listed:
    """A message as the listing shows it, with what it does not tell left open."""
    date = parse_internal_date(row.date) if row.date else None
    told = row.date if row.date and date is None else b""
    text, instant = date or (guess_internal_date(told) if told else None) or (b"", 0)
    return Listed(uid, parse_flags(_bounded(row.flags or b"")), text, instant, row.size or 0, told[:_LONGEST_DATE])


def _bounded(flags: bytes) -> bytes:
    """A server's words, cut where they are too many: a broken server must not fill the memory with them."""
    if len(flags) <= _LONGEST_FLAGS:
        return flags
    words = flags.split()
    kept = [word for word in words if len(word) <= _LONGEST_KEYWORD][:_MOST_KEYWORDS]
    return b" ".join(kept if len(kept) == len(words) else [*kept, BEYOND])


def take_back(commands: Sequence[ReadCommand]) -> None:
    """What these commands ask for is to be asked for again, and what is answered to them means nothing."""
    for command in reversed(commands):
        match command.kind, command.span:
            case "listing", range() as span:
                command.walk.ranges.appendleft(span)
            case (("listing" | "count"), _):
                command.walk.counted = False
            case "recount", _:
                command.walk.opened_again = False
            case "body", _:
                command.walk.ready.appendleft([*command.wanted.values()])
            case (("again" | "search"), _):
                command.walk.doubtful |= command.wanted
        command.kind = "void"


def ranges(folder: ListedFolder, most: int, newest_first: bool = False) -> list[range]:
    """UID ranges of about `most` messages each, so that a huge folder's listing is never held as a whole."""
    if folder.chosen is not None or folder.changes is not None:
        return []
    if folder.uids is not None:
        return [folder.uids]
    status = folder.status
    if status is None or status.uidnext is None or not most < status.messages < status.uidnext:
        return [UIDS]
    pieces = split(status.uidnext, -(-status.messages // most))
    return pieces[::-1] if newest_first else pieces


def rest(span: range, uids: Iterable[int]) -> list[range]:
    """What is left of a range below and above these UIDs, which are all that has come of it: servers that cut an answer
    short begin at either end."""
    low, high = min(uids), max(uids)
    return [each for each in (range(span.start, low), range(high + 1, span.stop)) if each]


def set_text(uids: UidSet) -> str:
    """Messages as a sequence set of their UIDs."""
    return format_range(uids) if isinstance(uids, range) else format_uids(uids)


def left_over(uids: UidSet, come: Set[int], *, ok: bool) -> list[UidSet]:
    """What is to be asked for after a server has said that so many messages are too many for one command (RFC 9738).
    Nothing: all has come, or it cannot be asked for less."""
    if isinstance(uids, range):
        inside = [uid for uid in come if uid in uids]
        if ok:
            return [*rest(uids, inside)] if inside else []
        pieces = halves(uids, None)
        return [*pieces] if len(pieces) > 1 else []
    left = [uid for uid in uids if uid not in come]
    if ok:
        return [left] if left and len(left) < len(uids) else []
    middle = len(left) // 2
    return [left[:middle], left[middle:]] if middle else []


def halves(span: range, uidnext: int | None) -> list[range]:
    """A range of UIDs in two, where its messages are too many for one answer."""
    top = min(span.stop, uidnext) if uidnext and uidnext > span.start + 1 else span.stop
    middle = (span.start + top) // 2
    return [range(span.start, middle), range(middle, span.stop)] if middle > span.start else [span]


def sets(messages: Sequence[Listed], newest_first: bool = False, most: int = _SET_MESSAGES) -> Iterator[list[Listed]]:
    """Messages in sets that one command each asks for, in ascending UID; the set to be read first comes first."""
    current: list[Listed] = []
    octets = 0
    for listed in reversed(messages) if newest_first else messages:
        size = listed.size or _UNKNOWN_SIZE
        if current and (len(current) >= most or octets + size > _SET_BYTES):
            yield current[::-1] if newest_first else current
            current, octets = [], 0
        current.append(listed)
        octets += size
    if current:
        yield current[::-1] if newest_first else current
