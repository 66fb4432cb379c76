"""Checks that an earlier version has stored hold accounts back, and let them go, after the upgrade too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from tui_migrate.model import AccountState, CheckItem, Verdict
from tui_migrate.service.checks import let_go
from tui_migrate.store import accounts, checks
from tui_migrate.store.database import Database
from tui_migrate.store.upgrades import run

STORED = """
INSERT INTO server (id, protocol, host, port, security, max_connections, path_prefix, ca_file)
    VALUES (1, 'imap', 'old', 993, 'tls', 4, '', ''), (2, 'imap', 'new', 993, 'tls', 4, '', '');
INSERT INTO migration (id, title, source_id, destination_id, excluded_folders, wanted, created_at)
    VALUES (1, 'Head office', 1, 2, '[]', 'run', 0);
INSERT INTO account (id, migration_id, source_user, source_secret, destination_user, priority, position,
    excluded_folders, wanted, state, detail)
    VALUES (1, 1, 'alice', x'', 'x', 5, 1, '[]', 'run', 'failed', 'Pre-flight: Does not fit.');
INSERT INTO checkup (account_id, at, refusal, found) VALUES (1, 7, 'Pre-flight: Does not fit.',
    '{"gates": [{"gate": "quota", "verdict": "failed", "sentence": "Does not fit.", "server_words": "", "advice": ""}],
    "load": null, "free": 5, "too_large": null, "folders": 0, "seconds": null, "basis": ""}');
"""


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Database]:
    """Alice was found not to fit, and was turned away."""
    engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
    config = run.configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
    engine.dispose()
    store = sqlite3.connect(tmp_path / "store.db")
    store.executescript(STORED)
    store.close()
    database = Database(tmp_path / "store.db")
    yield database
    database.close()


def test_a_check_is_read_as_it_was(upgraded: Database) -> None:
    with upgraded.read() as connection:
        (found,) = checks.listing(connection, [1]).values()
        assert [key for key, each in checks.of_migration(connection, 1).items() if each.refusal] == [1]
    (result,) = found.failed
    assert (result.item, result.verdict, result.sentence) == (CheckItem.QUOTA, Verdict.FAILED, "Does not fit.")
    assert (found.at, found.free, found.refusal) == (7, 5, "Check: Does not fit.")


def test_who_was_turned_away_goes_on_when_it_is_waived(upgraded: Database) -> None:
    with upgraded.write() as connection:
        assert accounts.get(connection, 1).detail == "Check: Does not fit."
        assert list(checks.waive(connection, [1], "admin")) == [1]
        assert let_go(connection, 1)
        assert accounts.get(connection, 1).state is AccountState.WAITING
