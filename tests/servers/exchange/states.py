"""SyncState: what a client knows of a folder, as points in time. It is sealed, so that nobody else reads it."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import shake_128
from itertools import islice

from tests.servers.exchange.items import Change, ExchangeItem
from tests.servers.exchange.mailbox import ExchangeFolder
from tests.servers.exchange.words import Refusal


class Difference(Enum):
    """What a client has to do with an item. The values are the names of elements."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    READ = "ReadFlagChange"


@dataclass(frozen=True)
class State:
    """What is known of one folder, or of a tree of folders."""

    subject: str
    """The folder's id."""
    known: tuple[tuple[int, int], ...] = ()
    """Ranges of points in time, without the first and with the last one, in order."""
    generation: int = 0

    def holds(self, point: int) -> bool:
        """True when the client has been told of what was so then."""
        return any(after < point <= upto for after, upto in self.known)

    def sealed(self, size: int) -> str:
        """As it is given away, filled up to so many octets."""
        text = json.dumps([self.subject, self.known, self.generation]).encode()
        filling = shake_128(text).digest(max(0, size - len(text)))
        return b64encode(zlib.crc32(text).to_bytes(4, "big") + len(text).to_bytes(4, "big") + text + filling).decode()


def opened(sealed: str, subject: str, generation: int) -> State:
    """The state of a client, which has none at first. Raises Refusal."""
    if not sealed:
        return State(subject, (), generation)
    try:
        octets = b64decode(sealed, validate=True)
        text = octets[8 : 8 + int.from_bytes(octets[4:8], "big")]
        if zlib.crc32(text).to_bytes(4, "big") != octets[:4]:
            raise ValueError
        of, known, made = json.loads(text)
    except ValueError:
        raise Refusal("ErrorInvalidSyncStateData") from None
    if of != subject or made != generation:
        raise Refusal("ErrorInvalidSyncStateData")
    return State(of, tuple((after, upto) for after, upto in known), made)


def told(folder: ExchangeFolder, state: State, most: int) -> tuple[list[tuple[Difference, ExchangeItem]], State, bool]:
    """So many differences, newest first, the state of a client that has taken them, and if those are all."""
    now, different = folder.mailbox.now, _differences(folder, state)
    found = list(islice(different, most))
    if next(different, None) is None:
        return found, State(state.subject, ((0, now),), state.generation), True
    ranges = [*state.known, (found[-1][1].number - 1, now)]
    return found, State(state.subject, _joined(ranges), state.generation), False


def _differences(folder: ExchangeFolder, state: State) -> Iterator[tuple[Difference, ExchangeItem]]:
    at = len(folder.log) - 1
    while at >= 0:
        point, item = folder.log[at]
        at -= 1
        known = next((after for after, upto in state.known if after < point <= upto), None)
        if known is not None:
            at = folder.position(known) - 1
        elif point == item.number and (difference := _difference(item, state)):
            yield difference, item


def _difference(item: ExchangeItem, state: State) -> Difference | None:
    knows = any(state.holds(point) for point, _ in item.history)
    if item.gone:
        return Difference.DELETE if knows else None
    if not knows:
        return Difference.CREATE
    unknown = {change for point, change in item.history if not state.holds(point)}
    return Difference.UPDATE if Change.CONTENT in unknown else Difference.READ


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for after, upto in sorted(ranges):
        if joined and after <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], upto)
        else:
            joined.append((after, upto))
    return tuple(joined)
