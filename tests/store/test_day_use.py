"""What an account has used lately is added up by the hour, and what is too old is forgotten."""

from __future__ import annotations

from pathlib import Path

from tests.store import samples
from tui_migrate.model.day_use import HourUse
from tui_migrate.store import accounts, day_use, left_out, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.day_use import KEPT_HOURS
from tui_migrate.store.vault import Vault

HOUR = 500_000


def test_hours_add_up_and_old_ones_go(tmp_path: Path) -> None:
    store, vault = Database(tmp_path / "store.db"), Vault(tmp_path / "vault.key")
    with store.write() as connection:
        migration = migrations.save(connection, samples.migration(), vault)
        accounts.save(connection, migration, [samples.mailbox()], vault)
        day_use.add(connection, 1, [HourUse(HOUR, 5, 7)])
        day_use.add(connection, 1, [HourUse(HOUR, 1, 0), HourUse(HOUR + 1, 2, 2)])
        assert day_use.of_account(connection, 1) == [HourUse(HOUR, 6, 7), HourUse(HOUR + 1, 2, 2)]
        day_use.add(connection, 1, [HourUse(HOUR + 1 + KEPT_HOURS, 1, 1)])
        assert [each.hour for each in day_use.of_account(connection, 1)] == [HOUR + 1, HOUR + 1 + KEPT_HOURS]
    store.close()


def test_an_account_that_is_gone_is_no_error(tmp_path: Path) -> None:
    store = Database(tmp_path / "store.db")
    with store.write() as connection:
        day_use.add(connection, 77, [HourUse(HOUR, 5, 7)])
        assert day_use.of_account(connection, 77) == []
        assert left_out.of_account(connection, 77) == []
    store.close()
