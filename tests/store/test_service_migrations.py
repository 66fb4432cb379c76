"""Migrations as the service makes, changes and deletes them: who did it is on record, and nothing that copies moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from tests.support.servers import network
from tui_migrate.config.plan import Plan
from tui_migrate.engine.process import Lock
from tui_migrate.errors import BadInput, MigrateError, NotFound, StillRunning
from tui_migrate.model import (
    AccountSpec,
    AccountState,
    AdminLogin,
    Blackout,
    ImapServer,
    MigrationSpec,
    Schedule,
    Secret,
    Selection,
    Side,
)
from tui_migrate.service import Service, open_service
from tui_migrate.store import accounts, turns

SPEC = MigrationSpec(
    "Head office",
    ImapServer("old.example", admin=AdminLogin("root", Secret("hidden"))),
    ImapServer("new.example"),
    ("Junk",),
)
OTHER = MigrationSpec("Branch", ImapServer("old.example"), ImapServer("new.example"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service on an empty store."""
    made = open_service(tmp_path, "eve")
    yield made
    made.close()


def add_account(service: Service, migration_id: int, state: AccountState) -> None:
    with service.store.write() as connection:
        accounts.save(connection, migration_id, [AccountSpec("alice", Secret("hers"), "alice")], service.store.vault)
        (account,) = accounts.listing(connection, migration_id)
        accounts.set_state(connection, account.id, state)


def said(service: Service) -> list[tuple[str, str]]:
    return [(event.who, event.what) for event in service.logs.events()]


def refusal(error: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(problem.place, problem.text) for problem in error.value.problems]


def test_a_migration_is_made_and_stored_whole(service: Service) -> None:
    migration = service.migrations.get(service.migrations.create(SPEC)).migration
    assert MigrationSpec(migration.title, migration.source, migration.destination, migration.excluded_folders) == SPEC
    assert said(service) == [("eve", "created the migration Head office")]


def test_a_title_is_given_once(service: Service) -> None:
    service.migrations.create(SPEC)
    other = service.migrations.create(OTHER)
    with pytest.raises(BadInput) as twice:
        service.migrations.create(SPEC)
    assert refusal(twice) == [("title", "another migration has this title")]
    with pytest.raises(BadInput) as renamed:
        service.migrations.change(other, SPEC)
    assert refusal(renamed) == [("title", "another migration has this title")]
    assert [each.migration.title for each in service.migrations.listing()] == ["Head office", "Branch"]
    assert len(said(service)) == 2


def test_a_change_is_on_record_without_its_values(service: Service) -> None:
    migration_id = service.migrations.create(SPEC)
    service.migrations.change(migration_id, MigrationSpec("Office", ImapServer("older.example"), SPEC.destination))
    migration = service.migrations.get(migration_id).migration
    assert (migration.title, migration.excluded_folders) == ("Office", ())
    assert migration.source == ImapServer("older.example")
    assert said(service)[0] == ("eve", "changed title, excluded folders, source host and source login")
    service.migrations.change(migration_id, MigrationSpec("Office", ImapServer("older.example"), SPEC.destination))
    assert len(said(service)) == 2


def test_what_is_being_copied_is_neither_changed_nor_deleted(service: Service) -> None:
    migration_id = service.migrations.create(SPEC)
    add_account(service, migration_id, AccountState.COPYING)
    with Lock(service.store.paths.lock_file):
        with pytest.raises(StillRunning, match="Head office is being copied: pause it first"):
            service.migrations.change(migration_id, OTHER)
        with pytest.raises(StillRunning, match="Head office is being copied: pause it first"):
            service.migrations.delete(migration_id)
    assert service.migrations.get(migration_id).migration.title == "Head office"


def test_while_it_is_copied_all_may_change_but_where_and_as_whom(service: Service) -> None:
    migration_id = service.migrations.create(SPEC)
    add_account(service, migration_id, AccountState.COPYING)
    night = Blackout(frozenset({0}), time(22), time(6), "UTC")
    source = replace(SPEC.source, blackouts=(night,), max_connections=3, bytes_per_second=1000)
    there = replace(SPEC.destination, account_connections=1)
    live = replace(SPEC, source=source, destination=there, selection=Selection(max_size=9), schedule=Schedule(5.0))
    with Lock(service.store.paths.lock_file):
        service.migrations.change(migration_id, live)
        what = "source max connections, source bytes per second, source blackouts and destination account connections"
        assert said(service)[0] == ("eve", f"changed max message size, start at, {what}")
        stored = service.migrations.get(migration_id).migration
        assert (stored.source, stored.destination) == (live.source, live.destination)
        assert (stored.selection, stored.schedule) == (live.selection, live.schedule)
        moved = replace(live, source=replace(network(source), port=144, admin=None), excluded_folders=())
        with pytest.raises(StillRunning, match="change excluded folders, source port and source login"):
            service.migrations.change(migration_id, moved)
    assert service.migrations.get(migration_id).migration.source == live.source


def test_a_plan_changes_a_running_migration_by_the_same_rule(service: Service, tmp_path: Path) -> None:
    migration_id = service.migrations.create(SPEC)
    add_account(service, migration_id, AccountState.COPYING)
    slower = replace(SPEC, source=replace(SPEC.source, messages_per_second=2))
    with Lock(service.store.paths.lock_file):
        service.plans.save(Plan(slower, (), tmp_path / "plan.toml"))
        assert ("eve", "changed source messages per second") in said(service)
        with pytest.raises(StillRunning, match="to change source host"):
            service.plans.save(Plan(replace(SPEC, source=ImapServer("elsewhere")), (), tmp_path / "plan.toml"))
    assert service.migrations.get(migration_id).migration.source == slower.source


def test_between_two_runs_a_migration_can_be_changed(service: Service) -> None:
    migration_id = service.migrations.create(SPEC)
    add_account(service, migration_id, AccountState.PAUSED)
    with Lock(service.store.paths.lock_file):
        service.migrations.change(migration_id, OTHER)
    assert service.migrations.get(migration_id).migration.title == "Branch"


def test_what_a_dead_engine_left_as_copying_can_be_deleted(service: Service) -> None:
    migration_id = service.migrations.create(SPEC)
    add_account(service, migration_id, AccountState.COPYING)
    service.migrations.delete(migration_id)
    assert service.migrations.listing() == []
    assert said(service)[0] == ("eve", "deleted the migration Head office")


def test_what_is_not_there_is_named(service: Service) -> None:
    with pytest.raises(NotFound, match="There is no migration 9"):
        service.migrations.change(9, SPEC)
    with pytest.raises(NotFound, match="There is no migration 9"):
        service.migrations.read_form({}, {}, 9)


def test_the_form_of_a_migration_is_read_back_as_it_is(service: Service) -> None:
    migration_id = service.migrations.create(SPEC)
    texts = service.migrations.form(service.migrations.get(migration_id).migration)
    assert service.migrations.read_form(texts, {}, migration_id) == SPEC
    form = service.migrations.form() | {"title": "Head office", "source.host": "a", "destination.host": "b"}
    with pytest.raises(BadInput) as bad:
        service.migrations.read_form(form, {})
    assert refusal(bad) == [("title", "another migration has this title")]


def test_a_server_is_tried_before_anything_is_stored(service: Service) -> None:
    form = service.migrations.form() | {"source.host": "imap..example"}
    seen = service.servers.test_form(Side.SOURCE, form, {})
    assert (seen.reached, seen.refusal) == (False, "imap..example is not a host name.")
    with pytest.raises(MigrateError, match=r"destination\.host: must not be empty"):
        service.servers.test_form(Side.DESTINATION, form, {})
    assert service.migrations.listing() == []


def test_a_few_accounts_can_be_moved_before_the_others(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.engine, "ensure_running", lambda: None)
    migration_id = service.migrations.create(OTHER)
    with service.store.write() as connection:
        specs = [AccountSpec(name, Secret("pw"), name) for name in ("ann", "bob", "cas")]
        accounts.save(connection, migration_id, specs, service.store.vault)

    def running() -> list[str]:
        with service.store.read() as connection:
            ids = [each.id for each in accounts.listing(connection, migration_id)]
            running = [wish.account_id for wish in turns.of_accounts(connection, ids) if wish.runs]
            return [each.source_user for each in accounts.several(connection, running)]

    ann, bob, _ = service.accounts.listing(migration_id)
    service.accounts.start([ann.id])
    assert running() == ["ann"]
    service.accounts.start([bob.id])
    assert running() == ["ann", "bob"]
    service.accounts.pause([bob.id])
    service.migrations.start(migration_id)
    assert running() == ["ann", "cas"]
