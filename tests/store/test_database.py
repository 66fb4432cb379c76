"""Opening a store: alone, at the same time as others, and where it cannot be."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.errors import NotFound, NotStorable, StoreUnusable
from tui_migrate.model import Secret
from tui_migrate.store import accounts, events, journal
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

ROUNDS = 15


@pytest.fixture
def ordinary_user() -> Iterator[Path]:
    """A folder of a user to whom permissions apply: they do not apply to root, as whom tests run in containers."""
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        shutil.chown(folder, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def events_seen_by_another_process(path: Path) -> int:
    """Opens the store, reads and closes it, as `status` beside a running engine does."""
    code = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1])\n"
        "print(connection.execute('SELECT count(*) FROM event').fetchone()[0]); connection.close()"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_every_connection_is_durable_keeps_references_and_waits_for_others(database: Database) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with ExitStack() as stack:
        connections = [stack.enter_context(database.read()) for _ in range(12)]
        found = [tuple(c.exec_driver_sql(f"PRAGMA {each}").scalar_one() for each in pragmas) for c in connections]
    assert found == [("wal", 2, 1, 30_000)] * 12  # 2 is FULL: a commit is on disk before it is one


def test_what_was_written_is_there_when_it_is_opened_again(database: Database) -> None:
    with database.write() as connection:
        events.add(connection, "alice", "said something")
    database.close()
    again = Database(database.path)
    with again.read() as connection:
        assert [event.what for event in events.listing(connection)] == ["said something"]
    again.close()


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            events.add(connection, "alice", "said something")
            accounts.get(connection, 1)

    with pytest.raises(NotFound, match="There is no account 1"):
        write()
    assert samples.rows(database) == {}


def test_readers_see_the_state_before_a_long_transaction_and_do_not_wait_for_it(
    database: Database, account_id: int
) -> None:
    with database.write() as connection:
        accounts.delete(connection, [account_id])
        assert samples.rows(database)["account"] == 1
        with database.read() as reader:
            before = accounts.get(reader, account_id)
    assert before.source_user == "alice"
    assert "account" not in samples.rows(database)


def test_a_reader_sees_one_state_however_long_it_looks(database: Database) -> None:
    with database.read() as reader:
        assert events.listing(reader) == []
        with database.write() as connection:
            events.add(connection, "alice", "said something")
        assert events.listing(reader) == []


@pytest.mark.parametrize("name", ["a?b=c", "100%25", "a#b", "it's", "Privé", "file:x"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for _ in range(2):
        Database(folder / "store.db").close()
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.db*")] == [Path(name, "store.db")]


def test_others_can_read_none_of_its_files(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database(tmp_path / "store.db")
        with database.write() as connection:
            events.add(connection, "alice", "said something")
        files = {path.name: mode(path) for path in tmp_path.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert files == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}


def test_passwords_lie_in_none_of_its_files(
    database: Database, vault: Vault, migration_id: int, tmp_path: Path
) -> None:
    spec = samples.mailbox(password="Geheim-Wachtwoord", destination_password=Secret("Other-Wachtwoord"))
    with database.write() as connection:
        accounts.save(connection, migration_id, [spec], vault)
    octets = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"alice@new.example" in octets
    for password in ("Geheim-Wachtwoord", "Other-Wachtwoord", "admin-pässword"):
        assert password.encode() not in octets
        assert password.encode("utf-16-le") not in octets


def test_a_second_opening_in_this_process_lets_no_other_process_remove_the_wal(database: Database) -> None:
    """Closing any descriptor of a file drops all POSIX locks that a process holds on it.

    Without them another process takes itself for the last user of the store and deletes the WAL under ours.
    """
    second = Database(database.path)
    for number, store in enumerate([database, second, database], start=1):
        with store.write() as connection:
            events.add(connection, "engine", f"event {number}")
        assert events_seen_by_another_process(database.path) == number
    second.close()


def open_new_stores(folder: Path, barrier: Barrier) -> None:
    for number in range(ROUNDS):
        barrier.wait(120)
        opened = Database(folder / f"{number}.db")
        vault = Vault(folder / f"{number}.key")
        with opened.write() as connection:
            connection.execute(
                text("INSERT INTO event (at, who, what) VALUES (0, :pid, :sealed)"),
                {"pid": os.getpid(), "sealed": vault.seal(Secret("wachtwoord"), ("x",)).hex()},
            )
        opened.close()


def test_processes_that_start_at_the_same_time_share_one_new_store_and_one_key(tmp_path: Path) -> None:
    context = get_context("spawn")
    barrier = context.Barrier(3)
    processes = [context.Process(target=open_new_stores, args=(tmp_path, barrier)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    for number in range(ROUNDS):
        opened, vault = Database(tmp_path / f"{number}.db"), Vault(tmp_path / f"{number}.key")
        with opened.read() as connection:
            found = [
                (event.who, vault.open(bytes.fromhex(event.what), ("x",)).reveal())
                for event in events.listing(connection)
            ]
        opened.close()
        assert sorted(found) == sorted((str(process.pid), "wachtwoord") for process in processes)
    assert len(list(tmp_path.iterdir())) == 2 * ROUNDS


def test_a_new_store_that_another_process_is_making_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself gives up at once when it cannot have a file alone to change it to WAL mode."""
    path = tmp_path / "store.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(time, "sleep", lambda _: other.close())
    opened = Database(path)
    with opened.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    opened.close()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("These are my notes.\n" * 100)
    with pytest.raises(StoreUnusable, match=rf"{path} cannot be used: file is not a database\."):
        Database(path)
    assert path.read_text() == "These are my notes.\n" * 100


def test_a_damaged_store_is_named(database: Database) -> None:
    database.close()
    octets = bytearray(database.path.read_bytes())
    octets[4096:] = b"\xff" * (len(octets) - 4096)
    database.path.write_bytes(octets)
    with pytest.raises(StoreUnusable, match=rf"{database.path} cannot be used: .*malformed"):
        Database(database.path)


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match=rf"{tmp_path} is no file\."):
        Database(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match=r"nowhere/store\.db cannot be opened: No such file or directory\."):
        Database(tmp_path / "nowhere" / "store.db")


def test_a_read_only_folder_is_named(ordinary_user: Path) -> None:
    ordinary_user.chmod(0o500)
    with pytest.raises(StoreUnusable, match=r"store\.db cannot be opened: Permission denied\."):
        Database(ordinary_user / "store.db")


def test_a_store_in_a_folder_that_became_read_only_is_named(ordinary_user: Path) -> None:
    path = ordinary_user / "store.db"
    Database(path).close()
    ordinary_user.chmod(0o500)
    with pytest.raises(StoreUnusable, match=r"store\.db cannot be used: "):
        Database(path)


def test_a_store_of_somebody_else_is_named(ordinary_user: Path) -> None:
    path = ordinary_user / "store.db"
    Database(path).close()
    path.chmod(0)
    with pytest.raises(StoreUnusable, match=r"store\.db cannot be used: "):
        Database(path)


def test_an_error_shows_none_of_the_values(database: Database, account_id: int) -> None:
    """They hold subjects and addresses, and errors are logged."""
    with pytest.raises(NotStorable, match="NOT NULL") as raised, database.write() as connection:
        events.record_failure(connection, samples.failure(account_id, subject="a secret matter", kind=None))
    causes: list[BaseException | None] = [raised.value, raised.value.__cause__]
    assert all("secret matter" not in f"{cause} {cause!r}" for cause in causes)


def test_what_is_written_for_something_deleted_is_refused_and_lands_nowhere_else(
    database: Database, vault: Vault, migration_id: int, account_id: int, folder_id: int
) -> None:
    """The engine may be at work on an account that the admin deletes and imports again."""
    with database.write() as connection:
        accounts.delete(connection, [account_id])
        accounts.save(connection, migration_id, [samples.mailbox()], vault)
        (new,) = accounts.listing(connection, migration_id)
        folder = save_folder(connection, new.id, (b"INBOX", b"INBOX"), ("INBOX", "INBOX"))
    for write in (
        lambda connection: journal.open_window(connection, folder_id, 1, [samples.entry(1)]),
        lambda connection: journal.add_done(connection, folder_id, [samples.entry(1)]),
        lambda connection: events.record_failure(connection, samples.failure(account_id)),
        lambda connection: events.add(connection, "engine", "ended", account_id=account_id),
    ):
        with pytest.raises(NotFound, match="has been deleted"), database.write() as connection:
            write(connection)
    with database.read() as connection:
        assert journal.copied_uids(connection, folder.id) == set()
        assert list(journal.windows(connection, folder.id)) == []
        assert events.failures(connection) == []
