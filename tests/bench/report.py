"""The results as a table with the targets beside it, and as JSON."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.bench.corpora import DSYNC, GROWTH, PEERS
from tests.bench.runs import Result, Situation

US = "tui-migrate"
SHORT_SECONDS = 2.0
"""Where the fastest of the others needs less than this, starts are taken off."""

_HEADING = (
    f"{'round trip':>10}  {'tool':<12}{'seconds':>9}{'start':>7}{'ratio':>8}{'again':>8}{'CPU s':>8}{'CPU ms':>8}"
    f"{'peak MB':>9}  to reach"
)


@dataclass(frozen=True)
class Start:
    """How long something takes to start."""

    what: str
    seconds: float
    than: str
    """What it is compared with."""
    ratio: float
    most: float | None
    """The ratio to reach."""


def starts(found: Sequence[Start]) -> str:
    """The table of starts."""
    lines = ["\nStart: whole processes, the shortest of several", f"{'ms':>8}{'ratio':>7}"]
    for each in found:
        line = f"{1000 * each.seconds:>8.0f}{each.ratio:>7.1f}  {each.what}"
        if each.most is not None:
            line += f": at most {each.most:g} times {each.than}: {'reached' if each.ratio <= each.most else 'MISSED'}"
        lines.append(line)
    return "\n".join(lines)


def introduction(runs: int) -> str:
    """What the columns mean, and what was measured on."""
    return f"""\
Two Dovecots with mail_fsync=never and their mail in memory; journals and sync states are in {tempfile.gettempdir()}.
{os.cpu_count()} processors, Python {platform.python_version()}. All messages were counted on the destination's disk.
  seconds   one whole process, into an empty mailbox; the shortest of {runs}, of what takes minutes the only one
  start     of it: seconds that the tool takes for a mailbox without mail
  ratio     seconds divided by those of the fastest of mbsync and dsync; where that needs less than {SHORT_SECONDS:g} s,
            both without their starts
  again     seconds of a second run, with nothing changed
  CPU s     of the tool's processes, not of the servers
  CPU ms    the same without the start, for each message
  peak MB   most memory of a process of the tool; nothing below 10 can be seen
tui-migrate has its journal. All of them use one connection to a server for one account; several accounts are several
processes of the others, side by side. dsync runs at the destination and writes its storage itself, so it pays the way
to the source only, and its CPU seconds hold what a server spends for the others. It asks for 50 messages at once
(mail_prefetch_count), dsync-1000 for 1000. The script is the least that it costs in Python: it pipelines everything,
keeps no journal and looks at nothing."""


def heading(situation: Situation) -> str:
    """The lines above all distances of one corpus."""
    title = f"{situation.corpus.title}, {'TLS' if situation.tls else 'plain'}"
    return f"\n{title}\n{_HEADING}"


def rows(results: Sequence[Result]) -> str:
    """The lines of one situation."""
    lines = []
    for number, result in enumerate(results):
        distance = f"{result.situation.round_trip_ms:g} ms" if number == 0 else ""
        line = f"{distance:>10}  {result.tool:<12}"
        if result.seconds is None:
            line += f"  {result.problem}"
        else:
            peak = (result.peak_bytes or 0) / 1e6
            line += f"{result.seconds:>9.2f}{_number(_start(result)):>7}{_number(_ratio(result, results, PEERS)):>8}"
            line += f"{_number(result.seconds_again):>8}{_number(result.cpu_seconds):>8}"
            line += f"{_number(cpu_ms(result), 3):>8}{peak:>9.0f}"
        if result.tool == US and result.seconds is not None:
            line += "  " + "; ".join(
                f"{text}: {'reached' if reached else 'MISSED'}" for text, reached in targets(results)
            )
        lines.append(line)
    return "\n".join(lines)


def targets(results: Sequence[Result]) -> list[tuple[str, bool]]:
    """What tui-migrate is to reach in this situation, and whether it did. Nothing where there is no number for it."""
    us = _of(results, US)
    if us is None or us.seconds is None or us.peak_bytes is None:
        return []
    corpus = us.situation.corpus
    found = []
    for target in corpus.targets:
        ratio = _ratio(us, results, target.peers)
        if ratio is not None and target.round_trip_ms in (None, us.situation.round_trip_ms):
            name = "the fastest" if target.peers == PEERS else min(target.peers)
            found.append((f"{ratio:.2f} of {name}, at most {target.most:g}", ratio <= target.most))
    cpu = cpu_ms(us)
    if corpus.cpu_ms is not None and cpu is not None:
        found.append((f"CPU {cpu:.3f} ms, at most {corpus.cpu_ms:g}", cpu <= corpus.cpu_ms))
    if corpus.again_seconds is not None and us.seconds_again is not None:
        found.append((f"again under {corpus.again_seconds:g} s", us.seconds_again <= corpus.again_seconds))
    if us.first_seconds is not None:
        found.append((f"first message after {us.first_seconds:.1f} s, at most 2", us.first_seconds <= 2.0))
    found.append((f"under {corpus.peak_bytes / 1e6:.0f} MB", us.peak_bytes < corpus.peak_bytes))
    return found


def growth(groups: Sequence[Sequence[Result]]) -> str:
    """How much more a larger folder costs us than dsync, or an empty string where that was not measured."""
    small_key, large_key, most = GROWTH
    of = {group[0].situation.corpus.key: group for group in groups if group}
    if small_key not in of or large_key not in of:
        return ""
    grown = []
    for names in ({US}, DSYNC):
        small, large = (_fastest(of[key], frozenset(names)) for key in (small_key, large_key))
        if small is None or large is None:
            return ""
        grown.append(large / small)
    ratio = grown[0] / grown[1]
    reached = "reached" if ratio <= most else "MISSED"
    return (
        f"\nfrom {small_key} to {large_key}: ours {grown[0]:.1f} times, dsync's {grown[1]:.1f} times; "
        f"{ratio:.2f}, at most {most:g}: {reached}"
    )


def cpu_ms(result: Result) -> float | None:
    """Milliseconds of CPU for each message, without the program's start; None where that is not known."""
    start, messages = result.start, result.situation.corpus.messages
    if result.cpu_seconds is None or start is None or start.cpu_seconds is None or not messages:
        return None
    return 1000 * (result.cpu_seconds - start.cpu_seconds) / messages


def as_json(results: Sequence[Sequence[Result]], started: Sequence[Start], runs: int) -> dict[str, object]:
    """Every number of every run."""
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "runs": runs,
        "starts": [asdict(each) for each in started],
        "situations": [
            {
                "corpus": group[0].situation.corpus.key,
                "messages": group[0].situation.corpus.messages,
                "round_trip_ms": group[0].situation.round_trip_ms,
                "tls": group[0].situation.tls,
                "targets": [{"target": text, "reached": reached} for text, reached in targets(group)],
                "tools": [_tool(each, group) for each in group],
            }
            for group in results
        ],
    }


def _tool(result: Result, group: Sequence[Result]) -> dict[str, object]:
    return {
        "tool": result.tool,
        "seconds": result.seconds,
        "start_seconds": _start(result),
        "ratio": _ratio(result, group, PEERS),
        "seconds_again": result.seconds_again,
        "cpu_seconds": result.cpu_seconds,
        "cpu_ms_a_message": cpu_ms(result),
        "peak_bytes": result.peak_bytes,
        "problem": result.problem,
        "first_runs": [asdict(each) for each in result.first],
        "second_runs": [asdict(each) for each in result.again],
    }


def _of(results: Sequence[Result], tool: str) -> Result | None:
    return next((each for each in results if each.tool == tool), None)


def _start(result: Result) -> float | None:
    return result.start.seconds if result.start else None


def _ratio(result: Result, results: Sequence[Result], peers: frozenset[str]) -> float | None:
    """None where nothing of `peers` was measured. The two compared are with or without their starts alike."""
    fastest = _fastest(results, PEERS)
    bare = fastest is not None and fastest < SHORT_SECONDS
    ours = _seconds(result, bare)
    others = [seconds for each in results if each.tool in peers and (seconds := _seconds(each, bare)) is not None]
    return None if ours is None or not others else ours / min(others)


def _seconds(result: Result, bare: bool) -> float | None:
    if result.seconds is None or not bare:
        return result.seconds
    return max(0.001, result.seconds - (_start(result) or 0.0))


def _fastest(results: Sequence[Result], names: frozenset[str]) -> float | None:
    return min((each.seconds for each in results if each.tool in names and each.seconds is not None), default=None)


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"
