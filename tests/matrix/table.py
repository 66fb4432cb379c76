"""What the matrix has found, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.matrix.pairs import Pair

_SHOWN = 8


def pair_lines(pair: Pair) -> Iterable[str]:
    """A line for a pair, and under it what nothing that the program said explains."""
    numbers = f"{pair.listed} listed, {pair.copied} copied, {pair.failed} failed"
    wrong = pair.verdict.unexplained
    judged = f"{len(wrong)} UNEXPLAINED" if wrong else "all explained"
    yield f"{pair.source:<24} {pair.destination:<18} {numbers:<36} {judged}"
    yield from (f"    {each}" for each in wrong[:_SHOWN])
    yield from (f"    verify alone says: {each}" for each in pair.verdict.by_verify[:_SHOWN])
    if len(wrong) > _SHOWN:
        yield f"    and {len(wrong) - _SHOWN} more"


def kept_table(pairs: Sequence[Pair]) -> Iterable[str]:
    """By destination: what it did not keep of any source, and how that was said."""
    for destination in dict.fromkeys(pair.destination for pair in pairs):
        told = {key for pair in pairs if pair.destination == destination for key in pair.verdict.told}
        yield destination
        for what in dict.fromkeys(what for what, _ in sorted(told)):
            yield f"    {what}: {'; '.join(sorted(how for each, how in told if each == what))}"
