"""Recognising messages by fingerprint, as multisets: every message there is claimed once. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from tui_migrate.mail.looking import Present
from tui_migrate.mail.message import Head
from tui_migrate.model import Fingerprint

UNKNOWN_BODY = bytes(16)
"""The body fingerprint of a message that was recognised without reading it."""


@dataclass(frozen=True, slots=True)
class SoughtMessage:
    """A message that may be there. `key` is its source UID, or whatever the caller knows it by."""

    key: int
    fingerprint: Fingerprint
    flags: frozenset[str] = frozenset()
    low_uid: int = 0
    """It lies under no lower UID: those were there before it was sent."""


@dataclass(frozen=True, slots=True)
class Candidate(Present):
    """A message that is there, and its header. Its text's sign is empty until it is read."""

    head: Head
    body: bytes | None = None
    """None until it is read, which is only done where two differ in nothing else."""


def in_prints_of_today(wanted: Sequence[SoughtMessage], candidates: Sequence[Candidate]) -> list[SoughtMessage]:
    """Headers that a journal of 0.1 has noted, as they are known today. Equal ones stay equal."""
    today = {candidate.head.first_print: candidate.head.print for candidate in candidates}
    return [
        replace(each, fingerprint=replace(each.fingerprint, header=header))
        if (header := today.get(each.fingerprint.header))
        else each
        for each in wanted
    ]


def in_bodies_of_today(wanted: Sequence[SoughtMessage], read: Iterable[Fingerprint]) -> list[SoughtMessage]:
    """Bodies that a journal of 0.1 has noted, as those that were `read` are known today. Equal ones stay equal."""
    today = {each.first_body: each.body for each in read}
    return [
        replace(each, fingerprint=replace(each.fingerprint, body=body))
        if (body := today.get(each.fingerprint.body))
        else each
        for each in wanted
    ]


def needs_bodies(wanted: Sequence[SoughtMessage], candidates: Sequence[Candidate]) -> list[int]:
    """UIDs of candidates of which the header does not say who they are: it belongs to several messages with different
    bodies, or to more candidates than are wanted.

    Monitoring mails that differ in the body only are common: without their bodies the wrong one might be sent again.
    """
    bodies: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    for each in wanted:
        bodies[each.fingerprint.header][each.fingerprint.body] += 1
    there = Counter(candidate.head.print for candidate in candidates)
    unsure = {
        header
        for header, mine in bodies.items()
        if len(mine) > 1 or (there[header] > mine.total() and UNKNOWN_BODY not in mine)
    }
    return [c.uid for c in candidates if c.head.print in unsure and c.body is None]


def match(wanted: Sequence[SoughtMessage], candidates: Sequence[Candidate]) -> dict[int, int]:
    """Which wanted message is which candidate: key to UID. The surest sign is tried first; equals pair up in order.

    The header must agree. Beside it the body decides where it was read, then size and date together, then one of them
    alone: servers rewrite line ends (size) and refuse dates in the future. Flags never keep two apart, a user may have
    changed them; but of twins the ones with equal flags belong together. Of equals the one that was sent last chooses
    first, and each takes the lowest UID that it may: so most of them find one, and most is left to the others.
    """
    signs: tuple[tuple[Callable[[Fingerprint], Hashable], Callable[[Candidate], Hashable]], ...] = (
        (lambda f: (f.header, f.body, f.instant), lambda c: (c.head.print, c.body, c.instant)),
        (lambda f: (f.header, f.body), lambda c: (c.head.print, c.body)),
        (lambda f: (f.header, f.length, f.instant), lambda c: (c.head.print, c.size, c.instant)),
        (lambda f: (f.header, f.length), lambda c: (c.head.print, c.size)),
        (lambda f: (f.header, f.instant), lambda c: (c.head.print, c.instant)),
    )
    found: dict[int, int] = {}
    open_wanted = in_order(wanted)
    open_candidates = sorted(candidates, key=lambda each: each.uid)
    known_bodies = {(each.fingerprint.header, each.fingerprint.body) for each in wanted}
    for (number, (of_wanted, of_candidate)), flags_of in product(enumerate(signs), (system_flags, _no_flags)):
        waiting: dict[Hashable, list[Candidate]] = defaultdict(list)
        for candidate in reversed(open_candidates):
            # A body that was read and is another message's proves that the candidate is none of ours with that header.
            if number < 2 or candidate.body is None or (candidate.head.print, candidate.body) not in known_bodies:
                waiting[of_candidate(candidate), flags_of(candidate.flags)].append(candidate)
        for each in open_wanted:
            queue = waiting.get((of_wanted(each.fingerprint), flags_of(each.flags)), [])
            at = next((n for n in range(len(queue) - 1, -1, -1) if queue[n].uid >= each.low_uid), None)
            if at is not None:
                found[each.key] = queue.pop(at).uid
        claimed = set(found.values())
        open_wanted = [each for each in open_wanted if each.key not in found]
        open_candidates = [each for each in open_candidates if each.uid not in claimed]
    return found


def in_order(wanted: Iterable[SoughtMessage]) -> list[SoughtMessage]:
    """As they choose."""
    return sorted(wanted, key=lambda each: (-each.low_uid, each.key))


def with_bodies(candidates: Sequence[Candidate], read: Mapping[int, Fingerprint]) -> list[Candidate]:
    """The candidates with the bodies of those that were read meanwhile."""
    return [replace(c, body=read[c.uid].body) if c.uid in read else c for c in candidates]


def system_flags(flags: frozenset[str]) -> Hashable:
    """The flags that every server keeps."""
    return frozenset(flag for flag in flags if flag.startswith("\\"))


def _no_flags(_: frozenset[str]) -> Hashable:
    return None
