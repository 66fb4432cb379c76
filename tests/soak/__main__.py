"""`python -m tests.soak SEED` replays a seed, and shrinks what fails; `--seeds N --from F` plays many."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.soak.generate import generate
from tests.soak.launcher import Launcher
from tests.soak.play import Finding, Play
from tests.soak.scenario import Scenario
from tests.soak.shrink import shrink
from tests.support.statements import share_statements

_PRINTED = 3
"""Findings of each seed."""
_LONGEST = 1500
"""Octets of one."""


def _launchers() -> Iterator[Launcher]:
    share_statements()
    with Launcher() as launcher:
        while True:
            yield launcher


_launcher = _launchers()
"""One for this process, begun when it is first wanted."""


def play(scenario: Scenario, without: str = "") -> list[Finding]:
    """What is wrong. `without`: a repair that is switched off. In a process of one thread."""
    try:
        with Play(scenario, next(_launcher), without) as one:
            return one.findings()
    except (AssertionError, TimeoutError) as error:
        return [Finding("the soak itself", repr(error))]


@dataclass(frozen=True)
class _Seed:
    """A task for a worker."""

    number: int
    without: str

    def play(self) -> tuple[int, list[Finding]]:
        return self.number, play(generate(self.number), self.without)


def replay(seed: int, without: str) -> int:
    """One seed, with all that it prints, shrunk where it fails."""
    scenario = generate(seed)
    with Play(scenario, next(_launcher), without) as one:
        found = one.findings()
        print(scenario, *one.outputs, *found, sep="\n")
    if not found:
        return 0
    wanted = _gist(found[0])
    smallest = shrink(scenario, lambda each: any(_gist(one) == wanted for one in play(each, without)))
    print("\nThe smallest scenario that fails so:", smallest, *play(smallest, without), sep="\n")
    return 1


def _gist(finding: Finding) -> str:
    return "".join(each for each in finding.what.split(":")[0] if not each.isdigit())[:40]


def main() -> int:
    """Returns: 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--without", default="", help="a repair that is switched off, see tests/soak/switched_off.py")
    words = parser.parse_args()
    if words.seed is not None:
        return replay(words.seed, words.without)
    began, bad = time.monotonic(), 0
    with ProcessPoolExecutor(words.workers) as pool:
        seeds = range(words.first, words.first + words.seeds)
        for seed, found in pool.map(_Seed.play, [_Seed(number, words.without) for number in seeds]):
            bad += bool(found)
            for each in found[:_PRINTED]:
                print(f"seed {seed}: {str(each)[:_LONGEST]}", flush=True)
    seconds = time.monotonic() - began
    print(f"{words.seeds} seeds in {seconds:.0f} s ({words.seeds / seconds:.1f} a second), {bad} with findings")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
