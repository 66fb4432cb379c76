"""A store with many migrations and accounts, and a stand-in for the engine that copies for twenty of them.

    python -m tests.bench.crowd DATA_DIR

holds the store and writes once a second what an engine writes, until it is killed. It is a process of its own, so that
it shares no interpreter with what is measured.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path

from tests.ui import office
from tui_migrate.model import AccountState, Counts
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, progress

MIGRATIONS, ACCOUNTS, COPYING = 100, 10_000, 20
LISTED, SIZE = 100_000, 30_000
HOSTS = ("imap.old.example", "imap.new.example")


def fill(data_dir: Path) -> None:
    """All accounts in the first migration, which is started; the others are small."""
    with closing(office.open_service(data_dir)) as service:
        users = [f"user{number:05}@old.example" for number in range(1, ACCOUNTS + 1)]
        office.add_migration(service, "Migration 001", users, HOSTS)
        for number in range(2, MIGRATIONS + 1):
            office.add_migration(service, f"Migration {number:03}", [f"someone{number}@old.example"], HOSTS)
        for overview in service.migrations.listing()[1:]:
            service.migrations.pause(overview.migration.id)


def main(data_dir: Path) -> None:
    """Copy nothing, and say how fast."""
    with closing(office.open_service(data_dir)) as service:
        ids = [account.id for account in service.accounts.listing(1)[:COPYING]]
        with service.store.write() as connection:
            accounts.set_states(connection, [(each, AccountState.COPYING, "") for each in ids])
            for each in ids:
                progress.begin_pass(connection, each, time.time())
        with office.engine_at_work(service, time.time(), connections=2 * COPYING, rates=(600.0, 600.0 * SIZE)):
            for second in count(1):
                _write(service, ids, second)
                time.sleep(1.0)


def _write(service: office.OfficeService, ids: list[int], second: int) -> None:
    with service.store.write() as connection:
        for place, account_id in enumerate(ids):
            done = min(second * (25 + place), LISTED)
            tally = Tally(Counts(LISTED, done), LISTED * SIZE, done * SIZE)
            rate = 25.0 + place + second % 3
            progress.save_account(connection, account_id, tally, (rate, rate * SIZE))
    rate = 600.0 + second % 7
    office.beat(service, time.time(), connections=2 * COPYING, rates=(rate, rate * SIZE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
