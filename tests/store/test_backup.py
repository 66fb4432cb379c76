"""Before an upgrade the store is backed up beside itself: whole, on the disk, for its owner alone; and the way back."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection

from tests.store.made_by import Made
from tui_migrate.cli import main
from tui_migrate.engine.main import run_engine
from tui_migrate.engine.process import Lock
from tui_migrate.errors import StoreUnusable
from tui_migrate.service import open_service
from tui_migrate.store import database
from tui_migrate.store.database import Database
from tui_migrate.store.looks.file import HEAD
from tui_migrate.store.upgrades import run

KILL = """
import os, signal, sys
from pathlib import Path
import tui_migrate.store.{module} as module
from tui_migrate.store.database import Database
took = module.{function}
def killed(*arguments):
    {before}
    os.kill(os.getpid(), signal.SIGKILL)
module.{function} = killed
Database(Path(sys.argv[1]))
"""
"""Opens a store and is killed at one of the functions that this needs."""
HOLD = """
import sys; from pathlib import Path; from tui_migrate.engine.process import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True); sys.stdin.read()
"""
"""Is the engine of a store."""
AT_THE_COPY = {"module": "backup", "function": "_placed", "before": "pass"}
AT_THE_UPGRADE = {"module": "upgrades.run", "function": "upgrade", "before": "took(*arguments)"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of an older store."""
    return Made("0001", "half").lay_out(tmp_path)


@pytest.fixture
def copy(data: Path) -> Path:
    """Where its backup is to lie."""
    return data / f"store-0001-before-{HEAD}.db"


def cli(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def dump(path: Path) -> list[str]:
    """All that is in a store."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def beside(data: Path) -> set[str]:
    """Files that are not there in any case."""
    return {path.name for path in data.iterdir() if path.is_file()} - {"store.db", "store.db-wal", "store.db-shm"}


def kill(data: Path, where: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", KILL.format(**where), data / "store.db"], check=False)
    assert done.returncode == -signal.SIGKILL


def test_the_store_as_it_was_lies_beside_it(data: Path, copy: Path) -> None:
    before = dump(data / "store.db")
    umask = os.umask(0)
    try:
        Database(data / "store.db").close()
    finally:
        os.umask(umask)
    assert dump(copy) == before != dump(data / "store.db")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert beside(data) == {copy.name}


def test_what_waits_in_the_wal_is_in_it(data: Path, copy: Path) -> None:
    with closing(sqlite3.connect(data / "store.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("INSERT INTO event (at, who, what) VALUES (0, 'alice', 'looked')")
        Database(data / "store.db").close()
    assert any("looked" in line for line in dump(copy))


def test_it_is_on_the_disk_before_the_upgrade_begins(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, upgrade = os.fsync, run.upgrade

    def noted_sync(handle: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def noted_upgrade(connection: Connection, key_file: Path | None) -> None:
        order.append("upgrade")
        upgrade(connection, key_file)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(run, "upgrade", noted_upgrade)
    Database(data / "store.db").close()
    assert order == ["file", "folder", "upgrade"]


def test_a_store_of_today_is_not_backed_up(data: Path, copy: Path) -> None:
    Database(data / "store.db").close()
    copy.unlink()
    again = Database(data / "store.db")
    assert again.upgraded == ""
    again.close()
    assert beside(data) == set()


def test_the_admin_is_told_where_it_lies(data: Path, copy: Path) -> None:
    told = cli("status", "--json", "--data-dir", data)
    assert told.exit_code == 0
    assert told.stderr == f"The store was upgraded from version 0001 to {HEAD}. As it was it lies in {copy}.\n"
    assert json.loads(told.stdout)
    assert cli("status", "--data-dir", data).stderr == ""
    with closing(open_service(data)) as service:
        assert service.logs.events()[0].what == f"upgraded the store from version 0001 to {HEAD}; as it was: {copy}"


@pytest.mark.parametrize("where", [AT_THE_COPY, AT_THE_UPGRADE], ids=["at the copy", "at the upgrade"])
def test_killed_on_the_way_the_store_is_as_it_was_and_the_next_start_upgrades_it(
    data: Path, copy: Path, where: dict[str, str]
) -> None:
    before = dump(data / "store.db")
    kill(data, where)
    assert copy.exists() is (where is AT_THE_UPGRADE)
    assert dump(data / "store.db") == before
    Database(data / "store.db").close()
    assert beside(data) == {copy.name}, "the same copy is kept once, and no part of one"
    assert dump(copy) == before


@pytest.mark.parametrize("killed", [True, False], ids=["killed at the upgrade", "upgraded"])
def test_the_way_back(data: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, killed: bool) -> None:
    """As docs/running.md has it. The older program is one that knows no newer version."""
    before = dump(data / "store.db")
    if killed:
        kill(data, AT_THE_UPGRADE)
    else:
        Database(data / "store.db").close()
    for name in ("store.db-wal", "store.db-shm"):
        (data / name).unlink(missing_ok=True)
    copy.rename(data / "store.db")
    monkeypatch.setattr(database, "HEAD", "0001")
    older = Database(data / "store.db")
    assert older.upgraded == ""
    older.close()
    assert dump(data / "store.db") == before
    assert beside(data) == set()


def test_an_older_copy_that_differs_stays(data: Path, copy: Path) -> None:
    copy.write_bytes(b"of another day")
    before = dump(data / "store.db")
    opened = Database(data / "store.db")
    opened.close()
    second = copy.with_stem(f"{copy.stem}-2")
    assert copy.read_bytes() == b"of another day"
    assert dump(second) == before
    assert str(second) in opened.upgraded


def test_no_link_is_followed(data: Path, copy: Path, tmp_path: Path) -> None:
    mine, missing, same = tmp_path / "mine", tmp_path / "missing", tmp_path / "same"
    mine.write_bytes(b"mine")
    kill(data, AT_THE_UPGRADE)
    copy.rename(same)
    copy.symlink_to(missing)
    copy.with_stem(f"{copy.stem}-2").symlink_to(same)
    copy.with_name(f"{copy.name}.part").symlink_to(mine)
    opened = Database(data / "store.db")
    opened.close()
    assert str(copy.with_stem(f"{copy.stem}-3")) in opened.upgraded
    assert mine.read_bytes() == b"mine"
    assert not missing.exists()


def test_without_room_for_it_there_is_no_upgrade(data: Path, copy: Path) -> None:
    before = dump(data / "store.db")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, usual[1]))  # what a full disk is to a process
    try:
        full = cli("status", "--data-dir", data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert full.exit_code == 3
    told = f"The store {data / 'store.db'} is of an older version (0001) and was left as it is, because it could not "
    assert full.stderr.startswith(f"{told}be backed up as {copy}: ")
    assert dump(data / "store.db") == before
    assert beside(data) == set()
    assert cli("status", "--data-dir", data).exit_code == 0
    assert dump(copy) == before


def test_a_store_that_an_engine_works_on_is_left_to_it(data: Path) -> None:
    before = dump(data / "store.db")
    engine = subprocess.Popen(
        [sys.executable, "-c", HOLD, data / "engine.lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with engine:
        assert engine.stdout
        engine.stdout.readline()
        told = cli("status", "--data-dir", data)
        assert (told.exit_code, told.stdout) == (3, "")
        assert told.stderr == (
            f"The store {data / 'store.db'} is of an older version (0001), and its engine (process {engine.pid}) is at "
            "work: end it with tui-migrate stop, which finishes what is in flight, and do this again.\n"
        )
        assert dump(data / "store.db") == before
        assert beside(data) == {"engine.lock"}
        assert cli("stop", "--data-dir", data).stdout == "The engine has stopped.\n"
    assert cli("status", "--data-dir", data).exit_code == 0


def test_an_engine_that_comes_to_a_store_upgraded_meanwhile_does_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has opened the store as one of its own version, and gets the lock when the newer program is done."""
    shutil.copy(data / "store.db", data / "newer.db")
    Database(data / "newer.db").close()
    monkeypatch.setattr(database, "HEAD", "0001")
    with closing(open_service(data)) as service:
        with closing(sqlite3.connect(data / "newer.db")) as newer, closing(sqlite3.connect(data / "store.db")) as store:
            newer.backup(store)
        with pytest.raises(StoreUnusable, match=rf"upgraded by a newer tui-migrate .* {HEAD}, this program knows 0001"):
            run_engine(service.store, until_idle=True)
        with Lock(service.store.paths.lock_file):
            pass
