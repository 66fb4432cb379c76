"""Runs every tool in every situation, in turn, and collects what each run cost."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.corpora import EMPTY, Corpus
from tests.bench.ground import Ground
from tests.bench.measure import Measurement, RunFailed, measure
from tests.bench.tools import Tool, Transfer


@dataclass(frozen=True)
class Situation:
    """What is moved, from how far away, and how."""

    corpus: Corpus
    round_trip_ms: float
    """To each of the two servers."""
    tls: bool

    def __str__(self) -> str:
        return f"{self.corpus.title}, {'TLS' if self.tls else 'plain'}, {self.round_trip_ms:g} ms"


@dataclass(kw_only=True)
class Runs:
    """What the runs of one tool have cost."""

    first: list[Measurement] = field(default_factory=list)
    """Into an empty mailbox, each time another one."""
    again: list[Measurement] = field(default_factory=list)
    """Right afterwards, with nothing left to do."""
    problem: str = ""
    """Why there are no numbers, or fewer."""

    @property
    def seconds(self) -> float | None:
        """The shortest of the first runs; None when the tool failed."""
        return None if self.problem else min(each.seconds for each in self.first)

    @property
    def seconds_again(self) -> float | None:
        """The shortest of the second runs; None when the tool failed."""
        return min((each.seconds for each in self.again), default=None) if not self.problem else None

    @property
    def cpu_seconds(self) -> float | None:
        """The least of the first runs; None when the tool failed."""
        return None if self.problem else min(each.cpu_seconds for each in self.first)

    @property
    def first_seconds(self) -> float | None:
        """Until the first message was there, in the best run that somebody watched."""
        return min((each.first_seconds for each in self.first if each.first_seconds is not None), default=None)

    @property
    def peak_bytes(self) -> int | None:
        """The most of all runs; None when the tool failed."""
        return None if self.problem else max(each.peak_bytes for each in [*self.first, *self.again])


@dataclass
class Result(Runs):
    """The runs of one tool in one situation."""

    situation: Situation
    tool: str
    start: Result | None = None
    """The same tool with an empty mailbox."""


def run_all(
    ground: Ground, situations: Sequence[Situation], tools: Sequence[Tool], runs: int, limit_seconds: float
) -> Iterator[list[Result]]:
    """Measure situation after situation, after each tool's start at that distance. Yields: for each, the tools'
    results."""
    starts: dict[tuple[float, bool], list[Result]] = {}
    for number, situation in enumerate(situations):
        corpus = situation.corpus
        if corpus.key not in ground.mailboxes:
            ground.add(corpus)
        with ground.distance(situation.round_trip_ms, situation.tls) as ports:
            key = (situation.round_trip_ms, situation.tls)
            if key not in starts:
                empty = Situation(EMPTY, *key)
                starts[key] = _results(ground, empty, tools, ports, runs, limit_seconds)
            here = [tool for tool in tools if tool.name not in situation.corpus.without]
            results = _results(ground, situation, here, ports, 1 if situation.corpus.long else runs, limit_seconds)
        if all(each.corpus != corpus for each in situations[number + 1 :]):
            ground.remove(corpus)
        for result in results:
            result.start = next(each for each in starts[key] if each.tool == result.tool)
        _say("")
        yield results


def _results(
    ground: Ground,
    situation: Situation,
    tools: Sequence[Tool],
    ports: tuple[int, int],
    runs: int,
    limit_seconds: float,
) -> list[Result]:
    results = [Result(situation, tool.name) for tool in tools]
    for number in range(1, runs + 1):
        for tool, result in zip(tools, results, strict=True):
            if not result.problem:
                _say(f"{situation}: {tool.name} {number}/{runs}")
                _run(ground, tool, result, ports, limit_seconds)
    return results


def _run(ground: Ground, tool: Tool, result: Result, ports: tuple[int, int], limit_seconds: float) -> None:
    corpus = result.situation.corpus
    with (
        ground.transfer(corpus, ports, result.situation.tls) as transfer,
        tempfile.TemporaryDirectory(prefix=f"bench-{tool.name}-") as name,
    ):
        command = tool.prepare(transfer, Path(name))
        watched = (lambda: ground.first_has_come(transfer)) if corpus.long else None
        try:
            result.first.append(measure(command, limit_seconds, watched))
            _compare(ground, corpus, transfer)
            if tool.repeats:
                result.again.append(measure(command, limit_seconds))
                _compare(ground, corpus, transfer)
        except RunFailed as failed:
            result.problem = str(failed)


def _compare(ground: Ground, corpus: Corpus, transfer: Transfer) -> None:
    if difference := ground.difference(corpus, transfer):
        raise RunFailed(f"copied {difference}")


def _say(line: str) -> None:
    """What is going on, for whoever waits at a terminal; it leaves no trace in the table."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
