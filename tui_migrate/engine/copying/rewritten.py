"""Recognising messages that a server has rewritten: fields added, dropped, encoded, in another order. Pure.

Their headers' fingerprints say nothing, so signs do that outlast rewriting, the surest first. Each is of less weight
than a fingerprint: where more messages are wanted than there are, and they are not equal, nobody can say which of them
has arrived, and none is taken to have. What is left over is in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tui_migrate.engine.copying.match import Candidate, SoughtMessage, in_order, system_flags
from tui_migrate.model import Fingerprint, Signs

T = TypeVar("T")

_SLACK = 4096
"""Octets that a server may add to a message or take away, however small it is."""
_RATIO = 1.5
"""What another encoding of a body makes of its size, at most."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Some of the signs together: all must be there, and agree."""

    names: tuple[str, ...]
    instant: bool = False
    """The date of arrival must agree too."""
    near: bool = False
    """And the sizes, about: nothing says that the texts are one."""

    def of(self, signs: Signs, instant: int) -> Hashable:
        """What must agree; None where one of them is missing. A message without Received lines has a trace, too.
        Without names: of a message that has none of the others."""
        if not self.names and (signs.identity or signs.topic or signs.text):
            return None
        values = [getattr(signs, name) for name in self.names]
        if not all(value or name == "trace" for name, value in zip(self.names, values, strict=True)):
            return None
        return (*values, instant if self.instant else None)


WITH_TEXT = (
    Sign(("identity", "topic", "trace", "text"), instant=True),
    Sign(("identity", "topic", "trace", "text")),
    Sign(("identity", "topic", "text"), instant=True),
    Sign(("identity", "topic", "text")),
    Sign(("identity", "text")),
    Sign(("topic", "text"), instant=True),
    Sign(("topic", "text")),
    Sign(("text",), instant=True),
    Sign(("identity", "topic"), instant=True, near=True),
    Sign(("identity", "topic"), near=True),
    Sign(("topic",), instant=True, near=True),
    Sign(("identity",), instant=True, near=True),
    Sign((), instant=True, near=True),
)
"""For what may have arrived: what is wrongly taken for it is lost. The last ones are for servers that
rewrite the text too."""
SAME_TEXT = tuple(sign for sign in WITH_TEXT[:7] if "topic" in sign.names)
"""For what nobody has put on record: it may be somebody else's, or a mail of another subject that has the same text and
the same Message-ID, as that of a mailing list beside what was sent to oneself."""
WITHOUT_TEXT = (
    Sign(("identity", "topic", "trace"), instant=True, near=True),
    Sign(("identity", "topic", "trace"), near=True),
    Sign(("identity", "topic"), instant=True, near=True),
    Sign(("identity", "topic"), near=True),
    Sign(("topic",), instant=True, near=True),
    Sign(("identity",), instant=True, near=True),
    Sign(("topic",), near=True),
    Sign(("identity",), near=True),
)
"""For what is there for certain, nobody knows where: nothing has to be read for it."""


def match_rewritten(
    wanted: Sequence[SoughtMessage],
    candidates: Sequence[Candidate],
    signs: Sequence[Sign] = WITH_TEXT,
    *,
    whichever: bool = False,
) -> dict[int, int]:
    """Which wanted message is which candidate: key to UID. Equals pair up in order.

    A candidate that fits several which are not equal is theirs: no weaker sign gives it to another one. `whichever`: it
    does not matter which of them it is, all have arrived.
    """
    found: dict[int, int] = {}
    open_wanted = in_order(each for each in wanted if each.fingerprint.signs)
    open_candidates = sorted(candidates, key=lambda each: each.uid)
    for sign in signs:
        queues = _grouped(open_candidates, lambda c: sign.of(c.head.signs, c.instant or 0))  # noqa: B023 - used at once
        contested: set[int] = set()
        for key, mine in _grouped(open_wanted, lambda w: sign.of(_signs(w), w.fingerprint.instant)).items():  # noqa: B023
            fitting = [each for each in queues.get(key, []) if any(_may_be(w, each, sign) for w in mine)]
            if len(fitting) >= len(mine) or whichever or _equal(mine):
                found |= _paired(mine, fitting, sign)
            else:
                contested |= {each.uid for each in fitting}
        claimed = set(found.values()) | contested
        open_wanted = [each for each in open_wanted if each.key not in found]
        open_candidates = [each for each in open_candidates if each.uid not in claimed]
    return found


def worth_reading(wanted: Sequence[SoughtMessage], candidates: Sequence[Candidate]) -> list[int]:
    """UIDs of candidates that may be one of these, and whose texts can tell."""
    looked_for = [each for each in wanted if each.fingerprint.signs]
    identities = {_signs(each).identity for each in looked_for}
    topics = {_signs(each).topic for each in looked_for} - {b""}
    instants = {each.fingerprint.instant for each in looked_for} - {0}
    nameless = b"" in identities
    return [
        c.uid
        for c in candidates
        if (not c.head.signs.identity or nameless or c.head.signs.identity in identities)
        and (c.head.signs.topic in topics or c.instant in instants or c.head.signs.identity in identities - {b""})
    ]


def akin(some: Mapping[int, Signs], others: Iterable[Signs]) -> set[int]:
    """Those whose headers say that they may be one of the others: keys of `some`."""
    topics: dict[bytes, set[bytes]] = defaultdict(set)
    identities = set()
    for each in others:
        identities.add(each.identity)
        topics[each.topic].add(each.identity)
    return {
        key
        for key, each in some.items()
        if (each.identity and each.identity in identities)
        or (each.topic and each.topic in topics and (not each.identity or b"" in topics[each.topic]))
    }


def with_texts(candidates: Sequence[Candidate], read: Mapping[int, Fingerprint]) -> list[Candidate]:
    """The candidates with the signs of those that were read meanwhile."""
    return [
        replace(c, head=replace(c.head, signs=read[c.uid].signs or c.head.signs)) if c.uid in read else c
        for c in candidates
    ]


def _grouped(several: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    """Messages by their keys, without those that have none."""
    groups = defaultdict(list)
    for each in several:
        if (found := key(each)) is not None:
            groups[found].append(each)
    return groups


def _paired(mine: Sequence[SoughtMessage], fitting: Sequence[Candidate], sign: Sign) -> dict[int, int]:
    """Pairs of these messages, those with equal flags first: of twins these belong together."""
    found: dict[int, int] = {}
    left = list(fitting)
    for by_flags in (True, False):
        for wanted in mine:
            alike = (
                c
                for c in left
                if _may_be(wanted, c, sign) and (not by_flags or system_flags(wanted.flags) == system_flags(c.flags))
            )
            if wanted.key not in found and (one := next(alike, None)):
                found[wanted.key] = one.uid
                left.remove(one)
    return found


def _may_be(wanted: SoughtMessage, candidate: Candidate, sign: Sign) -> bool:
    """False where something speaks against it: two Message-IDs, sizes far apart, or that it was there before."""
    if candidate.uid < wanted.low_uid:
        return False
    one, other = _signs(wanted).identity, candidate.head.signs.identity
    if one and other and one != other:
        return False
    return not sign.near or _near(wanted.fingerprint.length, candidate.size)


def _near(one: int, other: int) -> bool:
    low, high = sorted((one, other))
    return high - low <= _SLACK or high <= low * _RATIO


def _equal(mine: Sequence[SoughtMessage]) -> bool:
    """True when it does not matter which of them has arrived."""
    return len({each.fingerprint.body for each in mine}) == 1


def _signs(wanted: SoughtMessage) -> Signs:
    return wanted.fingerprint.signs or Signs()
