"""Failures are listed once each, with their attempts, and go when they no longer hold. The trail stays."""

from __future__ import annotations

import time

import pytest

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.model import Failure, Scope
from tui_migrate.store import accounts, events, migrations
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


def failures(database: Database) -> list[Failure]:
    with database.read() as connection:
        return events.failures(connection)


def test_a_failure_says_all_that_is_known(
    database: Database, migration_id: int, account_id: int, folder_id: int
) -> None:
    before = time.time()
    with database.write() as connection:
        events.record_failure(connection, samples.failure(account_id, folder_id, 7))
    (found,) = failures(database)
    assert before <= found.first_at == found.last_at <= time.time()
    assert found == Failure(
        id=found.id,
        migration_id=migration_id,
        account_id=account_id,
        account="alice",
        scope=Scope.MESSAGE,
        kind="message refused",
        sentence="The destination refused this message.",
        server_words="NO [LIMIT] too many parts",
        command="APPEND INBOX",
        advice="Look at the message.",
        folder="INBOX",
        uid=7,
        size=4000,
        message_id="<1@old.example>",
        subject="Minutes",
        date="Mon, 1 Jan 2024 10:00:00 +0100",
        attempts=1,
        first_at=found.first_at,
        last_at=found.last_at,
    )


@pytest.mark.parametrize("place", ["account", "folder", "message"])
def test_the_same_failure_again_is_one_more_attempt(
    database: Database, account_id: int, folder_id: int, place: str
) -> None:
    where = {"account": (None, None), "folder": (folder_id, None), "message": (folder_id, 7)}[place]
    for words in ("NO first", "NO second", "NO third"):
        with database.write() as connection:
            events.record_failure(connection, samples.failure(account_id, *where, server_words=words))
    (found,) = failures(database)
    assert (found.attempts, found.server_words) == (3, "NO third")
    assert found.first_at <= found.last_at


def test_what_differs_is_another_failure(database: Database, account_id: int, folder_id: int) -> None:
    different = [
        samples.failure(account_id),
        samples.failure(account_id, kind="over quota"),
        samples.failure(account_id, folder_id),
        samples.failure(account_id, folder_id, 7),
        samples.failure(account_id, folder_id, 8),
        samples.failure(account_id, folder_id, 8, kind="over quota"),
    ]
    with database.write() as connection:
        for each in (*different, *different):
            events.record_failure(connection, each)
    assert [each.attempts for each in failures(database)] == [2] * 6
    assert [(each.folder, each.uid, each.kind) for each in failures(database)] == [
        ("", None, "message refused"),
        ("", None, "over quota"),
        ("INBOX", None, "message refused"),
        ("INBOX", 7, "message refused"),
        ("INBOX", 8, "message refused"),
        ("INBOX", 8, "over quota"),
    ]


def test_messages_that_arrived_are_no_failures_any_more(database: Database, account_id: int, folder_id: int) -> None:
    with database.write() as connection:
        other = save_folder(connection, account_id, (b"Sent", b"Sent"), ("Sent", "Sent")).id
        for uid in (7, 8, 9):
            events.record_failure(connection, samples.failure(account_id, folder_id, uid))
        events.record_failure(connection, samples.failure(account_id, folder_id, 7, kind="over quota"))
        events.record_failure(connection, samples.failure(account_id, other, 7))
        events.record_failure(connection, samples.failure(account_id, folder_id))
        events.resolve_messages(connection, folder_id, [7, 9, 1000])
        events.resolve_messages(connection, folder_id, [])
    assert [(each.folder, each.uid) for each in failures(database)] == [("INBOX", 8), ("Sent", 7), ("INBOX", None)]


def test_a_whole_mailbox_may_arrive_at_once(database: Database, account_id: int, folder_id: int) -> None:
    """SQLite takes 32,766 values in a statement, older versions 999."""
    with database.write() as connection:
        samples.like_old_sqlite(connection)
        for uid in (1, 40_000, 100_000, 100_001):
            events.record_failure(connection, samples.failure(account_id, folder_id, uid))
        events.resolve_messages(connection, folder_id, range(1, 100_001))
    assert [each.uid for each in failures(database)] == [100_001]


def test_a_folder_that_is_well_has_no_failures(database: Database, account_id: int, folder_id: int) -> None:
    with database.write() as connection:
        events.record_failure(connection, samples.failure(account_id, folder_id, 7))
        events.record_failure(connection, samples.failure(account_id, folder_id))
        events.record_failure(connection, samples.failure(account_id))
        events.resolve_folder(connection, folder_id)
    assert [each.scope for each in failures(database)] == [Scope.ACCOUNT]


def test_failures_are_resolved_by_scope_for_one_account(
    database: Database, vault: Vault, migration_id: int, account_id: int, folder_id: int
) -> None:
    with database.write() as connection:
        accounts.save(connection, migration_id, [samples.mailbox("bob")], vault)
        bob = accounts.listing(connection, migration_id)[1].id
        events.record_failure(connection, samples.failure(account_id, folder_id, 7))
        events.record_failure(connection, samples.failure(account_id, folder_id))
        events.record_failure(connection, samples.failure(account_id))
        events.record_failure(connection, samples.failure(account_id, kind="unreachable", scope=Scope.SERVER))
        events.record_failure(connection, samples.failure(bob))
        events.resolve(connection, account_id, [Scope.ACCOUNT, Scope.SERVER])
    assert [(each.account, each.scope) for each in failures(database)] == [
        ("alice", Scope.MESSAGE),
        ("alice", Scope.FOLDER),
        ("bob", Scope.ACCOUNT),
    ]


def test_failures_of_a_migration_or_an_account(
    database: Database, vault: Vault, migration_id: int, account_id: int
) -> None:
    with database.write() as connection:
        other = migrations.save(connection, samples.migration("Branch office"), vault)
        accounts.save(connection, other, [samples.mailbox("carol"), samples.mailbox("dave")], vault)
        carol, dave = (each.id for each in accounts.listing(connection, other))
        for each in (dave, account_id, carol):
            events.record_failure(connection, samples.failure(each))
        assert [f.account for f in events.failures(connection)] == ["dave", "alice", "carol"]
        assert [f.account for f in events.failures(connection, migration_id=other)] == ["dave", "carol"]
        assert [f.account for f in events.failures(connection, account_id=carol)] == ["carol"]
        assert events.failures(connection, migration_id=migration_id, account_id=carol) == []


def test_the_trail_is_read_from_its_end(database: Database, migration_id: int, account_id: int) -> None:
    before = time.time()
    with database.write() as connection:
        events.add(connection, "alice", "imported plan.toml", migration_id=migration_id)
        events.add(connection, "alice", "started alice", migration_id=migration_id, account_id=account_id)
        events.add(connection, "engine", "began")
    with database.read() as connection:
        found = events.listing(connection)
        of_migration = events.listing(connection, migration_id=migration_id)
        of_account = events.listing(connection, account_id=account_id)
        newest = events.listing(connection, limit=1)
    assert [(each.who, each.what) for each in found] == [
        ("engine", "began"),
        ("alice", "started alice"),
        ("alice", "imported plan.toml"),
    ]
    assert (of_migration, of_account, newest) == (found[1:], found[1:2], found[:1])
    assert (found[1].migration_id, found[1].account_id, found[0].account_id) == (migration_id, account_id, None)
    assert all(before <= each.at <= time.time() for each in found)


def test_the_trail_is_read_in_pages_by_whom_and_with_what(database: Database, migration_id: int) -> None:
    with database.write() as connection:
        for number in range(5):
            events.add(connection, "anna", f"started 10{number}%_x", migration_id=migration_id)
            events.add(connection, "engine", f"done {number}")

    def read(**wanted: object) -> list[str]:
        with database.read() as connection:
            return [each.what for each in events.listing(connection, **wanted)]  # type: ignore[arg-type]

    with database.read() as connection:
        ids = [each.id for each in events.listing(connection)]
    assert ids == sorted(ids, reverse=True)
    assert read(limit=2) == ["done 4", "started 104%_x"]
    assert read(limit=2, before=ids[1]) == ["done 3", "started 103%_x"]
    assert read(after=ids[2]) == ["done 4", "started 104%_x"]
    assert read(who="ANN", limit=1) == ["started 104%_x"]
    assert read(who="nna") == []
    assert read(text="DONE 3") == ["done 3"]
    assert read(text="4%_") == ["started 104%_x"]
    assert read(text="4%x") == []
    assert read(migration_id=migration_id, who="engine") == []
