"""One folder on its way through the reader: what is asked for at once, in which order, and what is in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tui_migrate.mail.protocols import UIDS, Listed, ListedFolder, Step

_SET_MESSAGES = 100
_SET_BYTES = 1 << 20


@dataclass(slots=True)
class Told:
    """What the server has said of a folder since it was opened; walks over parts of it that follow each other share
    this."""

    uidvalidity: int = 0
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
    listed: int = 0
    open_commands: int = 0
    ready: deque[list[Listed]] = field(default_factory=deque)
    """Sets of messages to be read next."""

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
class Command:
    """A command in flight."""

    tag: bytes
    kind: str
    walk: Walk
    text: str
    span: range = range(0)
    """UIDs of a listing. `n:*` also names the last message when it lies below n: that one is another range's."""
    wanted: dict[int, Listed] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    bytes: int = 0
    held: list[Step] = field(default_factory=list)
    """What has come of a set that is given in the opposite order: servers answer in ascending UID."""


def take_back(commands: Sequence[Command]) -> None:
    """What these commands ask for is to be asked for again, and what is answered to them means nothing."""
    for command in reversed(commands):
        if command.kind == "listing":
            command.walk.ranges.appendleft(command.span)
        elif command.kind in ("body", "confirm"):
            command.walk.ready.appendleft([*command.wanted.values()])
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
    number = -(-status.messages // most)
    step = -(-status.uidnext // number)
    starts = range(1, status.uidnext, step)
    pieces = [range(low, low + step) for low in starts[:-1]] + [range(starts[-1], UIDS.stop)]
    return pieces[::-1] if newest_first else pieces


def sets(messages: Sequence[Listed], newest_first: bool = False) -> Iterator[list[Listed]]:
    """What is asked for in one command each, in ascending UID; the set to be read first comes first."""
    current: list[Listed] = []
    size = 0
    for listed in reversed(messages) if newest_first else messages:
        if current and (len(current) >= _SET_MESSAGES or size + listed.size > _SET_BYTES):
            yield current[::-1] if newest_first else current
            current, size = [], 0
        current.append(listed)
        size += listed.size
    if current:
        yield current[::-1] if newest_first else current
