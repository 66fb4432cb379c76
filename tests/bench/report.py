"""The results as a table with the targets beside it, and as JSON."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict

from tests.bench.runs import Result, Situation

US = "tui-migrate"
RIVALS: tuple[str, ...] = ("mbsync", "dsync")
PEAK_TARGET_BYTES = 120_000_000
LARGE = 10_000
"""Messages from which on the target is a quarter of the rivals' time, not half."""

_HEADING = f"{'round trip':>10}  {'tool':<12}{'seconds':>9}{'ratio':>8}{'again':>9}{'CPU s':>8}{'peak MB':>9}  to reach"


def introduction(runs: int) -> str:
    """What the columns mean, and what was measured on."""
    return f"""\
Two Dovecots with mail_fsync=never and their mail in memory; journals and sync states are in {tempfile.gettempdir()}.
{os.cpu_count()} processors, Python {platform.python_version()}. All messages were counted on the destination's disk.
  seconds   one whole process, into an empty mailbox; median of {runs}
  ratio     seconds divided by those of the faster of mbsync and dsync
  again     seconds of a second run, with nothing changed; median
  CPU s     of the tool's processes, not of the servers; median
  peak MB   most memory of a process of the tool; nothing below 10 can be seen
tui-migrate has its journal. All of them use one connection to a server for one account.
dsync runs at the destination and writes its storage itself, so it pays the way to the source only, and its CPU seconds
hold what a server spends for the others. It asks for 50 messages at once (mail_prefetch_count); dsync-1000, which
asks for 1000, is shown for comparison: ratios and targets do not count it."""


def heading(situation: Situation) -> str:
    """The lines above all distances of one corpus."""
    title = f"{situation.corpus.title}, {'TLS' if situation.tls else 'plain'}"
    return f"\n{title}\n{_HEADING}"


def rows(results: Sequence[Result]) -> str:
    """The lines of one situation."""
    faster = _fastest(results, RIVALS)
    lines = []
    for number, result in enumerate(results):
        start = f"{result.situation.round_trip_ms:g} ms" if number == 0 else ""
        line = f"{start:>10}  {result.tool:<12}"
        if result.seconds is None:
            line += f"  {result.problem}"
        else:
            peak = (result.peak_bytes or 0) / 1e6
            line += f"{result.seconds:>9.2f}{_number(_ratio(result.seconds, faster)):>8}"
            line += f"{_number(result.seconds_again):>9}{_number(result.cpu_seconds):>8}{peak:>9.0f}"
        if result.tool == US and result.seconds is not None:
            line += "  " + "; ".join(
                f"{text}: {'reached' if reached else 'MISSED'}" for text, reached in targets(results)
            )
        lines.append(line)
    return "\n".join(lines)


def targets(results: Sequence[Result]) -> list[tuple[str, bool]]:
    """What tui-migrate is to reach in this situation, and whether it did. Nothing where there is no number for it."""
    us = next((each for each in results if each.tool == US), None)
    if us is None or us.seconds is None or us.peak_bytes is None:
        return []
    situation = us.situation
    share, name, rivals = 0.25 if situation.corpus.messages >= LARGE else 0.5, "the faster", RIVALS
    if situation.round_trip_ms == 0:
        share, name, rivals = 1.0, "mbsync", ("mbsync",)
    found = [(f"under {PEAK_TARGET_BYTES / 1e6:.0f} MB", us.peak_bytes < PEAK_TARGET_BYTES)]
    ratio = _ratio(us.seconds, _fastest(results, rivals))
    if ratio is not None:
        found.insert(0, (f"{ratio:.3f} of {name}, at most {share:g}", ratio <= share))
    return found


def as_json(results: Sequence[Sequence[Result]], runs: int) -> dict[str, object]:
    """Every number of every run."""
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "runs": runs,
        "situations": [
            {
                "corpus": group[0].situation.corpus.key,
                "messages": group[0].situation.corpus.messages,
                "round_trip_ms": group[0].situation.round_trip_ms,
                "tls": group[0].situation.tls,
                "targets": [{"target": text, "reached": reached} for text, reached in targets(group)],
                "tools": [_tool(each, _fastest(group, RIVALS)) for each in group],
            }
            for group in results
        ],
    }


def _tool(result: Result, faster: float | None) -> dict[str, object]:
    return {
        "tool": result.tool,
        "seconds": result.seconds,
        "ratio": _ratio(result.seconds, faster),
        "seconds_again": result.seconds_again,
        "cpu_seconds": result.cpu_seconds,
        "peak_bytes": result.peak_bytes,
        "problem": result.problem,
        "first_runs": [asdict(each) for each in result.first],
        "second_runs": [asdict(each) for each in result.again],
    }


def _fastest(results: Sequence[Result], names: Sequence[str]) -> float | None:
    return min((each.seconds for each in results if each.tool in names and each.seconds is not None), default=None)


def _ratio(seconds: float | None, other: float | None) -> float | None:
    return None if seconds is None or other is None else seconds / other


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
