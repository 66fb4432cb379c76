"""In what two mailboxes differ, message by message. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.matrix.reader import INBOX, Mailbox, Message, Path

_KEYS: tuple[Callable[[Message], Hashable], ...] = (
    lambda each: (each.octets, each.flags, each.instant),
    lambda each: (each.octets, _of_the_system(each.flags), each.instant),
    lambda each: (each.octets, each.instant),
    lambda each: (each.octets, each.flags),
    lambda each: each.octets,
    lambda each: (_gist(each.octets), each.flags, each.instant),
    lambda each: (_gist(each.octets), each.instant),
    lambda each: _gist(each.octets),
    lambda each: (_told(each.octets), each.instant),
    lambda each: _told(each.octets),
)
"""By what a message is found again at the destination: the surest first."""


@dataclass
class Difference:
    """In one folder."""

    absent: bool = False
    """The destination has no such folder."""
    missing: list[Message] = field(default_factory=list)
    extra: list[Message] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    """Messages by the flag that they have at the source alone."""
    gained: Counter[str] = field(default_factory=Counter)
    flags: int = 0
    """Messages whose flags are not the same."""
    dates: list[tuple[int, int]] = field(default_factory=list)
    octets: list[tuple[bytes, bytes]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.absent or self.missing or self.extra or self.flags or self.dates or self.octets)


def compare(source: Mailbox, destination: Mailbox, names: Mapping[Path, Path]) -> dict[Path, Difference]:
    """By source folder. `names`: what each source folder is called at the destination. A folder of the destination
    alone stands under its own name: it is no source folder's."""
    found = {
        path: _compare_folder(messages, destination.folders.get(names[path]))
        for path, messages in source.folders.items()
    }
    others = destination.folders.keys() - {*names.values(), INBOX}
    alone = {path: Difference(extra=destination.folders[path]) for path in others}
    return {path: each for path, each in {**alone, **found}.items() if each or path in others}


def _compare_folder(source: Iterable[Message], destination: Iterable[Message] | None) -> Difference:
    found = Difference(absent=destination is None)
    left, there = list(source), list(destination or ())
    for key in _KEYS:
        waiting: dict[Hashable, list[Message]] = {}
        for each in there:
            waiting.setdefault(key(each), []).append(each)
        rest = []
        for one in left:
            partners = waiting.get(key(one))
            if partners:
                _note(found, one, partners.pop(0))
            else:
                rest.append(one)
        left, there = rest, [each for some in waiting.values() for each in some]
    found.missing, found.extra = left, there
    return found


def _note(found: Difference, one: Message, other: Message) -> None:
    found.lost.update(one.flags - other.flags)
    found.gained.update(other.flags - one.flags)
    found.flags += one.flags != other.flags
    if one.instant != other.instant:
        found.dates.append((one.instant, other.instant))
    if one.octets != other.octets:
        found.octets.append((one.octets, other.octets))


def _of_the_system(flags: frozenset[str]) -> frozenset[str]:
    return frozenset(each for each in flags if each.startswith("\\"))


def _gist(octets: bytes) -> bytes:
    """What is left of a message by any server: its letters and digits but X, which Cyrus puts for others."""
    return re.sub(rb"[^0-9A-WYZa-z]+", b"", octets)


def _told(octets: bytes) -> tuple[bytes, bytes]:
    """Message-ID or subject, and the text: what is left by a server that adds fields of its own."""
    header, _, text = re.sub(rb"\r*\n|\r", b"\n", b"\n" + octets).partition(b"\n\n")
    found = re.search(rb"^(?:Message-ID|Subject):.*", header, re.IGNORECASE | re.MULTILINE)
    return _gist(found[0] if found else b""), _gist(text)


def called(path: Path, renamed: Mapping[str, str], source: Mailbox, destination: Mailbox) -> Path:
    """What a source folder is called at the destination, after what the program said of it and of those above it."""
    if path == INBOX:
        return path
    for depth in range(len(path), 0, -1):
        if (name := renamed.get("/".join(path[:depth]))) is not None:
            return (*name.split("/"), *path[depth:])
    if destination.prefixed and not source.prefixed and path[0] == "INBOX":
        return path[1:]  # there, a folder below INBOX is a folder like the others
    return path
