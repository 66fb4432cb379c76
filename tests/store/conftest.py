"""A store of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.store import accounts, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store."""
    opened = Database(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A key apart from the store."""
    return Vault(tmp_path / "vault.key")


@pytest.fixture
def migration_id(database: Database, vault: Vault) -> int:
    """A migration without accounts."""
    with database.write() as connection:
        return migrations.save(connection, samples.migration(), vault)


@pytest.fixture
def account_id(database: Database, vault: Vault, migration_id: int) -> int:
    """An account of the migration."""
    with database.write() as connection:
        accounts.save(connection, migration_id, [samples.mailbox()], vault)
        return accounts.listing(connection, migration_id)[0].id


@pytest.fixture
def folder_id(database: Database, account_id: int) -> int:
    """A folder of the account."""
    with database.write() as connection:
        return save_folder(connection, account_id, (b"INBOX", b"INBOX"), ("INBOX", "INBOX")).id
