"""Runs every tool in every situation, in turn, and collects what each run cost."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.corpora import Corpus
from tests.bench.ground import Ground
from tests.bench.measure import Measurement, RunFailed, measure
from tests.bench.tools import Tool


@dataclass(frozen=True)
class Situation:
    """What is moved, from how far away, and how."""

    corpus: Corpus
    round_trip_ms: float
    """To each of the two servers."""
    tls: bool

    def __str__(self) -> str:
        return f"{self.corpus.title}, {'TLS' if self.tls else 'plain'}, {self.round_trip_ms:g} ms"


@dataclass
class Result:
    """The runs of one tool in one situation."""

    situation: Situation
    tool: str
    first: list[Measurement] = field(default_factory=list)
    """Into an empty mailbox, each time another one."""
    again: list[Measurement] = field(default_factory=list)
    """Right afterwards, with nothing left to do."""
    problem: str = ""
    """Why there are no numbers, or fewer."""

    @property
    def seconds(self) -> float | None:
        """Median of the first runs; None when the tool failed."""
        return _median([each.seconds for each in self.first], self.problem)

    @property
    def seconds_again(self) -> float | None:
        """Median of the second runs; None when the tool failed."""
        return _median([each.seconds for each in self.again], self.problem)

    @property
    def cpu_seconds(self) -> float | None:
        """Median of the first runs; None when the tool failed."""
        return _median([each.cpu_seconds for each in self.first], self.problem)

    @property
    def peak_bytes(self) -> int | None:
        """The most of all runs; None when the tool failed."""
        return None if self.problem else max(each.peak_bytes for each in [*self.first, *self.again])


def run_all(
    ground: Ground, situations: Sequence[Situation], tools: Sequence[Tool], runs: int, limit_seconds: float
) -> Iterator[list[Result]]:
    """Measure situation after situation. Yields: for each, the tools' results."""
    for situation in situations:
        results = [Result(situation, tool.name) for tool in tools]
        with ground.distance(situation.round_trip_ms, situation.tls) as ports:
            for number in range(1, runs + 1):
                for tool, result in zip(tools, results, strict=True):
                    if not result.problem:
                        _say(f"{situation}: {tool.name} {number}/{runs}")
                        _run(ground, tool, result, ports, limit_seconds)
        _say("")
        yield results


def _run(ground: Ground, tool: Tool, result: Result, ports: tuple[int, int], limit_seconds: float) -> None:
    situation = result.situation
    with (
        ground.transfer(situation.corpus, ports, situation.tls) as transfer,
        tempfile.TemporaryDirectory(prefix=f"bench-{tool.name}-") as name,
    ):
        command = tool.prepare(transfer, Path(name))
        try:
            for measurements in (result.first, result.again):
                measurements.append(measure(command, limit_seconds))
                if difference := ground.difference(transfer):
                    raise RunFailed(f"copied {difference}")
        except RunFailed as failed:
            result.problem = str(failed)


def _median(values: list[float], problem: str) -> float | None:
    return None if problem else statistics.median(values)


def _say(line: str) -> None:
    """What is going on, for whoever waits at a terminal; it leaves no trace in the table."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
