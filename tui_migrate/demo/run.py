"""The demo from start to end: servers up, plan written, program run on it, everything gone afterwards."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

import tomli_w

from tui_migrate.demo.servers import HOST, DemoServers, demo_servers

_SECONDS_PER_MESSAGE = 0.02
"""On the screen, the destination is as slow as this, so that there is progress to look at."""
_CONNECTIONS = 4
"""Fewer than there are accounts, so that some of them wait."""


def run_demo(*, headless: bool) -> int:
    """Open the dashboard on the sample migration, ready to start; with `headless`, copy it at once. The exit code.

    Store, key and passwords lie in a temporary folder that goes at the end, with the engine and the servers.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    sys.stderr.write("Starting two mail servers with sample mail ...\n")
    seconds = 0.0 if headless else _SECONDS_PER_MESSAGE
    with (
        # The engine may write its last lines while the folder goes.
        TemporaryDirectory(prefix="tui-migrate-demo-", ignore_cleanup_errors=True) as folder,
        demo_servers(seconds_per_message=seconds) as servers,
    ):
        plan, data_dir = write_plan(servers, Path(folder)), Path(folder, "data")
        if headless:
            return _tui_migrate(data_dir, "run", str(plan))
        code = _tui_migrate(data_dir, "import-plan", str(plan))
        if code:
            return code
        try:
            return _tui_migrate(data_dir)
        finally:
            _tui_migrate(data_dir, "stop")


def write_plan(servers: DemoServers, folder: Path) -> Path:
    """Write `plan.toml` and `accounts.csv` for these servers, for the owner's eyes only; the path of the plan."""
    server = {"host": HOST, "security": "none", "max_connections": _CONNECTIONS}
    plan = {
        "migration": {"title": "Demo: old server to new server"},
        "source": server | {"port": servers.source_port},
        "destination": server | {"port": servers.destination_port},
        "accounts": {"file": "accounts.csv"},
    }
    plan_file, accounts_file = folder / "plan.toml", folder / "accounts.csv"
    for file in (plan_file, accounts_file):
        file.touch(mode=0o600)
    plan_file.write_text(tomli_w.dumps(plan), encoding="utf-8")
    with accounts_file.open("w", encoding="utf-8", newline="") as file_object:
        rows = csv.writer(file_object)
        rows.writerow(["Source", "Password", "Destination"])
        rows.writerows([user, password, user] for user, password in servers.accounts)
    return plan_file


def _tui_migrate(data_dir: Path, *words: str) -> int:
    """Run the program as an admin would; its exit code. A Ctrl-C is for the program, which ends in its own way."""
    before = signal.signal(signal.SIGINT, _leave_it_to_the_program)
    try:
        with subprocess.Popen([sys.executable, "-m", "tui_migrate", "--data-dir", str(data_dir), *words]) as program:
            try:
                return program.wait()
            finally:
                program.terminate()
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_it_to_the_program(number: int, frame: FrameType | None) -> None:
    """A handler, and not SIG_IGN, which the program would inherit."""


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind, so that the engine and the servers are stopped."""
    sys.exit(128 + number)
