"""A store from before messages said who brought them: its numbers are true after the upgrade, without a pass."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, update

from tests.store import samples
from tui_migrate.model import Counts, Moved
from tui_migrate.model.journal import Entry
from tui_migrate.store import accounts, journal, pairs, passes, progress
from tui_migrate.store.database import Database
from tui_migrate.store.schema import folder
from tui_migrate.store.upgrades import run

SETTINGS = """
INSERT INTO server (id, protocol, host, port, security, max_connections, path_prefix, ca_file)
    VALUES (1, 'imap', 'old', 993, 'tls', 4, '', ''), (2, 'imap', 'new', 993, 'tls', 4, '', '');
INSERT INTO migration (id, title, source_id, destination_id, excluded_folders, wanted, created_at)
    VALUES (1, 'Head office', 1, 2, '[]', 'run', 0);
"""
ACCOUNT = """
INSERT INTO account (id, migration_id, source_user, source_secret, destination_user, priority, position,
    excluded_folders, wanted, state, pass_number, started_at, finished_at, listed, copied, there, bytes_copied)
    VALUES (?, 1, ?, x'', 'x', 5, 1, '[]', 'run', 'done', ?, ?, ?, ?, ?, ?, ?)
"""
FOLDER = """
INSERT INTO folder (id, account_id, source_name, destination_name, source_display, destination_display,
    source_messages, complete, listed, copied, there) VALUES (?, ?, ?, x'41', 'A', 'A', ?, ?, ?, ?, ?)
"""
PASS = (
    "INSERT INTO pass (account_id, number, began, ended, listed, copied, there, bytes_copied) VALUES (?,?,?,?,?,?,?,?)"
)


def window(store: sqlite3.Connection, folder: int, opened_at: float, uids: range, done: int = 1) -> None:
    values = journal.values_of([samples.entry(uid) for uid in uids])
    store.execute(
        "INSERT INTO window (folder_id, done, low_uid, opened_at, source_uids, fingerprints, flags) "
        "VALUES (?, ?, 1, ?, ?, ?, ?)",
        (folder, done, opened_at, values["source_uids"], values["fingerprints"], values["flags"]),
    )


def size(*uids: range) -> int:
    return sum(samples.entry(uid).fingerprint.length for some in uids for uid in some)


@pytest.fixture
def older(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A store of the version before, open until it is upgraded."""
    engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
    config = run.configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    store = sqlite3.connect(tmp_path / "store.db")
    store.executescript(SETTINGS)
    yield store
    store.close()


@pytest.fixture
def upgraded(older: sqlite3.Connection, tmp_path: Path) -> Iterator[Database]:
    """Alice has had two passes, Bob is in the midst of his second, Carol's first is not on record, Dave has none."""
    older.execute(ACCOUNT, (1, "alice", 2, 200, 210, 110, 1, 109, 4200))
    older.executemany(PASS, [(1, 1, 100, 110, 106, 97, 9, size(range(97))), (1, 2, 200, 210, 110, 1, 109, 4200)])
    older.execute(FOLDER, (1, 1, b"INBOX", 60, 1, 60, 1, 59))
    window(older, 1, 0, range(1, 10))  # found at the destination
    window(older, 1, 105, range(10, 61))  # one of these has left the source since
    window(older, 1, 205, range(61, 62))
    older.execute(FOLDER, (2, 1, b"Sent", 50, 1, 50, 0, 50))
    window(older, 2, 105, range(1, 51))

    older.execute(ACCOUNT, (2, "bob", 2, 200, None, 30, 5, 20, 900))
    older.executemany(PASS, [(2, 1, 100, 110, 20, 20, 0, size(range(1, 21))), (2, 2, 200, None, 0, 0, 0, 0)])
    older.execute(FOLDER, (3, 2, b"INBOX", None, 0, 30, 5, 20))
    window(older, 3, 105, range(1, 21))
    window(older, 3, 205, range(21, 26))
    window(older, 3, 206, range(26, 31), done=0)

    older.execute(ACCOUNT, (3, "carol", 3, 300, 310, 12, 2, 10, 100))
    older.execute(PASS, (3, 3, 300, 310, 12, 2, 10, 100))
    older.execute(FOLDER, (4, 3, b"INBOX", 12, 1, 12, 2, 10))
    window(older, 4, 150, range(1, 11))
    window(older, 4, 305, range(11, 13))

    older.execute(ACCOUNT, (4, "dave", 0, None, None, 0, 0, 0, 0))
    older.commit()
    database = Database(tmp_path / "store.db")
    yield database
    database.close()


def test_what_we_brought_is_told_from_what_was_there(upgraded: Database) -> None:
    with upgraded.read() as connection:
        found = {each.source_user: each.counts for each in accounts.listing(connection, 1)}
        folders = [each.counts for each in progress.folder_progress(connection, 1)]
        walks = [each.counts for each in passes.listing(connection, [1])[1]]
    assert found == {
        "alice": Counts(110, 1, there=9, brought=100),
        "bob": Counts(30, 5, brought=20),
        "carol": Counts(12, 2, brought=10),
        "dave": Counts(),
    }
    assert folders == [Counts(60, 1, there=9, brought=50), Counts(50, brought=50)]
    assert walks == [Counts(106, 97, there=9), Counts(110, 1, there=9, brought=100)]


def test_what_was_moved_in_all_passes_is_summed_up(upgraded: Database) -> None:
    with upgraded.read() as connection:
        found = {each.source_user: each.moved for each in accounts.listing(connection, 1)}
    assert found == {
        "alice": Moved(102, size(range(10, 61), range(61, 62), range(1, 51))),
        "bob": Moved(25, size(range(1, 26))),
        "carol": Moved(12, size(range(1, 13))),  # of which only two are of the pass on record
        "dave": Moved(),
    }


def test_the_next_pass_knows_who_brought_what(upgraded: Database) -> None:
    with upgraded.read() as connection:
        records = {each.id: each for number in (1, 2, 3) for each in pairs.listing(connection, number)}
        numbers = {key: [each.pass_number for each in journal.windows(connection, key)] for key in records}
        connection.execute(update(folder).where(folder.c.id == 3).values(complete=1))
        this_pass = journal.copied_in(connection, 2, 2)
    assert numbers == {1: [0, 1, 2], 2: [1], 3: [1, 2, 2], 4: [1, 3]}
    assert {key: each.source_adopted for key, each in records.items()} == {1: 9, 2: 0, 3: 0, 4: 0}
    assert this_pass == {3: (5, size(range(21, 26)))}


def test_a_window_that_was_open_counts_once_it_has_arrived(upgraded: Database) -> None:
    with upgraded.write() as connection:
        *_, unsettled = journal.windows(connection, 3)
        arrived: list[Entry] = list(unsettled.entries[:3])
        for _ in range(2):
            journal.close_window(connection, unsettled.id, arrived)
        bob = accounts.get(connection, 2)
    assert bob.moved == Moved(28, size(range(1, 26), range(26, 29)))
