"""Whether two folders hold the same mail: multisets of messages, compared by what is in them. Pure.

A message is the same as another when its octets are, where they were read, and else when its header is; what else may
differ is told. Nothing here knows where a message was copied to: UIDs are only carried along, to name the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui_migrate.engine.audit.findings import Aspect, ComparedMail, Finding, FindingKind, without
from tui_migrate.engine.audit.pairing import REWRITTEN, Pair, by_header, by_octets, paired
from tui_migrate.mail.census import Carries

_ALL = Carries()


def compare(
    source: Sequence[ComparedMail], destination: Sequence[ComparedMail], carries: Carries = _ALL
) -> Iterator[Finding]:
    """The messages that are not the same in two folders. Every message is paired once at most: with one of its octets
    where they were read, else with the one of its header that is most like it. What a source does not carry is not
    compared."""
    mine, theirs = list(source), list(destination)
    for clue in (by_octets, by_header):
        pairs, mine, theirs = paired(mine, theirs, clue, clue)
        yield from _different(pairs, carries)
    yield from (
        Finding(FindingKind.MISSING if one.header or one.octets else FindingKind.UNREAD, one, None) for one in mine
    )
    yield from (
        Finding(FindingKind.EXTRA if other.header or other.octets else FindingKind.UNREAD, None, other)
        for other in theirs
    )


def reconsidered(findings: Iterable[Finding], carries: Carries = _ALL) -> Iterator[Finding]:
    """The findings, in which a missing message and an extra one become a single one that differs, where what was read
    of them says that they are one: a destination may rewrite headers, or show others than its messages have. Each is
    paired once at most, so that what is lost stays missing."""
    mine: list[ComparedMail] = []
    theirs: list[ComparedMail] = []
    for finding in findings:
        if finding.kind is FindingKind.MISSING and finding.source and finding.source.octets:
            mine.append(finding.source)
        elif finding.kind is FindingKind.EXTRA and finding.destination and finding.destination.octets:
            theirs.append(finding.destination)
        else:
            yield finding
    for clues in REWRITTEN:
        pairs, mine, theirs = paired(mine, theirs, *clues)
        yield from _different(pairs, carries)
    yield from (Finding(FindingKind.MISSING, one, None) for one in mine)
    yield from (Finding(FindingKind.EXTRA, None, other) for other in theirs)


def differences(one: ComparedMail, other: ComparedMail, carries: Carries) -> Finding | None:
    """What is not the same in two messages that belong together."""
    aspects = _aspects(one, other, carries)
    return Finding(FindingKind.DIFFERENT, one, other, aspects) if aspects else None


def _different(pairs: Iterable[Pair], carries: Carries) -> Iterator[Finding]:
    for one, other in pairs:
        if finding := differences(one, other, carries):
            yield finding


def _aspects(one: ComparedMail, other: ComparedMail, carries: Carries) -> tuple[Aspect, ...]:
    """In what two messages differ. The octets say more of the size than a server's own number, which counts where they
    were not read; where it tells none, nobody knows that the size is the same."""
    mine, theirs = one.octets, other.octets
    same = bool(mine and theirs and mine.whole == theirs.whole)
    text_same = bool(mine and theirs and mine.text == theirs.text)
    line_end = not same and not carries.last_line_end and _but_for_line_end(one, other)
    as_is = same or line_end
    rewritten = not as_is and (
        one.header != other.header or bool(mine and theirs and text_same and mine.trimmed != theirs.trimmed)
    )
    sizes_same = one.length == other.length and one.length is not None
    found = {
        Aspect.FLAGS: one.flags is not None
        and other.flags is not None
        and bool(without(one.flags, other.flags) or without(other.flags, one.flags)),
        Aspect.DATE: one.instant is not None and other.instant is not None and one.instant != other.instant,
        Aspect.SIZE: not (as_is or sizes_same or (rewritten and text_same)),
        Aspect.HEADER: rewritten,
        Aspect.BYTES: bool(mine and theirs) and not as_is and not (rewritten and text_same),
        Aspect.UNTOLD: (carries.dates and None in (one.instant, other.instant))
        or (carries.flags and None in (one.flags, other.flags)),
        Aspect.LINE_END: line_end,
    }
    return tuple(aspect for aspect, differs in found.items() if differs and (carries.flags or aspect != Aspect.FLAGS))


def _but_for_line_end(one: ComparedMail, other: ComparedMail) -> bool:
    """True when two messages differ in the line end at their end alone, as far as octets, or else sizes, tell: CRLF, or
    a bare LF."""
    if one.length is None or other.length is None or abs(one.length - other.length) > 2:
        return False
    if one.octets and other.octets:
        return one.octets.trimmed == other.octets.trimmed
    return one.length != other.length
