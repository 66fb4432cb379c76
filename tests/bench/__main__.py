"""`python -m tests.bench`: tui-migrate beside mbsync, dsync and imapsync, on two Dovecots at several distances.

Exit codes: 0 all was measured, whether targets are reached or not; 1 a tool failed; 2 it could not begin; 130 stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import report, start
from tests.bench.corpora import CORPORA, EMPTY, WARM_UP
from tests.bench.ground import ground
from tests.bench.measure import RunFailed
from tests.bench.runs import Result, Situation, run_all
from tests.bench.tools import TOOLS, Tool
from tests.support.interrupt import interrupt_once

RUNS = 3
LIMIT_SECONDS = 900.0
FAILED, COULD_NOT_BEGIN, STOPPED = 1, 2, 130


def main() -> None:
    """Measure what the options ask for."""
    interrupt_once()
    options = _parser().parse_args()
    try:
        sys.exit(_bench(options))
    except KeyboardInterrupt:
        print("\nStopped: servers ended, mail removed.", file=sys.stderr)
        sys.exit(STOPPED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run, of the 2,000 messages of 4 KB alone")
    parser.add_argument("--tools", nargs="+", choices=[tool.name for tool in TOOLS], help="default: all that are here")
    parser.add_argument(
        "--delays", nargs="+", type=float, metavar="MS", help="round trip times; default: each mailbox's"
    )
    parser.add_argument("--corpora", nargs="+", choices=[corpus.key for corpus in CORPORA], help="default: all")
    parser.add_argument("--plain", action="store_true", help="without TLS only")
    parser.add_argument("--tls", action="store_true", help="with TLS only")
    parser.add_argument("--runs", type=_positive, metavar="N", help=f"of which the shortest counts (default: {RUNS})")
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, metavar="SECONDS", help="given to one run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every number of every run")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _bench(options: argparse.Namespace) -> int:
    runs = options.runs or (1 if options.quick else RUNS)
    keys = options.corpora or (["2000"] if options.quick else [corpus.key for corpus in CORPORA])
    corpora = [corpus for corpus in CORPORA if corpus.key in keys]
    securities = [tls for tls, wanted in ((False, options.plain), (True, options.tls)) if wanted]
    situations = [
        Situation(corpus, delay, tls)
        for corpus in corpora
        for tls in securities or ((False, True) if corpus.tls else (False,))
        for delay in options.delays or corpus.delays_ms
    ]
    tools = [tool for tool in TOOLS if tool.name in (options.tools or [tool.name]) and tool.installed()]
    if missing := {*(options.tools or ())} - {tool.name for tool in tools}:
        print(f"not installed: {', '.join(sorted(missing))}", file=sys.stderr)
        return COULD_NOT_BEGIN
    print(report.introduction(runs), flush=True)
    try:
        started = [] if options.corpora or options.quick else start.measured()
        if started:
            print(report.starts(started), flush=True)
        results = _measure(situations, tools, runs, options.limit)
    except (OSError, RunFailed) as error:
        print(error, file=sys.stderr)
        return COULD_NOT_BEGIN
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results, started, runs), indent=2) + "\n")
    return FAILED if any(result.problem for group in results for result in group) else 0


def _measure(situations: Sequence[Situation], tools: Sequence[Tool], runs: int, limit: float) -> list[list[Result]]:
    """Print each situation as soon as it is measured."""
    results: list[list[Result]] = []
    with ground() as servers:
        servers.add(EMPTY)
        servers.add(WARM_UP)
        list(run_all(servers, [Situation(WARM_UP, 0.0, situations[0].tls)], tools, 1, limit))
        table = ("", False)
        for group in run_all(servers, situations, tools, runs, limit):
            situation = group[0].situation
            if table != (situation.corpus.key, situation.tls):
                table = (situation.corpus.key, situation.tls)
                print(report.heading(situation))
            print(report.rows(group), flush=True)
            results.append(group)
    if grown := report.growth(results):
        print(grown)
    return results


if __name__ == "__main__":
    main()
