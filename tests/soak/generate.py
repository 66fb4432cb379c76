"""Draws a scenario from a seed: the same one each time."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.servers.imap.server import MODERN
from tests.servers.mailbox import DATE
from tests.soak.conditions import (
    ILL,
    POP_BUSY,
    POP_COMMANDS,
    capabilities,
    changes_of,
    cuts_of,
    kills_of,
    source_of,
    source_trouble,
    target_of,
    target_trouble,
)
from tests.soak.mail import ALIKE, NAMES, letter, letters, mailbox
from tests.soak.rewriting import REWRITES
from tests.soak.scenario import Change, Filled, Phase, Quirk, Scenario, Side


def generate(seed: int) -> Scenario:
    """The scenario of this seed."""
    draw = Random(f"soak {seed}")
    (kind,) = draw.choices([*_KINDS], [*_KINDS.values()])
    return kind(draw, seed)


# Kinds of situations


def _usual(draw: Random, seed: int) -> Scenario:
    """Any servers, anything in between, any ends."""
    target = target_of(draw)
    boxes = (mailbox(draw, _disliked(target)),)
    source = source_of(draw, boxes[0])
    phases = [
        Phase(
            tuple(changes_of(draw, boxes[0])) if number else (),
            source_trouble(draw, boxes[0]),
            target_trouble(draw, boxes[0]),
            kills_of(draw),
        )
        for number in range(draw.choice((1, 1, 1, 2)))
    ]
    return _unbelieved(Scenario(seed, boxes, (), source, target, tuple(phases)))


def _disliked(target: Side) -> tuple[str, ...]:
    """Names that this destination takes for one, or does not take."""
    for quirk in target.quirks:
        if quirk.name == "names":
            form, fold, *_ = quirk.arguments
            return ALIKE[1 if form else 0 if fold else 2]
        if quirk.name == "sign":
            return tuple(name for name in NAMES if str(quirk.arguments[0]).strip("\\") in name)
    return ()


def _unbelieved(scenario: Scenario) -> Scenario:
    """A message that no listing tells is read all the same where a folder is walked over, and cannot be compared with
    what is known: then it comes again."""
    if not any(quirk.name == "unlisted" for quirk in scenario.source.quirks):
        return scenario
    phases = [
        replace(
            phase,
            before=tuple(each for each in phase.before if each.name != "renumber source"),
            source=tuple(each for each in phase.source if each.name != "renumbered"),
        )
        for phase in scenario.phases
    ]
    return replace(scenario, phases=tuple(phases))


def _adoption(draw: Random, seed: int) -> Scenario:
    """Another tool has begun, or the journal is lost, or it is older than the destination."""
    scenario = _usual(draw, seed)
    # Where headers are changed so that their traces are lost, nobody can know mail again that no journal speaks of.
    quirks = tuple(q for q in scenario.destination.quirks if q.name not in ("rewrites", "own dates"))
    scenario = replace(scenario, destination=replace(scenario.destination, quirks=quirks))
    # Nor what no listing tells.
    known = tuple(q for q in scenario.source.quirks if q.name != "unlisted")
    scenario = replace(scenario, source=replace(scenario.source, quirks=known))
    first, *_ = scenario.phases
    kind = draw.choice(("tool", "lost", "older", "older"))
    if kind == "tool":
        there = tuple(
            Filled(each.name, tuple(one for one in each.letters if draw.random() < 0.5)) for each in scenario.boxes[0]
        )
        names = Quirk("names"), Quirk("sign")
        quirks = tuple(q for q in quirks if q.name not in {each.name for each in names})
        # Where its twin is there and gone at the source, one of the same Message-ID, header, size and date is taken for
        # it: a Message-ID is believed. As long as both are at the source their texts tell them apart.
        first = replace(first, source=tuple(q for q in first.source if q.name != "mail goes"))
        return replace(scenario, there=there, destination=replace(scenario.destination, quirks=quirks), phases=(first,))
    new = Change("letters", (0, "INBOX", *((each.octets, each.flags, each.date) for each in letters(draw, 5))))
    if kind == "lost":
        return replace(scenario, phases=(first, Phase((Change("forget"), new))))
    total = sum(len(each.letters) for each in scenario.boxes[0])
    backup = Quirk("backup", (draw.randint(1, max(1, total)),))
    again = Phase((Change("restore"), *([new] if draw.random() < 0.5 else [])), (), (), kills_of(draw))
    return replace(scenario, phases=(replace(first, destination=(*first.destination, backup)), again))


def _restored(draw: Random, seed: int) -> Scenario:
    """A store older than a destination that may rewrite: what was brought since is known by its signs."""
    boxes = (mailbox(draw),)
    quirks = (Quirk("rewrites", (draw.choice([*REWRITES]),)),) if draw.random() < 0.6 else ()
    new = letters(draw, 8)
    change = Change("letters", (0, "INBOX", *((each.octets, each.flags, each.date) for each in new)))
    phases = (
        Phase((), (), (Quirk("backup", (1,)),) if not quirks else ()),
        Phase((change, Change("stranger"))),
        Phase((Change("restore"),), kills=kills_of(draw)),
    )
    return Scenario(seed, boxes, (), Side(), Side(draw.choice((MODERN, "IMAP4rev1 UIDPLUS LITERAL+")), quirks), phases)


def _shared(draw: Random, seed: int) -> Scenario:
    """Two sources that fill one mailbox, and hold some of the same mail."""
    one, other = mailbox(draw), mailbox(draw)
    both = letters(draw, 14)
    one = (replace(one[0], letters=one[0].letters[:4] + both), *one[1:3])
    other = (replace(other[0], letters=other[0].letters[:4] + both), *other[1:3])
    total = len(one[0].letters) + len(other[0].letters)
    strike = (Quirk("strike", (draw.randint(1, max(1, total)),)),) if draw.random() < 0.6 else ()
    cut = cuts_of(draw, total) if draw.random() < 0.4 else ()
    target = Side(draw.choice((MODERN, MODERN.replace(" MULTIAPPEND", ""), "IMAP4rev1 LITERAL+", capabilities(draw))))
    return Scenario(
        seed, (one, other), (), Side(capabilities(draw)), target, (Phase((), (), (*strike, *cut), kills_of(draw)),)
    )


def _pop(draw: Random, seed: int) -> Scenario:
    """A POP source."""
    boxes = (mailbox(draw, pop=True),)
    offered = ["TOP", "UIDL", "USER", "SASL PLAIN", "RESP-CODES", "PIPELINING"]
    if draw.random() < 0.3:
        offered.append("UTF8")
    some = [each for each in offered if each == "USER" or draw.random() < 0.8]
    trouble: list[Quirk] = []
    if draw.random() < 0.5:
        trouble.append(
            Quirk("cut command", (draw.choice(("RETR", "TOP", "UIDL", "LIST", "STAT", "CAPA")), draw.randint(1, 5), 1))
        )
    if draw.random() < 0.3:
        trouble.append(Quirk("cut reply", ("RETR", draw.randint(1, 8), draw.choice((0, 3, 20, 60)))))
    if draw.random() < 0.3:
        command, nth = draw.choice(("RETR", "UIDL", "STAT", "LIST")), draw.randint(1, 4)
        trouble.append(Quirk({"RETR": "no message", "LIST": "no list"}.get(command, "pop error"), (command, nth, 1)))
    if draw.random() < 0.5:
        name = "no message" if (command := draw.choice(POP_COMMANDS)) in ("RETR", "TOP") else "pop busy"
        words = draw.choice(POP_BUSY)
        trouble.append(Quirk(name, (command, draw.choice((1, 1, 2, 3)), draw.choice((1, 1, 2)), words)))
    always = (Quirk("notice"),) if draw.random() < 0.4 else ()
    source = Side(";".join(some), always)
    phases = [Phase((), tuple(trouble), target_trouble(draw, boxes[0]), kills_of(draw))]
    if draw.random() < 0.5:
        new = Change(
            "letters", (0, "INBOX", *((each.octets, each.flags, each.date) for each in letters(draw, 4, pop=True)))
        )
        phases.append(Phase((new,)))
    return Scenario(seed, boxes, (), source, target_of(draw), tuple(phases), pop=True)


def _lanes(draw: Random, seed: int) -> Scenario:
    """Several lanes that take little at once."""
    scenario = _usual(draw, seed)
    return replace(scenario, lanes=draw.choice((2, 3)), portion=draw.choice((2, 5)))


def _limits(draw: Random, seed: int) -> Scenario:
    """Limits that are moved in the middle."""
    scenario = _usual(draw, seed)
    first, *more = scenario.phases
    phases = (replace(first, largest=draw.choice((120, 200, 1000))), *more, Phase(largest=draw.choice((0, 150, 1000))))
    return replace(scenario, phases=phases[:2])


def _late(draw: Random, seed: int) -> Scenario:
    """The last message is stored only after its connection has ended, in time or too late."""
    one = letters(draw, 10)
    boxes = ((Filled("INBOX", (*one, *(letter(draw, 90 + number) for number in range(2)))),),)
    total = len(boxes[0][0].letters)
    quirks = (Quirk("rewrites", (draw.choice([*REWRITES]),)),) if draw.random() < 0.3 else ()
    target = Side(MODERN.replace(" MULTIAPPEND", ""), quirks)
    if draw.random() < 0.6:
        trouble = Quirk(draw.choice(("late", "late", "late kill")), (total, draw.randint(1, 60)))
        return Scenario(seed, boxes, (), Side(), target, (Phase((), (), (trouble,)),), late=30.0)
    trouble = Quirk("too late", (total, total + 1))
    return Scenario(seed, boxes, (), Side(), target, (Phase((), (), (trouble,)),), late=0.0)


def _outage(draw: Random, seed: int) -> Scenario:
    """A destination that refuses one message after the other for a while, and is not to blame the messages."""
    made = [letter(draw, number) for number in range(draw.randint(6, 12))]
    # Nothing that the destination may dislike in a line: a second try without it would count, too.
    boxes = ((Filled("INBOX", tuple(replace(each, flags="\\Seen", date=DATE) for each in made)),),)
    trouble = Quirk("outage", ("APPEND", 1, draw.randint(4, 5), draw.choice(ILL)))
    target = Side("IMAP4rev1 UIDPLUS" + draw.choice(("", " LITERAL+")))
    return Scenario(seed, boxes, (), Side(capabilities(draw)), target, (Phase((), (), (trouble,)),))


def _consent(draw: Random, seed: int) -> Scenario:
    """The user has deleted mail at the destination, where a folder may have been numbered anew."""
    boxes = (mailbox(draw),)
    change = draw.choice(("replace", "user deletes", "renumber destination"))
    changes = [Change(change, (draw.randrange(20),))]
    if draw.random() < 0.5:
        changes += changes_of(draw, boxes[0])
    return Scenario(
        seed, boxes, (), Side(capabilities(draw)), Side(capabilities(draw)), (Phase(), Phase(tuple(changes)))
    )


_KINDS = {
    _usual: 10,
    _adoption: 4,
    _restored: 2,
    _shared: 3,
    _pop: 2,
    _lanes: 3,
    _limits: 1,
    _late: 2,
    _outage: 1,
    _consent: 2,
}
