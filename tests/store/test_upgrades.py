"""An older store becomes one of today, whole or not at all; a newer one is left alone."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from tests.store import samples
from tui_migrate.errors import StoreUnusable
from tui_migrate.store import accounts, database, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.looks.file import HEAD
from tui_migrate.store.schema import metadata
from tui_migrate.store.upgrades import run
from tui_migrate.store.vault import Vault

STEP = """
import sqlalchemy as sa
from alembic import op

revision = "0999"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("event", sa.Column("colour", sa.Text))
    {more}
"""
REBUILD = """with op.batch_alter_table("account", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("source_user", type_=sa.String(320))"""

NewStep = Callable[[str], None]


@pytest.fixture
def new_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewStep:
    """Makes a program that knows one step more than today's, which does `more`."""

    def make(more: str) -> None:
        steps = tmp_path / "50% more steps"
        shutil.copytree(run.STEPS, steps)
        (steps / "versions" / "0999_colour.py").write_text(STEP.replace("{more}", more).replace("{head}", HEAD))
        monkeypatch.setattr(run, "STEPS", steps)
        monkeypatch.setattr(database, "HEAD", "0999")

    return make


@pytest.fixture
def old_store(tmp_path: Path) -> Path:
    """A store of today's version, in use."""
    path = tmp_path / "old.db"
    store, vault = Database(path), Vault(tmp_path / "vault.key")
    with store.write() as connection:
        migration_id = migrations.save(connection, samples.migration(), vault)
        accounts.save(connection, migration_id, [samples.mailbox()], vault)
        connection.execute(text("INSERT INTO folder VALUES (7, 1, x'41', x'41', 'A', 'A'" + ", 1" * 18 + ")"))
        connection.execute(text("INSERT INTO event VALUES (1, 0, 'engine', 'began', 1, 1)"))
    store.close()
    return path


def dump(path: Path) -> list[str]:
    """All that is in a store."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def shape(connection: Connection) -> dict[str, object]:
    """Tables, columns, keys, indexes, and whether ids are used again, in no order."""
    inspector = inspect(connection)
    tables = {
        name: {
            "columns": {c["name"]: {**c, "type": str(c["type"])} for c in inspector.get_columns(name)},
            "keys": sorted(map(str, inspector.get_foreign_keys(name))),
            "unique": sorted(map(str, inspector.get_unique_constraints(name))),
            "indexes": sorted(
                str({**each, "dialect_options": {key: str(of) for key, of in each["dialect_options"].items()}})
                for each in inspector.get_indexes(name)
            ),
        }
        for name in inspector.get_table_names()
    }
    created = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    counting = {row.name for row in created if "AUTOINCREMENT" in (row.sql or "")}
    return {"tables": tables, "counting": counting}


def test_all_steps_together_make_the_schema_of_today(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'steps.db'}")
    new = Database(tmp_path / "new.db")
    with engine.begin() as by_steps, new.read() as at_once:
        run.upgrade(by_steps)
        context = MigrationContext.configure(by_steps, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert shape(by_steps) == shape(at_once)
        assert len(inspect(at_once).get_table_names()) == len(metadata.tables) + 1
    engine.dispose()
    new.close()


def test_the_program_knows_its_newest_step() -> None:
    assert ScriptDirectory.from_config(run.configuration()).get_current_head() == HEAD


def test_an_older_store_is_upgraded_and_keeps_what_it_has(old_store: Path, new_step: NewStep) -> None:
    new_step(REBUILD)
    store = Database(old_store)
    with store.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0999"]
        assert connection.execute(text("SELECT what, colour FROM event WHERE id = 1")).all() == [("began", None)]
        # Rebuilding `account` drops the old table, which must not take the folders with it.
        assert connection.execute(text("SELECT source_user FROM account")).scalars().all() == ["alice"]
        assert connection.execute(text("SELECT id FROM folder")).scalars().all() == [7]
    with store.write() as connection:
        connection.execute(text("DELETE FROM migration"))
        assert connection.execute(text("SELECT id FROM folder")).scalars().all() == []
    store.close()


def test_an_upgraded_store_is_opened_as_it_is(old_store: Path, new_step: NewStep) -> None:
    new_step(REBUILD)
    Database(old_store).close()
    before = dump(old_store)
    Database(old_store).close()
    assert dump(old_store) == before


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('op.execute("DELETE FROM folder"); op.execute("NONSENSE")', "syntax error"),
        ('op.execute("DROP TABLE server")', "would lose records"),
        ('__import__("json").loads("nonsense")', "no version has written, and was left as it was"),
    ],
    ids=["fails", "loses", "cannot read"],
)
def test_an_upgrade_that_goes_wrong_leaves_the_store_as_it_was(
    old_store: Path, new_step: NewStep, more: str, sentence: str
) -> None:
    before = dump(old_store)
    new_step(more)
    with pytest.raises(StoreUnusable, match=sentence):
        Database(old_store)
    assert dump(old_store) == before


def test_a_step_with_a_bug_leaves_the_store_as_it_was(old_store: Path, new_step: NewStep) -> None:
    before = dump(old_store)
    new_step('raise RuntimeError("a bug")')
    with pytest.raises(RuntimeError, match="a bug"):
        Database(old_store)
    assert dump(old_store) == before


def test_a_store_of_a_newer_program_is_refused_and_left_alone(old_store: Path) -> None:
    connection = sqlite3.connect(old_store)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = dump(old_store)
    with pytest.raises(StoreUnusable, match=rf"made by a newer tui-migrate.* 9999.* knows {HEAD}\b.*--data-dir"):
        Database(old_store)
    assert dump(old_store) == before


def test_a_store_of_today_does_without_alembic(old_store: Path) -> None:
    """Its import takes longer than all else that a short command like `status` does."""
    code = (
        "import sys; from pathlib import Path; from tui_migrate.store.database import Database\n"
        "Database(Path(sys.argv[1])).close(); Database(Path(sys.argv[1] + '.new')).close()\n"
        "assert 'alembic' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code, old_store], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
