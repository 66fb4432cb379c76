"""Whether two folders hold the same mail: multisets of messages, compared by what is in them. Pure.

A message is the same as another when its header is; what else may differ is told. Nothing here knows where a message
was copied to: UIDs are only carried along, to name the messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import NamedTuple


class Mail(NamedTuple):
    """One message as a server shows it. There may be a hundred thousand of them."""

    uid: int
    size: int
    """RFC822.SIZE: as the server says, and servers err."""
    instant: int
    """INTERNALDATE in epoch seconds, 0 when it tells none that can be read."""
    flags: frozenset[str]
    header: bytes = b""
    """Fingerprint; empty when the server lists the message and does not hand it out."""
    body: bytes = b""
    """Fingerprint of all octets; empty when they were not read."""


class Kind(StrEnum):
    """What is wrong with a message."""

    MISSING = "missing"
    DIFFERENT = "different"
    UNREAD = "not handed out"
    """A server lists it and does not hand it out, so that nothing can be said of it."""
    EXTRA = "extra"


class Aspect(StrEnum):
    """In what a message differs."""

    FLAGS = "flags"
    UNKEPT = "flags not kept"
    """Flags that the destination folder cannot keep (PERMANENTFLAGS, RFC 3501 section 7.1)."""
    DATE = "date"
    SIZE = "size"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Finding:
    """One message that is not the same at both ends."""

    kind: Kind
    source: Mail | None
    destination: Mail | None
    aspects: tuple[Aspect, ...] = ()
    unkept: frozenset[str] = frozenset()
    """Flags of the source that the destination cannot keep."""

    @property
    def lost(self) -> frozenset[str]:
        """Flags that the source has and the destination does not, though it could keep them."""
        if self.source is None or self.destination is None:
            return frozenset()
        return _without(self.source.flags, self.destination.flags) - self.unkept

    @property
    def gained(self) -> frozenset[str]:
        """Flags that the destination alone has."""
        if self.source is None or self.destination is None:
            return frozenset()
        return _without(self.destination.flags, self.source.flags)


@dataclass(frozen=True, slots=True)
class Sum:
    """Messages at both ends, and by what is wrong with them; one that differs in two ways counts in both."""

    source: int = 0
    destination: int = 0
    missing: int = 0
    extra: int = 0
    flags: int = 0
    unkept: int = 0
    date: int = 0
    size: int = 0
    bytes: int = 0
    unread: int = 0
    different: int = 0
    """Messages that differ in any way."""
    left_out: int = 0
    """Messages that are not at the destination because the admin does not want them there: nothing is wrong."""

    def __add__(self, other: Sum) -> Sum:
        return Sum(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Sum)))


def compare(source: Sequence[Mail], destination: Sequence[Mail], *, flags: bool = True) -> Iterator[Finding]:
    """What is not the same. Every message is paired once at most, with the one of its header that is most like it.
    Without `flags` these are not compared: there are none at a POP source."""
    groups: dict[bytes, tuple[list[Mail], list[Mail]]] = defaultdict(lambda: ([], []))
    for side, mails in enumerate((source, destination)):
        for mail in mails:
            if mail.header:
                groups[mail.header][side].append(mail)
            else:
                yield Finding(Kind.UNREAD, *((mail, None) if side == 0 else (None, mail)))
    for mine, theirs in groups.values():
        # Nearly every header is one message's at both ends: no need to look for what it is most like.
        pairs = zip(mine, theirs, strict=True) if len(mine) == len(theirs) == 1 else _pairs(mine, theirs)
        for one, other in pairs:
            if other is None:
                yield Finding(Kind.MISSING, one, None)
            elif one is None:
                yield Finding(Kind.EXTRA, None, other)
            elif aspects := tuple(each for each in _aspects(one, other) if flags or each is not Aspect.FLAGS):
                yield Finding(Kind.DIFFERENT, one, other, aspects)


def told_apart(finding: Finding, unkept: Set[str]) -> Finding:
    """The finding, once it is known which flags the destination cannot keep."""
    not_kept = finding.lost & unkept
    if not not_kept:
        return finding
    known = replace(finding, unkept=not_kept)
    changed = (Aspect.FLAGS,) if known.lost or known.gained else ()
    rest = tuple(aspect for aspect in finding.aspects if aspect is not Aspect.FLAGS)
    return replace(known, aspects=(*changed, Aspect.UNKEPT, *rest))


def in_words(finding: Finding) -> str:
    """In what a message differs; empty for one that has no counterpart."""
    one, other = finding.source, finding.destination
    if one is None or other is None:
        return ""
    changed = ((finding.lost, "lost"), (finding.gained, "added")) if Aspect.FLAGS in finding.aspects else ()
    told = (*changed, (finding.unkept, "cannot be kept there"))
    words = [f"{' '.join(sorted(flags))} {what}" for flags, what in told if flags]
    if Aspect.DATE in finding.aspects:
        words.append(f"date {in_utc(one.instant)}, there {in_utc(other.instant)}")
    if Aspect.SIZE in finding.aspects:
        words.append(f"size {one.size}, there {other.size}")
    if Aspect.BYTES in finding.aspects:
        words.append("other bytes")
    return "; ".join(words)


def in_utc(instant: int) -> str:
    """An INTERNALDATE as text; empty when there is none."""
    return f"{_EPOCH + timedelta(seconds=instant):%Y-%m-%d %H:%M:%S}Z" if instant else ""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def summed(source: int, destination: int, findings: Sequence[Finding], left_out: int) -> Sum:
    """The numbers of a folder with so many messages at both ends."""
    kinds = [finding.kind for finding in findings]
    aspects = [aspect for finding in findings for aspect in finding.aspects]
    return Sum(
        source,
        destination,
        missing=kinds.count(Kind.MISSING),
        extra=kinds.count(Kind.EXTRA),
        flags=aspects.count(Aspect.FLAGS),
        unkept=aspects.count(Aspect.UNKEPT),
        date=aspects.count(Aspect.DATE),
        size=aspects.count(Aspect.SIZE),
        bytes=aspects.count(Aspect.BYTES),
        unread=kinds.count(Kind.UNREAD),
        different=kinds.count(Kind.DIFFERENT),
        left_out=left_out,
    )


_SIGNS: tuple[Callable[[Mail], Hashable], ...] = (
    lambda mail: (mail.size, mail.instant, mail.flags),
    lambda mail: (mail.size, mail.instant),
    lambda mail: (mail.size, mail.flags),
    lambda mail: mail.size,
    lambda mail: (mail.instant, mail.flags),
    lambda mail: mail.instant,
    lambda mail: mail.flags,
    lambda mail: None,
)
"""What messages of one header are paired by, the surest first."""


def _pairs(mine: list[Mail], theirs: list[Mail]) -> Iterator[tuple[Mail | None, Mail | None]]:
    """Messages of one header, paired by what they have in common; None beside what is left over."""
    # Where no bodies were read they are equal, and the first half of this pairs all that there is to pair.
    for with_body, sign in product((True, False), _SIGNS):
        waiting: dict[Hashable, list[Mail]] = defaultdict(list)
        for other in reversed(theirs):
            waiting[with_body and other.body, sign(other)].append(other)
        left = []
        for one in mine:
            if queue := waiting.get((with_body and one.body, sign(one))):
                yield one, queue.pop()
            else:
                left.append(one)
        mine = left
        theirs = sorted((other for queue in waiting.values() for other in queue), key=lambda other: other.uid)
        if not mine or not theirs:
            break
    yield from ((one, None) for one in mine)
    yield from ((None, other) for other in theirs)


def _aspects(one: Mail, other: Mail) -> tuple[Aspect, ...]:
    """In what two messages of one header differ. Of the size the octets say more than a server's own number, which
    counts where they were not read."""
    read = bool(one.body and other.body)
    found = {
        Aspect.FLAGS: bool(_without(one.flags, other.flags) or _without(other.flags, one.flags)),
        Aspect.DATE: one.instant != other.instant and bool(one.instant and other.instant),
        Aspect.SIZE: one.size != other.size and not (read and one.body == other.body),
        Aspect.BYTES: read and one.body != other.body,
    }
    return tuple(aspect for aspect, differs in found.items() if differs)


def _without(flags: Set[str], others: Set[str]) -> frozenset[str]:
    """Flags that the others do not have, in whatever case (RFC 3501 section 2.3.2)."""
    known = {flag.lower() for flag in others}
    return frozenset(flag for flag in flags if flag.lower() not in known)
