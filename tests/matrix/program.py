"""The program as an admin runs it, each time as a whole process, and what it says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.support import run_cli, write_plan
from tests.matrix.server import PASSWORD
from tui_migrate.model import Counts, Failure, Remark
from tui_migrate.service import open_service

_LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class Said:
    """What the program's own commands say after a run."""

    code: int
    """Of `run`."""
    output: str
    counts: Counts
    remarks: list[Remark]
    failures: list[Failure]
    verify: dict[str, Any]
    """Of the one account, read by `verify --deep`."""
    verify_code: int
    shallow: dict[str, Any]


class Program:
    """One migration of one account, with a store of its own."""

    def __init__(
        self, folder: Path, source: Mapping[str, object], destination: Mapping[str, object], *users: str
    ) -> None:
        """`users`: the mailbox at the source, and that at the destination."""
        folder.mkdir(parents=True)
        row = {"Source": users[0], "Password": PASSWORD, "Destination": users[1]}
        self._plan = write_plan(folder, source, destination, [row])
        self._data = folder / "data"

    def run(self, *, verify: bool = True) -> Said:
        """`run`, and then all that tells what has come of it. Raises: RuntimeError when it cannot be understood."""
        ended = self._call("run", str(self._plan))
        deep = self._verify("--deep") if verify else (0, {})
        shallow = self._verify() if verify else (0, {})
        service = open_service(self._data)
        try:
            (overview,) = service.migrations()
            (account,) = service.accounts(overview.migration.id)
            return Said(
                code=ended.returncode,
                output=ended.stdout + ended.stderr,
                counts=account.counts,
                remarks=service.remarks(),
                failures=service.failures(),
                verify=deep[1],
                verify_code=deep[0],
                shallow=shallow[1],
            )
        finally:
            service.close()

    def _verify(self, *options: str) -> tuple[int, dict[str, Any]]:
        ended = self._call("verify", "--json", *options)
        try:
            return ended.returncode, json.loads(ended.stdout)["accounts"][0]
        except (ValueError, LookupError) as error:
            raise RuntimeError(f"verify: exit code {ended.returncode}: {ended.stdout}{ended.stderr}") from error

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_cli(*arguments, "--data-dir", self._data, timeout=_LIMIT_SECONDS)
