"""One source, all destinations: a first pass, a second one, mail and flags that change, a delta."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.matrix.judge import Verdict, judge
from tests.matrix.mail import fill, go_on
from tests.matrix.program import Program
from tests.matrix.reader import Mailbox, read_mailbox
from tests.matrix.server import Server


@dataclass
class Pair:
    """What has come of moving a mailbox from one server to another."""

    source: str
    destination: str
    verdict: Verdict = field(default_factory=Verdict)
    copied: int = 0
    """By the first pass, of so many that are listed."""
    listed: int = 0
    failed: int = 0


Keys = Callable[[Server], Mapping[str, object]]
"""A server as a plan describes it."""


def move(
    source: Server,
    destinations: Sequence[Server],
    folder: Path,
    keys: Keys,
    own: str,
    user: str,
    say: Callable[[str], None],
) -> Iterator[Pair]:
    """Move the mailbox `own` to all destinations, to the mailbox `user` of each. Yields what has come of each."""
    fill(source, own)
    before = read_mailbox(source, own)
    pairs = []
    for destination in destinations:
        say(f"{source.name} to {destination.name}")
        pair = Pair(source.name, destination.name)
        program = Program(folder / destination.name.replace("/", "slash"), keys(source), keys(destination), own, user)
        first = program.first()
        pair.copied, pair.listed, pair.failed = first.copied, first.listed, first.failed
        again = program.again(deep=True)
        if again.counts.copied:
            pair.verdict.unexplained.append(f"the second run copied {again.counts.copied}")
        _add(pair.verdict, judge(before, read_mailbox(destination, user), again), "")
        pairs.append((pair, program, destination))
    if not _same(before, read_mailbox(source, own)):
        for pair, _, _ in pairs:
            pair.verdict.unexplained.append("the source is not as it was")
    go_on(source, own)
    after = read_mailbox(source, own)
    for pair, program, destination in pairs:
        say(f"{source.name} to {destination.name}, delta")
        delta = program.again(deep=False)
        new = _size(after) - _size(before)
        if delta.counts.copied != new and all(each.uid is not None for each in delta.failures):
            pair.verdict.unexplained.append(f"the delta copied {delta.counts.copied} of {new} new messages")
        _add(pair.verdict, judge(after, read_mailbox(destination, user), delta), "after the delta: ")
        yield pair


def _add(verdict: Verdict, more: Verdict, when: str) -> None:
    verdict.unexplained += [f"{when}{each}" for each in more.unexplained]
    verdict.by_verify += [f"{when}{each}" for each in more.by_verify]
    verdict.told |= more.told


def _same(one: Mailbox, other: Mailbox) -> bool:
    return _counted(one) == _counted(other)


def _counted(mailbox: Mailbox) -> dict[tuple[str, ...], Counter[object]]:
    return {path: Counter(messages) for path, messages in mailbox.folders.items()}


def _size(mailbox: Mailbox) -> int:
    return sum(map(len, mailbox.folders.values()))
