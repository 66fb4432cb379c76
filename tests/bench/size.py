"""How a store behaves that holds very much: 50,000 accounts, in one migration and in a hundred; millions of messages.

Seconds are those of the processor, which other load on the machine does not change much.

python -m tests.bench.size                           50,000 accounts and 1,000,000 messages, some minutes
python -m tests.bench.size --messages 10000000       those of a large site, in 1 GB of temporary files
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tests.support.pairs import save_folder
from tests.ui import office
from tui_migrate.config.paths import Paths
from tui_migrate.engine.copying.tools import Clocks, Files, Tools
from tui_migrate.engine.log import logging_to
from tui_migrate.engine.steady import SteadyClock
from tui_migrate.engine.supervisor import Supervisor
from tui_migrate.engine.turns.sharing import Run
from tui_migrate.model import AccountState, Counts, Fingerprint
from tui_migrate.model.journal import Entry
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, journal, progress
from tui_migrate.store.database import Writer
from tui_migrate.ui.app import MigrateApp
from tui_migrate.ui.screens.account import AccountScreen
from tui_migrate.ui.screens.accounts import AccountsScreen
from tui_migrate.ui.screens.check import CheckScreen
from tui_migrate.ui.screens.events import EventsScreen
from tui_migrate.ui.screens.failures import FailuresScreen
from tui_migrate.ui.screens.migrations import MigrationsScreen
from tui_migrate.ui.screens.room import Room

ACCOUNTS, MESSAGES = 50_000, 1_000_000
WINDOWS = (50, 200, 1000)
"""Messages of a window: what one takes, by the size of its mail."""
FOLDERS, RUNS, TICKS = 20, 5, 15
ALL = ", all rows"
"""Of a screen that shows the first rows of a long list sooner."""
HOSTS = ("imap.old.example", "imap.new.example")
_PRINT = Fingerprint(4000, 1_700_000_000, bytes(16), bytes(16))


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    options = parser.parse_args()
    for migrations in (1, 100):
        with tempfile.TemporaryDirectory(prefix="bench-size-") as name:
            print(f"{options.accounts:,} accounts in {migrations:,} of the store's migrations", flush=True)
            fill(Path(name), options.accounts, migrations)
            _measure_accounts(Path(name))
    with tempfile.TemporaryDirectory(prefix="bench-size-") as name:
        print(f"{options.messages:,} messages on record, in windows of {', '.join(map(str, WINDOWS))}", flush=True)
        fill_journal(Path(name), options.messages)
        _measure_journal(Path(name), options.messages)


# Stores


def fill(data_dir: Path, number: int, migrations: int) -> None:
    """Accounts of which a third has ended, one in a hundred of these with failures; all wanted to run."""
    with closing(office.open_service(data_dir)) as service:
        for migration in range(1, migrations + 1):
            users = [f"user{each:05}@old.example" for each in range(1, number // migrations + 1)]
            ids = office.add_migration(service, f"Migration {migration:03}", users, HOSTS)
            with service.store.write() as connection:
                for account_id in ids[::3]:
                    _end(connection, account_id)
            for account_id in ids[::300]:
                office.add_failure(service, account_id, time.time(), kind="login refused", sentence="Refused.")


def _end(connection: Connection, account_id: int) -> None:
    progress.begin_pass(connection, account_id, time.time() - 600)
    progress.save_account(connection, account_id, Tally(Counts(1000, 1000), 10**8, 10**8), (0.0, 0.0))
    progress.end_pass(connection, account_id, time.time(), AccountState.DONE)
    accounts.set_state(connection, account_id, AccountState.DONE)


def fill_journal(data_dir: Path, messages: int) -> None:
    """One account with its folders full of windows, each opened and closed as the engine does it."""
    draw = random.Random(1)
    prints = [
        Fingerprint(4000 + each, 1_700_000_000 + each, draw.randbytes(16), draw.randbytes(16)) for each in range(1000)
    ]
    with closing(office.open_service(data_dir)) as service:
        (account_id,) = office.add_migration(service, "Archive", ["archive@old.example"], HOSTS)
        with service.store.write() as connection:
            names = [f"Folder {each:02}".encode() for each in range(FOLDERS)]
            ids = [save_folder(connection, account_id, (name, name), (name.decode(),) * 2).id for name in names]
        done, uids, folders, sizes = 0, dict.fromkeys(ids, 1), cycle(ids), cycle(WINDOWS)
        while done < messages:
            with service.store.write() as connection:
                for folder_id, size in islice(zip(folders, sizes, strict=False), 256):
                    first = uids[folder_id]
                    entries = [
                        Entry(first + each, prints[each], frozenset({"\\Seen"}), first + each) for each in range(size)
                    ]
                    opened = journal.open_window(connection, folder_id, first, entries)
                    journal.close_window(connection, opened, entries)
                    uids[folder_id] += size
                    done += size


# What is measured


def _measure_accounts(data_dir: Path) -> None:
    _row("look of the supervisor", "ms", _ticks(data_dir), 50.0)
    for name, seconds in asyncio.run(_screens(data_dir)).items():
        _row(f"screen: {name}", "s", seconds, None if name.endswith(ALL) else 0.3)
    with tempfile.TemporaryDirectory(prefix="bench-size-") as empty:
        of_nothing = min(_seconds(lambda: _cli("--data-dir", empty, "status")))
    status = _seconds(lambda: _cli("--data-dir", str(data_dir), "status"))
    _row("status, beyond that of an empty store", "s", [each - of_nothing for each in status], 0.3)


def _cli(*arguments: str) -> None:
    command = [sys.executable, "-m", "tui_migrate", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2])


def _seconds(act: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(RUNS):
        began = _processor()
        act()
        taken.append(_processor() - began)
    return taken


def _processor() -> float:
    """Seconds of processors' time, of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class _Idle(Supervisor):
    """Accounts that it starts copy nothing and do not end: what is measured is the look at all the others."""

    def __init__(self, tools: Tools, service: office.OfficeService) -> None:
        super().__init__(tools, service.store.vault)
        self.ticks: list[float] = []
        """Milliseconds."""

    async def _tick(self) -> bool:
        began = time.process_time()
        idle = await super()._tick()
        self.ticks.append(1000 * (time.process_time() - began))
        if len(self.ticks) >= TICKS:
            self.stop()
        return idle

    async def _account(self, run: Run) -> None:
        account_id = run.work.account.id
        await self._write(lambda connection: accounts.set_state(connection, account_id, AccountState.COPYING))
        await asyncio.to_thread(run.stop.wait)
        del self._runs[account_id]
        self._wake.set()


def _ticks(data_dir: Path) -> list[float]:
    """Milliseconds of each look but the first, which has statements put together."""
    with closing(office.open_service(data_dir)) as service:
        writer = Writer(service.store.database)
        with logging_to(service.store.paths.log_dir) as log:
            tools = Tools(writer, Files(service.store.paths.spool_dir, log), Clocks(SteadyClock(None)))

            async def supervise() -> list[float]:
                supervisor = _Idle(tools, service)
                await supervisor.run(until_idle=False)
                return supervisor.ticks

            try:
                return asyncio.run(supervise())[1:]
            finally:
                writer.close()


async def _screens(data_dir: Path) -> dict[str, list[float]]:
    """Seconds until each screen shows what it has read."""
    found: dict[str, list[float]] = defaultdict(list)
    with closing(office.open_service(data_dir)) as service:
        migration = service.migrations.listing()[0].migration
        mine = service.accounts.get(1)
        app = MigrateApp(service)
        async with app.run_test(size=(120, 40)):
            gc.freeze()  # as the program does when it has loaded all
            gc.set_threshold(50_000, 20, 10)  # and before its first screen
            screens: dict[str, Callable[[], Room[Any]]] = {
                "list of migrations": lambda: MigrationsScreen(service),
                "accounts": lambda: AccountsScreen(service, migration),
                "one account": lambda: AccountScreen(service, migration, mine),
                "failures": lambda: FailuresScreen(service, migration),
                "events": lambda: EventsScreen(service, migration),
                "checks": lambda: CheckScreen(service, migration),
            }
            for name, make in screens.items():
                for _ in range(RUNS):
                    screen, began = make(), time.process_time()
                    await app.push_screen(screen)
                    while screen._looked is None:
                        await asyncio.sleep(0.01)
                    found[name].append(time.process_time() - began)
                    is_long = screen.partial
                    while screen.partial:
                        await asyncio.sleep(0.01)
                    if is_long:
                        found[name + ALL].append(time.process_time() - began)
                    await app.pop_screen()
    return found


def _measure_journal(data_dir: Path, messages: int) -> None:
    paths = Paths(data_dir)
    size = paths.database.stat().st_size
    _row("store, for a million messages", "MB", [size / messages])
    opened = []
    for _ in range(RUNS):
        began = time.process_time()
        with closing(office.open_service(data_dir)):
            opened.append(time.process_time() - began)
    _row("opening it", "s", opened, 0.5)
    with closing(office.open_service(data_dir)) as service, service.store.write() as connection:
        entries = [Entry(each, _PRINT, frozenset(), each) for each in range(10**9, 10**9 + 1000)]
        window_id = journal.open_window(connection, 1, 1, entries)
        closed = []
        for _ in range(RUNS):
            began = time.process_time()
            journal.close_window(connection, window_id, entries)
            closed.append(1000 * (time.process_time() - began))
        _row("closing a window of 1,000 messages", "ms", closed)
        began = time.process_time()
        known = sum(len(each.entries) for each in journal.windows(connection, 1))
        took = time.process_time() - began
        _row("reading what is known of a folder", "s", [took])
        print(f"    of {known:,} messages")


def _row(what: str, unit: str, values: list[float], most: float | None = None) -> None:
    """The median, and the verdict on it."""
    median = statistics.median(values)
    spread = f"{min(values):.3f} to {max(values):.3f}" if len(values) > 1 else ""
    verdict = "" if most is None else f"at most {most:g}: {'reached' if median <= most else 'MISSED'}"
    print(f"  {what:<40}{median:>9.3f} {unit:<4} {spread:<20}{verdict}", flush=True)


if __name__ == "__main__":
    main()
