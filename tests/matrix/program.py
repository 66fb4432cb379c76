"""The program as an admin runs it, each time as a whole process, and what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.engine.support import write_plan
from tests.matrix.server import PASSWORD
from tui_migrate.model import Counts, Failure, Remark
from tui_migrate.service import open_service

_LIMIT_SECONDS = 300.0
_SHOWN_OF_A_LOG = 2000
"""Characters, of a run that hangs: it may wait for what it takes for an outage."""


@dataclass(frozen=True)
class Said:
    """What the program says after a run."""

    code: int
    """Of `run`."""
    counts: Counts
    remarks: list[Remark]
    failures: list[Failure]
    verify: dict[str, Any]
    """Of the one account."""
    deep: bool
    """`verify` has read all octets."""


class Program:
    """One migration of one account, with a store of its own."""

    _running: ClassVar[set[subprocess.Popen[str]]] = set()

    def __init__(
        self, folder: Path, source: Mapping[str, object], destination: Mapping[str, object], *users: str
    ) -> None:
        """`users`: the mailbox at the source, and that at the destination."""
        folder.mkdir(parents=True)
        row = {"Source": users[0], "Password": PASSWORD, "Destination": users[1]}
        self._plan = write_plan(folder, source, destination, [row])
        self._data = folder / "data"

    def first(self) -> Counts:
        """The first pass. Raises: RuntimeError when it hangs."""
        self._call("run", str(self._plan))
        with closing(open_service(self._data)) as service:
            return service.migrations.listing()[0].counts

    def again(self, *, deep: bool) -> Said:
        """Another run of the same plan, and `verify`. Raises: RuntimeError when they hang or cannot be understood."""
        code, _ = self._call("run", str(self._plan))
        output = self._call("verify", "--json", *(["--deep"] if deep else []))[1]
        try:
            verify = json.loads(output)["accounts"][0]
        except (ValueError, LookupError) as error:
            raise RuntimeError(f"verify: {output}") from error
        with closing(open_service(self._data)) as service:
            counts = service.migrations.listing()[0].counts
            return Said(code, counts, service.passes.remarks(), service.failures.listing(), verify, deep)

    def _call(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of a whole process."""
        command = [sys.executable, "-m", "tui_migrate", *arguments, "--data-dir", str(self._data)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            self._running.add(process)
            try:
                output = process.communicate(timeout=_LIMIT_SECONDS)[0]
                return process.returncode, output
            except subprocess.TimeoutExpired as error:
                process.kill()
                log = (self._data / "log" / "engine.log").read_text(encoding="utf-8")
                raise RuntimeError(f"{' '.join(arguments)} hangs:\n{log[-_SHOWN_OF_A_LOG:]}") from error
            finally:
                self._running.discard(process)

    @classmethod
    def stop_all(cls) -> None:
        """End what runs, by their ids: the matrix was stopped."""
        for process in [*cls._running]:
            process.kill()
