"""How long tui-migrate takes to start, beside the interpreter that it starts in: part of `make bench`, or alone

python -m tests.bench.start
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.bench.measure import RunFailed, measure
from tests.bench.report import Start
from tests.bench.report import starts as table
from tests.ui import office
from tests.ui.terminal import Terminal
from tui_migrate.model import Wanted

RUNS = 10
LIMIT_SECONDS = 60.0
MIGRATIONS, ACCOUNTS = 5, 10
_HOSTS = ("imap.old.example", "imap.new.example")
_PROGRAM = [sys.executable, "-m", "tui_migrate"]
INTERPRETER, TEXTUAL = "python -c pass", "python -c 'import textual.app'"


def main() -> None:
    """Print the table."""
    print(table(measured()))


def measured(runs: int = RUNS) -> list[Start]:
    """Each start, with the shortest of its runs, which are made in turn: what else the machine does harms all alike.

    Raises: RunFailed.
    """
    with tempfile.TemporaryDirectory(prefix="bench-start-") as name:
        store = Path(name) / "data"
        _fill(store)
        cases: list[tuple[str, Callable[[], float], str, float | None]] = [
            (INTERPRETER, lambda: _python("pass"), INTERPRETER, None),
            ("python -c 'import sqlalchemy'", lambda: _python("import sqlalchemy"), INTERPRETER, None),
            ("tui-migrate --help", lambda: _ours("--help"), INTERPRETER, 5.0),
            ("tui-migrate status", lambda: _ours("--data-dir", str(store), "status"), INTERPRETER, 20.0),
            ("tui-migrate failures", lambda: _ours("--data-dir", str(store), "failures"), INTERPRETER, 20.0),
            ("tui-migrate run PLAN, to its first octet", _first_octet, INTERPRETER, 25.0),
            (TEXTUAL, lambda: _python("import textual.app"), INTERPRETER, None),
            ("tui-migrate, to its first screen", lambda: _first_screen(store), TEXTUAL, 1.3),
        ]
        for _, take, _, _ in cases:
            take()  # whose bytecode is then on the disk
        seconds = [min(each) for each in zip(*([take() for _, take, _, _ in cases] for _ in range(runs)), strict=True)]
    known = dict(zip((case[0] for case in cases), seconds, strict=True))
    return [Start(what, known[what], than, known[what] / known[than], most) for what, _, than, most in cases]


def _fill(store: Path) -> None:
    store.mkdir()
    with closing(office.open_service(store)) as service:
        for number in range(1, MIGRATIONS + 1):
            users = [f"user{each}@{number}.example" for each in range(ACCOUNTS)]
            office.add_migration(service, f"Migration {number:03}", users, _HOSTS, Wanted.PAUSE)


def _python(code: str) -> float:
    return measure([sys.executable, "-c", code], LIMIT_SECONDS).seconds


def _ours(*words: str) -> float:
    return measure([*_PROGRAM, *words], LIMIT_SECONDS).seconds


def _first_octet() -> float:
    """Seconds until `run` says its first word to a server; what it waits for that is the greeting."""
    with tempfile.TemporaryDirectory(prefix="bench-run-") as name, socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_SECONDS)
        folder, host = Path(name), f'host = "127.0.0.1"\nport = {server.getsockname()[1]}\nsecurity = "none"\n'
        plan = folder / "plan.toml"
        accounts = '[accounts]\nfile = "accounts.csv"\n'
        plan.write_text(f'[migration]\ntitle = "start"\n[source]\n{host}[destination]\n{host}{accounts}')
        (folder / "accounts.csv").write_text("Source,Password,Destination,Destination Password\na,secret,b,secret\n")
        command = [*_PROGRAM, "run", str(plan), "--data-dir", str(folder / "data")]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(LIMIT_SECONDS)
                    connection.sendall(b"* OK ready\r\n")
                    connection.recv(1)
                    return time.monotonic() - began
            except OSError as error:
                raise RunFailed(f"tui-migrate run has said nothing: {error}") from error
            finally:
                process.kill()


def _first_screen(store: Path) -> float:
    began = time.monotonic()
    with Terminal(store, "--program") as terminal:
        terminal.shows(f"Migration {MIGRATIONS:03}")
        return time.monotonic() - began


if __name__ == "__main__":
    main()
