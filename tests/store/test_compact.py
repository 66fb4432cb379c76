"""A store gives back what it does not need, and nothing that it has."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.engine.support import run_here
from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.config.paths import Paths
from tui_migrate.engine.process import Lock
from tui_migrate.errors import StoreUnusable
from tui_migrate.service import open_service
from tui_migrate.store import accounts, journal, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


@pytest.fixture
def kept(database: Database, vault: Vault, folder_id: int) -> list[object]:
    """What is known of one folder, in a store from which much has been deleted."""
    with database.write() as connection:
        other = migrations.save(connection, samples.migration("Other"), vault)
        accounts.save(connection, other, [samples.mailbox("bob")], vault)
        (bob,) = accounts.listing(connection, other)
        his = save_folder(connection, bob.id, (b"INBOX", b"INBOX"), ("INBOX", "INBOX")).id
        for each in (his, folder_id):
            for number in range(100):
                journal.add_done(connection, each, [samples.entry(number * 50 + uid) for uid in range(1, 50)])
    with database.write() as connection:
        migrations.delete(connection, other)
    with database.read() as connection:
        return [*journal.windows(connection, folder_id)]


def test_a_compacted_store_is_smaller_and_knows_all_that_it_knew(
    database: Database, folder_id: int, kept: list[object]
) -> None:
    with database.write():
        pass
    before = database.octets
    database.compact()
    assert database.octets < 0.7 * before
    assert [each.name for each in database.path.parent.iterdir() if "etilqs" in each.name] == []
    with database.read() as connection:
        assert [*journal.windows(connection, folder_id)] == kept
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_where_there_is_no_room_nothing_is_begun(
    database: Database, folder_id: int, kept: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=database.octets))
    with pytest.raises(StoreUnusable, match="twice its size"):
        database.compact()
    with database.read() as connection:
        assert [*journal.windows(connection, folder_id)] == kept


def test_the_command_says_both_sizes_and_refuses_while_an_engine_works(tmp_path: Path) -> None:
    with closing(open_service(tmp_path)):
        pass
    done = run_here("compact", "--data-dir", tmp_path)
    assert (done.returncode, "kB and has" in done.stdout) == (0, True), done.stderr
    with Lock(Paths(tmp_path).lock_file):
        refused = run_here("compact", "--data-dir", tmp_path)
    assert (refused.returncode, "An engine works on this store" in refused.stderr) == (3, True)
