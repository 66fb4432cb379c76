"""A POP3 source: the inbox alone, octet by octet, twice, and once more when mail has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.matrix.compare import compare
from tests.matrix.mail import fill, go_on
from tests.matrix.pairs import Keys, Pair
from tests.matrix.program import Program, Said
from tests.matrix.reader import INBOX, Mailbox, Message, read_mailbox
from tests.matrix.server import Server


def move_by_pop(
    source: Server,
    destinations: Sequence[Server],
    folder: Path,
    keys: Keys,
    own: str,
    user: str,
    say: Callable[[str], None],
) -> Iterator[Pair]:
    """Move one inbox to all destinations, to the mailbox `user` of each. Yields what has come of each."""
    fill(source, own)
    before = read_mailbox(source, own)
    moved = []
    for destination in destinations:
        pair = Pair(f"{source.name}, POP3", destination.name)
        say(f"{pair.source} to {pair.destination}")
        here = {**keys(source), "port": source.ports.pop3, "protocol": "pop"}
        program = Program(folder / destination.name.replace("/", "slash"), here, keys(destination), own, user)
        first = program.first()
        pair.copied, pair.listed, pair.failed = first.copied, first.listed, first.failed
        again = program.again(deep=True)
        if again.counts.copied:
            pair.verdict.unexplained.append(f"the second run copied {again.counts.copied}")
        _judge(pair, before, read_mailbox(destination, user), again)
        moved.append((pair, program, destination))
    go_on(source, own)
    after = read_mailbox(source, own)
    for pair, program, destination in moved:
        say(f"{pair.source} to {pair.destination}, delta")
        delta, new = program.again(deep=False), len(after.folders[INBOX]) - len(before.folders[INBOX])
        if delta.counts.copied != new:
            pair.verdict.unexplained.append(f"the delta copied {delta.counts.copied} of {new} new messages")
        _judge(pair, after, read_mailbox(destination, user), delta)
        yield pair


def _judge(pair: Pair, source: Mailbox, destination: Mailbox, said: Said) -> None:
    found = compare(_octets(source), _octets(destination), {INBOX: INBOX}).get(INBOX)
    missing = len(found.missing) if found else 0
    failed = sum(each.uid is not None for each in said.failures)
    problems = pair.verdict.unexplained
    if missing != failed:
        shown = [each.octets[:60] for each in found.missing[:3]] if found else []
        problems.append(f"{missing} missing, {failed} failures: {shown}")
    elif missing:
        pair.verdict.told["messages", "failure: " + ", ".join(sorted({each.kind for each in said.failures}))] += 1
    if found and found.extra:
        problems.append(f"{len(found.extra)} extra: {[each.octets[:60] for each in found.extra[:3]]}")
    if found and found.octets:
        rewritten = any(each.kind == "mail rewritten" for each in said.remarks)
        pair.verdict.told["octets", "remark: mail rewritten" if rewritten else "verify alone"] += 1
        if (
            said.deep
            and not rewritten
            and not any(said.verify.get(each) for each in ("size", "header", "bytes", "missing"))
        ):
            problems.append(f"octets: nobody says it: {found.octets[:2]}")
    unpaired = said.verify["missing"] - missing
    if unpaired < 0 or unpaired > len(found.octets if found else ()):
        problems.append(f"verify: {said.verify['missing']} missing, not {missing}")


def _octets(mailbox: Mailbox) -> Mailbox:
    """The inbox by its octets alone: POP tells neither flags nor dates, and adds the last line end where there is
    none."""
    return replace(mailbox, folders={INBOX: [_bare(each) for each in mailbox.folders[INBOX]]})


def _bare(message: Message) -> Message:
    return Message(message.octets.rstrip(b"\r\n"), frozenset(), 0)
