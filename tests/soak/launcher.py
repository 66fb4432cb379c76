"""Runs `tui-migrate run` in children of a process that has imported it once: a start is cheap, and a kill is real.

As a program it reads orders, a line of JSON each, and writes two lines for each: the child's process id, and how it has
ended. The child is reaped only after the first one was answered.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tui_migrate.timing import Timing

KILLED = -signal.SIGKILL
HUNG = "hung"
PATIENCE = 240.0
"""Seconds that a run may take: the longest takes a few, on a machine that has time for it."""
_END_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


class Engine:
    """A run that is under way."""

    def __init__(self, pid: int) -> None:
        self._handle = os.pidfd_open(pid)
        self.struck = False

    def kill(self) -> None:
        """`kill -9`; returns when the process is no more. From any thread."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self.struck = True
        self._ended(PATIENCE)

    def wait(self, seconds: float) -> bool:
        """False when it has not ended in time: its stacks are written to its output then, and it is killed."""
        if self._ended(seconds):
            return True
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGUSR1)
        self._ended(2.0)
        self.kill()
        return False

    def close(self) -> None:
        """Forget the process."""
        os.close(self._handle)

    def _ended(self, seconds: float) -> bool:
        return bool(select.select([self._handle], [], [], seconds)[0])


class Launcher:
    """The process that has imported the program."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.launcher"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, plan: Path, data: Path, output: Path, timing: Timing, *, lanes: bool, without: str) -> Engine:
        """`tui-migrate run PLAN --data-dir DATA`. `lanes`: they begin as soon as there is anything to do for them;
        `without`: a repair that is switched off."""
        self._say(
            plan=str(plan), data=str(data), output=str(output), timing=asdict(timing), lanes=lanes, without=without
        )
        engine = Engine(self._hear()["pid"])
        self._say()
        return engine

    def ended(self) -> int:
        """The exit code, `KILLED` after a kill."""
        return int(self._hear()["code"])

    def _say(self, **order: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, int]:
        assert self._process.stdout is not None
        told: dict[str, int] = json.loads(self._process.stdout.readline())
        return told


def _end_with_parent() -> None:
    """A soak that is killed must not leave a run behind that waits for its server for ever."""
    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)


def _serve() -> None:
    from tests.soak import switched_off, warm  # noqa: F401 - they import the program, once

    _end_with_parent()
    warm.warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _run(order)
        print(json.dumps({"pid": pid}), flush=True)
        sys.stdin.readline()
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


def _run(order: dict[str, Any]) -> None:
    """In the child; never returns."""
    code = 99
    _end_with_parent()
    gc.disable()  # it does not live long
    try:
        handle = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        faulthandler.register(signal.SIGUSR1, file=handle, all_threads=True)
        code = _carry_out(order)
    except BaseException:  # noqa: BLE001 - outermost of the child
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _carry_out(order: dict[str, Any]) -> int:
    from tests.soak.switched_off import switch_off
    from tests.support.eager import begin_lanes_at_once
    from tui_migrate.cli.foreground import carry_out
    from tui_migrate.config.plan import load_plan
    from tui_migrate.service import open_service

    if order["lanes"]:
        begin_lanes_at_once()
    if order["without"]:
        switch_off(order["without"])
    service = open_service(Path(order["data"]))
    try:
        return carry_out(service, load_plan(Path(order["plan"])), Timing(**order["timing"]))
    finally:
        service.close()


if __name__ == "__main__":
    _serve()
