"""UID sets (RFC 3501 section 9, `sequence-set`) to and from lists of numbers, order kept.

Both the wire and the journal write UIDs this way: a window of fifty neighbours is a few characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_SET = re.compile(r"\d+(?::\d+)?(?:,\d+(?::\d+)?)*", re.ASCII)
UIDS = range(1, 1 << 63)
"""All that there can be: 32 bits by RFC 3501 section 2.3.1.1, more on servers that take a key of their database."""
MOST = 1_000_000
"""UIDs in one set. More is no window of ours, and a server that says `1:4294967295` must not cost us 30 GB."""


def format_uids(uids: Iterable[int]) -> str:
    """`[1, 2, 3, 7, 5]` becomes `1:3,7,5`: ascending runs are folded, the order stays."""
    parts: list[str] = []
    first = last = None
    for uid in uids:
        if last is not None and uid == last + 1:
            last = uid
            continue
        if first is not None:
            parts.append(str(first) if first == last else f"{first}:{last}")
        first = last = uid
    if first is not None:
        parts.append(str(first) if first == last else f"{first}:{last}")
    return ",".join(parts)


def parse_uids(text: str) -> list[int]:
    """`1:3,7,5` becomes `[1, 2, 3, 7, 5]`; `3:1` means `1:3` (RFC 4315 section 3); empty text is the empty set.

    Raises ValueError on anything else, and on more than `MOST` UIDs.
    """
    uids: list[int] = []
    if not text:
        return uids
    if not _SET.fullmatch(text):
        raise ValueError(f"not a set of UIDs: {text[:80]!r}")
    for part in text.split(","):
        first, _, last = part.partition(":")
        low, high = int(first), int(last or first)
        if low > high:
            low, high = high, low
        if high - low + len(uids) >= MOST:
            raise ValueError(f"more than {MOST} UIDs: {text[:80]!r}")
        uids.extend(range(low, high + 1))
    return uids


def format_range(uids: range) -> str:
    """A range as a sequence set: `5:9`, and `5:*` where it has no end."""
    return f"{uids.start}:{'*' if uids.stop == UIDS.stop else uids.stop - 1}"


def split(uidnext: int, number: int) -> list[range]:
    """All UIDs in `number` ranges that are equally wide below this UIDNEXT; the last one has no end."""
    step = -(-uidnext // number)
    starts = range(1, uidnext, step)
    return [*(range(low, low + step) for low in starts[:-1]), range(starts[-1], UIDS.stop)]


def chunks(things: Iterable[T], limit: int) -> Iterator[list[T]]:
    """Lists of at most `limit` things, in order."""
    chunk: list[T] = []
    for each in things:
        chunk.append(each)
        if len(chunk) == limit:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
