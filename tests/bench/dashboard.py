"""What the dashboard costs, measured from outside, in a pseudo-terminal of 80x24 as over SSH.

python -m tests.bench.dashboard            all of it, about two minutes
python -m tests.bench.dashboard --quick    without copying mail
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.bench.corpora import Corpus
from tests.bench.crowd import ACCOUNTS, COPYING, MIGRATIONS, fill
from tests.bench.ground import Ground, ground
from tests.bench.tools import TuiMigrate
from tests.support.sample_mail import plain
from tests.ui.terminal import Terminal
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service

STARTS, KEYS, COPIES = 7, 60, 5
WATCHED_SECONDS = 15.0
HURRY = Corpus("dashboard", "40,000 messages of 4 KB in 20 folders", 40_000, lambda: plain(40_000, 20))


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    print(f"{MIGRATIONS} migrations with {ACCOUNTS:,} accounts in the first, 80x24, as over SSH")
    with tempfile.TemporaryDirectory(prefix="bench-dashboard-") as name:
        data = Path(name)
        fill(data)
        _row("start to first screen", "s", [_start(data) for _ in range(STARTS)], 1.0)
        with Terminal(data, "--program") as terminal:
            terminal.shows("Migration 015")
            _row("written while idle", "B/s", [_written(terminal)], 100.0)
        with _engine(data), Terminal(data, "--program") as terminal:
            terminal.shows("engine running")
            terminal.type("\r", until="user00002")
            terminal.shows("copying")
            _row(f"written while {COPYING} copy", "B/s", [_written(terminal)], 4000.0)
            _row("key press to repaint meanwhile", "ms", [1000 * _press(terminal, row) for row in range(KEYS)], 100.0)
    if not options.quick:
        _compare_copies()


def _start(data: Path) -> float:
    """Seconds from the start of the process until the list is painted."""
    began = time.monotonic()
    with Terminal(data, "--program") as terminal:
        terminal.shows("Migration 015")
        return time.monotonic() - began


def _written(terminal: Terminal) -> float:
    """Bytes a second."""
    _settle(terminal)
    end = time.monotonic() + WATCHED_SECONDS
    terminal.output = b""
    terminal.until(lambda: time.monotonic() > end)
    return len(terminal.output) / WATCHED_SECONDS


def _settle(terminal: Terminal) -> None:
    """Until it has said nothing but numbers for three seconds."""
    end = time.monotonic() + 3.0
    terminal.until(lambda: time.monotonic() > end)


def _press(terminal: Terminal, row: int) -> float:
    """Seconds from `j` until the next row is marked on the screen."""
    terminal.output = b""
    began = time.monotonic()
    terminal.press("j")
    marked = f"▸ user{row + 2:05}".encode()
    terminal.until(lambda: marked in terminal.output)
    took = time.monotonic() - began
    pause = time.monotonic() + 0.05 + 0.013 * (row % 7)  # so that keys meet every moment of a look
    terminal.until(lambda: time.monotonic() > pause)
    return took


@contextmanager
def _engine(data: Path) -> Iterator[None]:
    """Somebody else holds the store and writes what an engine writes while it copies."""
    command = [sys.executable, "-m", "tests.bench.crowd", str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        try:
            yield
        finally:
            process.kill()


def _compare_copies() -> None:
    """Seconds of a real engine's pass, with nobody looking and with the dashboard on its account, in turn."""
    headless, watched = [], []
    with ground() as servers:
        servers.add(HURRY)
        _copy(servers, _nobody)
        for _ in range(COPIES):
            headless.append(_copy(servers, _nobody))
            watched.append(_copy(servers, _somebody))
    _row(f"{HURRY.title}, headless", "s", headless)
    _row("the same with the dashboard open", "s", watched)
    _row("slower by", "%", [100 * (statistics.median(watched) / statistics.median(headless) - 1)], 5.0)


def _copy(servers: Ground, look: Callable[[Path], Terminal | None]) -> float:
    with (
        servers.distance(0.0, tls=False) as ports,
        servers.transfer(HURRY, ports, tls=False) as transfer,
        tempfile.TemporaryDirectory(prefix="bench-copy-") as name,
    ):
        TuiMigrate().prepare(transfer, Path(name))
        data = Path(name) / "data"
        with closing(open_service(data)) as service:
            migration_id, _ = service.plans.save(load_plan(Path(name) / "plan.toml"))
            terminal = look(data)
            try:
                service.migrations.start(migration_id)
                while service.engine.status().running:
                    _wait(terminal, 0.2)
            finally:
                if terminal is not None:
                    terminal.__exit__(None, None, None)
            (account,) = service.accounts.listing(migration_id)
        if difference := servers.difference(HURRY, transfer):
            raise SystemExit(f"copied {difference}")
        if account.started_at is None or account.finished_at is None:
            raise SystemExit(f"{account!r} has not ended")
        return account.finished_at - account.started_at


def _wait(terminal: Terminal | None, seconds: float) -> None:
    """Whoever looks reads what the dashboard writes: a full line would stop it."""
    end = time.monotonic() + seconds
    if terminal is None:
        time.sleep(seconds)
    else:
        terminal.until(lambda: time.monotonic() > end)


def _nobody(data: Path) -> Terminal | None:
    return None


def _somebody(data: Path) -> Terminal | None:
    terminal = Terminal(data, "--program")
    terminal.shows("bench")
    terminal.type("\r", until="dashboard")
    terminal.type("\r", until="No folders")
    return terminal


def _row(what: str, unit: str, values: list[float], most: float | None = None) -> None:
    """The median, and the verdict on the worst."""
    median = statistics.median(values)
    spread = f"{min(values):.2f} to {max(values):.2f}" if len(values) > 1 else ""
    verdict = "" if most is None else f"under {most:g}: {'reached' if max(values) < most else 'MISSED'}"
    print(f"  {what:<44}{median:>9.2f} {unit:<4} {spread:<20}{verdict}", flush=True)


if __name__ == "__main__":
    main()
