"""What the engine writes while it works, and a dashboard reads."""

from __future__ import annotations

import time

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.model import AccountState, Counts, EngineStatus, FolderProgress
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, looks, progress
from tui_migrate.store.database import Database

TALLY = Tally(Counts(100, 50, 10, 5, 1, 2), 5 * 2**40, 2**40)


def test_a_pass_counts_from_nothing_and_ends(database: Database, account_id: int, folder_id: int) -> None:
    with database.write() as connection:
        progress.begin_pass(connection, account_id, at=1000.0)
        progress.save_account(connection, account_id, TALLY, (1.0, 2.0))
        progress.save_folders(connection, {folder_id: TALLY})
        progress.end_pass(connection, account_id, 2000.0, AccountState.DONE)
        first = accounts.get(connection, account_id)
        progress.begin_pass(connection, account_id, at=3000.0)
        second = accounts.get(connection, account_id)
        (folder,) = progress.folder_progress(connection, account_id)
    assert (first.pass_number, first.started_at, first.finished_at) == (1, 1000.0, 2000.0)
    assert (first.counts, first.bytes_listed, first.bytes_copied) == (TALLY.counts, 5 * 2**40, 2**40)
    assert (second.pass_number, second.started_at, second.finished_at) == (2, 3000.0, None)
    assert (second.counts, second.bytes_listed, second.bytes_copied) == (Counts(), 0, 0)
    assert (folder.counts, folder.bytes_listed, folder.bytes_copied) == (Counts(), 0, 0)


def test_what_has_ended_has_no_rate_whatever_is_written_after_its_end(database: Database, account_id: int) -> None:
    with database.write() as connection:
        accounts.set_state(connection, account_id, AccountState.COPYING)
        progress.save_account(connection, account_id, TALLY, (1.0, 2.0))
        at_work = accounts.get(connection, account_id)
        accounts.set_state(connection, account_id, AccountState.DONE)
        progress.save_account(connection, account_id, TALLY, (1.0, 2.0))
        over = accounts.get(connection, account_id)
    assert (at_work.rate_messages, at_work.rate_bytes) == (1.0, 2.0)
    assert (over.rate_messages, over.rate_bytes, over.counts) == (0.0, 0.0, TALLY.counts)


def test_each_folder_has_its_own_numbers(database: Database, account_id: int, folder_id: int) -> None:
    other = Tally(Counts(7, 7), 70, 70)
    with database.write() as connection:
        sent = save_folder(connection, account_id, (b"Verzonden", b"Sent"), ("Verzonden", "Sent")).id
        progress.save_folders(connection, {folder_id: TALLY, sent: other})
        progress.save_folders(connection, {})
        assert progress.folder_progress(connection, account_id) == [
            FolderProgress(folder_id, account_id, "INBOX", "INBOX", TALLY.counts, 5 * 2**40, 2**40),
            FolderProgress(sent, account_id, "Verzonden", "Sent", other.counts, 70, 70),
        ]


def test_the_proven_pair_is_remembered(database: Database, account_id: int) -> None:
    with database.write() as connection:
        assert progress.proven_for(connection, account_id) == ""
        progress.set_proven(connection, account_id, "old alice > new alice")
        assert progress.proven_for(connection, account_id) == "old alice > new alice"


def test_the_last_beat_is_the_engine_s_newest(database: Database) -> None:
    with database.read() as connection:
        assert looks.engine.last_beat(connection) is None
    before = time.time()
    for pid in (41, 42):
        with database.write() as connection:
            progress.beat(connection, EngineStatus(True, pid, "jump-host", None, 7, 12.5, 3e6))
    with database.read() as connection:
        found = looks.engine.last_beat(connection)
    assert found is not None
    assert found.beat_at is not None
    assert before <= found.beat_at <= time.time()
    assert found == EngineStatus(False, 42, "jump-host", found.beat_at, 7, 12.5, 3e6)
    assert samples.rows(database) == {"heartbeat": 1}
