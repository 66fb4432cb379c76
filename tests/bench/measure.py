"""Runs a tool from its first to its last instant and says what that cost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_STOPWATCH = Path(__file__).with_name("stopwatch.py")
_ROOT = Path(__file__).parents[2]
"""Where tui_migrate can be imported from, installed or not."""
_LOOK_SECONDS = 0.02
_SHOWN = 300
"""Characters of a failed tool's last words."""


@dataclass(frozen=True)
class Measurement:
    """What one run of a tool cost."""

    seconds: float
    """From the start of the process, interpreter and all, to its end."""
    cpu_seconds: float
    """Of the tool's processes, in user and system mode; the servers' are not in it."""
    peak_bytes: int
    """Most memory of the largest of its processes."""
    first_seconds: float | None = None
    """Until the first message was there, where somebody looked."""


class RunFailed(Exception):
    """A run that says nothing about speed: the tool failed, took too long, or did not copy the mailbox."""


def measure(command: list[str], limit_seconds: float, first_has_come: Callable[[], bool] | None = None) -> Measurement:
    """Run `command`. Nothing of it runs any more afterwards, whatever happens.
    It is asked `first_has_come` now and then until that is so.

    Raises: RunFailed when it ends with another exit code than 0, or not in time.
    """
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(_STOPWATCH), *command],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            first_seconds = _wait_for_first(process, first_has_come) if first_has_come else None
            numbers, words = process.communicate(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            raise RunFailed(f"not done after {limit_seconds:g} s") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                # Returns when the last process that holds the output, the tool itself, is gone.
                process.communicate()
    if process.returncode != 0:
        raise RunFailed(f"could not be started: {_last(words)}")
    seconds, cpu_seconds, peak_bytes, exit_code = numbers.split()
    if exit_code != "0":
        raise RunFailed(f"ended with {exit_code}: {_last(words)}")
    return Measurement(float(seconds), float(cpu_seconds), int(peak_bytes), first_seconds)


def _wait_for_first(process: subprocess.Popen[str], has_come: Callable[[], bool]) -> float | None:
    began = time.monotonic()
    while not has_come():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
            return None
    return time.monotonic() - began


def _last(words: str) -> str:
    return " / ".join(line.strip() for line in words.splitlines() if line.strip())[-_SHOWN:]
