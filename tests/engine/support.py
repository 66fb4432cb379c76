"""Runs the whole program between real servers: as a child process, or in this one where a test needs many runs."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli_w
from click.testing import CliRunner

from tests.servers.memory import memory_disk as memory_disk
from tests.servers.pop.server import PopDouble
from tests.servers.session import MailServer
from tui_migrate.cli import main
from tui_migrate.cli.foreground import carry_out
from tui_migrate.config.plan import load_plan
from tui_migrate.model import Account, Counts, Failure
from tui_migrate.service import open_service
from tui_migrate.timing import USUAL, Timing

HOST = "127.0.0.1"
PASSWORD = "secret"
"""Of every mailbox, unless a test says otherwise."""

Row = str | tuple[str, str] | Mapping[str, str]
Keys = Mapping[str, object]
"""A server as a plan file describes it."""


def plain(port: int, **keys: object) -> Keys:
    """A server without encryption. `keys` are further keys of its table, such as `max_connections`."""
    return {"host": HOST, "port": port, "security": "none", **keys}


def encrypted(port: int, ca_file: Path, security: str = "tls", **keys: object) -> Keys:
    """A server with `tls` or `starttls` whose certificate comes from the CA in `ca_file`."""
    return {"host": HOST, "port": port, "security": security, "ca_file": str(ca_file), **keys}


def write_plan(
    folder: Path,
    source: Keys,
    destination: Keys,
    accounts: Iterable[Row],
    *,
    excluded: Iterable[str] = (),
    title: str = "Test",
) -> Path:
    """Write `plan.toml` and `accounts.csv` into `folder`. Returns: the plan.

    An account is the user's name on both sides, the names at the source and at the destination, or a row by headings.
    """
    rows = [_row(account) for account in accounts]
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    with (folder / "accounts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings, restval="")
        writer.writeheader()
        writer.writerows(rows)
    plan = {
        "migration": {"title": title, "excluded_folders": list(excluded)},
        "source": dict(source),
        "destination": dict(destination),
        "accounts": {"file": "accounts.csv"},
    }
    path = folder / "plan.toml"
    path.write_text(tomli_w.dumps(plan), encoding="utf-8")
    return path


def plan_between(folder: Path, source: MailServer, destination: MailServer, **keys: object) -> Path:
    """A plan for every mailbox of a server in memory, to the one of the same name and password at another.

    `keys` are further keys of the source's table. Returns: the plan.
    """
    protocol = {"protocol": "pop"} if isinstance(source, PopDouble) else {}
    accounts = [
        {"Source": mailbox.user, "Password": mailbox.password, "Destination": mailbox.user}
        for mailbox in source.mailboxes.values()
    ]
    return write_plan(folder, plain(source.port, **protocol, **keys), plain(destination.port), accounts)


def run_here(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`tui-migrate ARGUMENTS` in this process, which saves the second of its start."""
    ended = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)


def run_cli(
    *arguments: str | Path,
    timeout: float = 300.0,
    env: Mapping[str, str] | None = None,
    program: str = "tui_migrate",
) -> subprocess.CompletedProcess[str]:
    """`tui-migrate ARGUMENTS` as a child process. Raises: TimeoutExpired when it hangs."""
    return subprocess.run(
        [sys.executable, "-m", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **(env or {})},
    )


@dataclass(frozen=True)
class Ended:
    """What a run has come to, as the admin sees it."""

    code: int
    accounts: list[Account]
    failures: list[Failure]

    @property
    def counts(self) -> Counts:
        """Of all accounts together."""
        return sum((account.counts for account in self.accounts), Counts())

    def __str__(self) -> str:
        """For a failing test to show."""
        lines = [f"exit code {self.code}", *map(repr, self.accounts), *map(repr, self.failures)]
        return "\n".join(lines)


def migrate(plan: Path, data_dir: Path, timing: Timing = USUAL) -> Ended:
    """`tui-migrate run PLAN --data-dir DATA_DIR` in this process, which saves the half second of its start."""
    service = open_service(data_dir)
    try:
        code = carry_out(service, load_plan(plan), timing)
        (overview,) = service.migrations.listing()
        return Ended(code, service.accounts.listing(overview.migration.id), service.failures.listing())
    finally:
        service.close()


def _row(account: Row) -> Mapping[str, str]:
    if isinstance(account, Mapping):
        return account
    source, destination = (account, account) if isinstance(account, str) else account
    return {"Source": source, "Password": PASSWORD, "Destination": destination}


def new_uidvalidity(root: Path) -> None:
    """Let Dovecot forget the UIDs of every folder; it numbers the messages anew under another UIDVALIDITY."""
    for path in root.rglob("dovecot*"):
        if path.name == "dovecot-uidlist" or path.name.startswith("dovecot.index"):
            path.unlink()


PEAK_MEMORY = """
from pathlib import Path
from tui_migrate.cli import main
try:
    main()
finally:
    print(next(line.split()[1] for line in Path("/proc/self/status").open() if line.startswith("VmHWM:")))
"""


def peak_memory(plan: Path, data_dir: Path) -> int:
    """Kilobytes that a run of the program needed at most: its own, which rusage counts from what its parent had."""
    command = [sys.executable, "-c", PEAK_MEMORY, "run", str(plan), "--data-dir", str(data_dir)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return int(ended.stdout.split()[-1])
