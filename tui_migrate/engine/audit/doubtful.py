"""Messages of which header and size are not the last word: they are read, and what was found of them is settled.

A server's size may be an estimate, or none; its header may not be that of the message; a destination may have written
another. What is lost is never explained away: messages are paired one with one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from tui_migrate.engine.audit.compare import differences, reconsidered
from tui_migrate.engine.audit.findings import Aspect, ComparedMail, Finding, FindingKind
from tui_migrate.mail.census import Carries, Evidence

Read = Callable[[Sequence[int]], Mapping[int, Evidence]]
"""Reads messages of one folder at one end, by UID."""
_OF_OCTETS = {Aspect.SIZE, Aspect.HEADER, Aspect.BYTES}


def settled(
    found: Sequence[Finding], ends: tuple[Read, Read], carries: Carries, is_left_out: Callable[[Finding], bool]
) -> tuple[list[Finding], int]:
    """The findings once what is doubtful was read at both ends; and how many messages of the source were found to be
    the same by that. `is_left_out`: the admin does not want this message, so that nobody looks for it."""
    doubtful = [*filter(_is_of_size, found), *_alike([each for each in found if not is_left_out(each)])]
    uids = [each.source.uid for each in doubtful if each.source]
    others = [each.destination.uid for each in doubtful if each.destination]
    if not uids or not others:
        return [*found], 0
    mine, theirs = ends[0](uids), ends[1](others)
    read = [_with_octets(each, mine, theirs) for each in found]
    after = [*map(_size_says_it, reconsidered(_compared_again(read, carries), carries))]
    wrong = {
        each.source.uid
        for each in after
        if each.source and (each.kind is not FindingKind.DIFFERENT or not _OF_OCTETS.isdisjoint(each.aspects))
    }
    return after, len(mine.keys() - wrong)


def _is_of_size(finding: Finding) -> bool:
    return Aspect.SIZE in finding.aspects


def _alike(found: Sequence[Finding]) -> list[Finding]:
    """Missing and extra messages that may be the same ones: all where there are about as many of both, as at a
    destination that rewrites headers, and else those of one date."""
    missing = [each for each in found if each.kind is FindingKind.MISSING]
    extra = [each for each in found if each.kind is FindingKind.EXTRA]
    if len(missing) > 2 * len(extra):
        instants = {each.destination.instant for each in extra if each.destination}
        missing = [each for each in missing if each.source and each.source.instant in instants]
    return [*missing, *extra] if missing and extra else []


def _with_octets(finding: Finding, mine: Mapping[int, Evidence], theirs: Mapping[int, Evidence]) -> Finding:
    return replace(finding, source=_read(finding.source, mine), destination=_read(finding.destination, theirs))


def _read(mail: ComparedMail | None, octets: Mapping[int, Evidence]) -> ComparedMail | None:
    return mail and mail._replace(octets=octets.get(mail.uid))


def _compared_again(found: Sequence[Finding], carries: Carries) -> Iterator[Finding]:
    for each in found:
        one, other = each.source, each.destination
        if one and other and one.octets and other.octets:
            if again := differences(one, other, carries):
                yield again
        else:
            yield each


def _size_says_it(finding: Finding) -> Finding:
    """The finding without what goes without saying: that the bytes of messages with different sizes differ."""
    if Aspect.SIZE not in finding.aspects:
        return finding
    return replace(finding, aspects=tuple(each for each in finding.aspects if each is not Aspect.BYTES))
