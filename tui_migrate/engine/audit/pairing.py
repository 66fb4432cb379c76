"""Which message of one folder is which of another: by a clue that two share, then by what is most alike. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

from tui_migrate.engine.audit.findings import ComparedMail

Clue = Callable[[ComparedMail], Hashable]
"""What two messages have in common that are one; None when a message does not have it."""
Pair = tuple[ComparedMail, ComparedMail]


def by_octets(mail: ComparedMail) -> Hashable:
    return mail.octets.whole if mail.octets else None


def by_header(mail: ComparedMail) -> Hashable:
    return mail.header or None


def _by_id_and_text(mail: ComparedMail) -> Hashable:
    octets = mail.octets
    return (octets.message_id, octets.text) if octets and octets.message_id else None


def _by_topic_and_text(mail: ComparedMail) -> Hashable:
    octets = mail.octets
    return (octets.topic, octets.text) if octets and octets.topic else None


def _by_text_and_date(mail: ComparedMail) -> Hashable:
    octets = mail.octets
    return (octets.text, mail.instant) if octets and octets.text and mail.instant is not None else None


def _by_text_and_date_alone(mail: ComparedMail) -> Hashable:
    """The clue of a message that has nothing else to be known by. Many a text is that of several messages."""
    octets = mail.octets
    return _by_text_and_date(mail) if octets and not octets.message_id and not octets.topic else None


def _by_id_and_topic(mail: ComparedMail) -> Hashable:
    octets = mail.octets
    return (octets.message_id, octets.topic) if octets and octets.message_id and octets.topic else None


REWRITTEN: tuple[tuple[Clue, Clue], ...] = (
    (by_octets, by_octets),
    (_by_id_and_text, _by_id_and_text),
    (_by_topic_and_text, _by_topic_and_text),
    (_by_text_and_date_alone, _by_text_and_date),
    (_by_id_and_topic, _by_id_and_topic),
)
"""What is left of a message whose header was rewritten, at the source and at the destination; the surest first."""

_SIGNS: tuple[Clue, ...] = (
    lambda mail: (mail.size, mail.instant, mail.flags),
    lambda mail: (mail.size, mail.instant),
    lambda mail: (mail.size, mail.flags),
    lambda mail: (mail.size,),
    lambda mail: (mail.instant, mail.flags),
    lambda mail: (mail.instant,),
    lambda mail: (mail.flags,),
    lambda mail: (),
)
"""What messages of one clue are paired by, the surest first."""


def paired(
    mine: list[ComparedMail], theirs: list[ComparedMail], *clues: Clue
) -> tuple[list[Pair], list[ComparedMail], list[ComparedMail]]:
    """Pairs of messages that share a clue, each message in one at most, and what is left at both ends in its order.
    `clues`: to the source's messages, and to the destination's."""
    groups: dict[Hashable, tuple[list[ComparedMail], list[ComparedMail]]] = defaultdict(lambda: ([], []))
    for side, (mails, clue) in enumerate(zip((mine, theirs), clues, strict=True)):
        for mail in mails:
            if (key := clue(mail)) is not None:
                groups[key][side].append(mail)
    pairs: list[Pair] = []
    for some, others in groups.values():
        # Nearly every clue is one message's at both ends: no need to look for what it is most like.
        pairs += zip(some, others, strict=True) if len(some) == len(others) == 1 else _likest(some, others)
    known = {id(mail) for pair in pairs for mail in pair}
    return pairs, [mail for mail in mine if id(mail) not in known], [mail for mail in theirs if id(mail) not in known]


def _likest(mine: list[ComparedMail], theirs: list[ComparedMail]) -> list[Pair]:
    """Messages of one clue, paired by what else they have in common."""
    pairs: list[Pair] = []
    for sign in _SIGNS:
        if not mine or not theirs:
            break
        waiting: dict[Hashable, list[ComparedMail]] = defaultdict(list)
        for other in reversed(theirs):
            waiting[sign(other)].append(other)
        left = []
        for one in mine:
            if queue := waiting.get(sign(one)):
                pairs.append((one, queue.pop()))
            else:
                left.append(one)
        mine = left
        theirs = sorted((other for queue in waiting.values() for other in queue), key=lambda other: other.uid)
    return pairs
