"""What is not the same in two folders: messages, what is wrong with them, numbers, and words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from tui_migrate.mail.census import Evidence


class ComparedMail(NamedTuple):
    """One message as a server shows it; None: it does not tell. There may be a hundred thousand of them."""

    uid: int
    size: int | None
    """RFC822.SIZE: as the server says, and servers err."""
    instant: int | None
    """INTERNALDATE in epoch seconds."""
    flags: frozenset[str] | None
    header: bytes = b""
    """Fingerprint; empty when the server lists the message and does not hand it out."""
    octets: Evidence | None = None
    """Of all octets, where they were read."""

    @property
    def length(self) -> int | None:
        """Octets of the message, as it was read, or else as the server says."""
        return self.octets.length if self.octets else self.size


class FindingKind(StrEnum):
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
    HEADER = "header"
    """It was rewritten; the message is known by its text, its Message-ID, or its date and subject."""
    BYTES = "bytes"
    UNTOLD = "not told"
    """One end does not tell its date, or its flags: nobody can say that they are the same."""
    LINE_END = "last line end"
    """And nothing else, where the source's protocol puts one at the end of every message."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One message that is not the same at both ends."""

    kind: FindingKind
    source: ComparedMail | None
    destination: ComparedMail | None
    aspects: tuple[Aspect, ...] = ()
    unkept: frozenset[str] = frozenset()
    """Flags of the source that the destination cannot keep."""

    @property
    def mild(self) -> bool:
        """True when the message is there, and only flags or a date are not as they were."""
        return self.kind is FindingKind.DIFFERENT and {*self.aspects} <= {Aspect.UNKEPT, Aspect.DATE}

    @property
    def lost(self) -> frozenset[str]:
        """Flags that the source has and the destination does not, though it could keep them."""
        if self.source is None or self.destination is None:
            return frozenset()
        return without(self.source.flags or (), self.destination.flags) - self.unkept

    @property
    def gained(self) -> frozenset[str]:
        """Flags that the destination alone has."""
        if self.source is None or self.destination is None:
            return frozenset()
        return without(self.destination.flags or (), self.source.flags)


@dataclass(frozen=True, slots=True)
class Sum:
    """Messages in numbers."""

    source: int = 0
    destination: int = 0
    wrong: Counter[FindingKind | Aspect] = field(default_factory=Counter)
    """By what is wrong with them; one that differs in two ways counts in both."""
    left_out: int = 0
    """That are not at the destination because the admin does not want them there: nothing is wrong."""
    line_ends: int = 0
    """That are the same but for the last line end, which the source's protocol adds: nothing is wrong."""
    weighed: int = 0
    """Whose octets were read and found the same, because a server tells a wrong size for them or none."""

    def __add__(self, other: Sum) -> Sum:
        return Sum(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Sum)))


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
        words.append(f"size {_told(one.length)}, there {_told(other.length)}")
    if Aspect.HEADER in finding.aspects:
        words.append("header rewritten")
    if Aspect.BYTES in finding.aspects:
        words.append("other bytes")
    if Aspect.UNTOLD in finding.aspects:
        words += _untold(one, other)
    return "; ".join(words)


def _told(size: int | None) -> str:
    return "not told" if size is None else str(size)


def _untold(one: ComparedMail, other: ComparedMail) -> Iterator[str]:
    for what, mine, theirs in (("date", one.instant, other.instant), ("flags", one.flags, other.flags)):
        where = [side for side, told in (("the source", mine), ("the destination", theirs)) if told is None]
        if where:
            known = in_utc(other.instant) if what == "date" else ""
            yield f"{what} not told by {' and '.join(where)}" + (f", there {known}" if known else "")


def in_utc(instant: int | None) -> str:
    """An INTERNALDATE as text; empty when there is none."""
    return "" if instant is None else f"{_EPOCH + timedelta(seconds=instant):%Y-%m-%d %H:%M:%S}Z"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def summed(source: int, destination: int, findings: Iterable[Finding], **more: int) -> Sum:
    """The numbers of a folder with so many messages at both ends; `more`: what is no finding."""
    wrong: Counter[FindingKind | Aspect] = Counter()
    for finding in findings:
        wrong.update((finding.kind, *finding.aspects))
    return Sum(source, destination, wrong, **more)


def without(flags: Iterable[str], others: Set[str] | None) -> frozenset[str]:
    """Flags that the others do not have, in whatever case (RFC 3501 section 2.3.2)."""
    known = {flag.lower() for flag in others or ()}
    return frozenset(flag for flag in flags if flag.lower() not in known)
