"""Migrations: brought up to date by title, summed up for a list, and deleted with all that belongs to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.errors import NotFound
from tui_migrate.model import (
    AccountState,
    AdminLogin,
    Counts,
    EngineStatus,
    ImapServer,
    Migration,
    PopServer,
    Secret,
    Security,
    Wanted,
)
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, events, journal, migrations, progress
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


def test_a_migration_comes_back_as_it_was(database: Database, vault: Vault, migration_id: int) -> None:
    with database.read() as connection:
        assert migrations.get(connection, migration_id, vault) == Migration(
            migration_id, "Head office", samples.SOURCE, samples.DESTINATION, ("Junk", "Trash/*"), Wanted.IDLE
        )


def test_the_same_title_is_the_same_migration(database: Database, vault: Vault, migration_id: int) -> None:
    new_source = PopServer(
        "pop.old.example", security=Security.NONE, port=110, max_connections=2, admin=AdminLogin("root", Secret("r"))
    )
    new_destination = ImapServer("imap.new.example", max_connections=20)
    spec = samples.migration(source=new_source, destination=new_destination, excluded_folders=())
    with database.write() as connection:
        migrations.want(connection, migration_id, Wanted.RUN)
        assert migrations.save(connection, spec, vault) == migration_id
        assert migrations.listing(connection, vault) == [
            Migration(migration_id, "Head office", new_source, new_destination, (), Wanted.RUN)
        ]
    assert samples.rows(database) == {"migration": 1, "server": 2}


def test_another_title_is_another_migration(database: Database, vault: Vault, migration_id: int) -> None:
    changed = samples.migration("Branch office", source=ImapServer("imap.branch.example"))
    with database.write() as connection:
        other = migrations.save(connection, changed, vault)
        found = migrations.listing(connection, vault)
    assert [(each.id, each.title, each.source.place) for each in found] == [
        (migration_id, "Head office", "imap.old.example"),
        (other, "Branch office", "imap.branch.example"),
    ]


def test_a_migration_that_is_not_there_is_named(database: Database, vault: Vault) -> None:
    with database.write() as connection:
        with pytest.raises(NotFound, match="There is no migration 9"):
            migrations.get(connection, 9, vault)
        with pytest.raises(NotFound, match="There is no migration 9"):
            migrations.delete(connection, 9)


def test_a_password_that_the_key_does_not_open_concerns_its_own_migration_alone(
    database: Database, vault: Vault, tmp_path: Path
) -> None:
    old = ImapServer("old.example", admin=AdminLogin("root", Secret("r")))
    with database.write() as connection:
        mine = migrations.create(connection, samples.migration("Mine", source=old), vault)
        theirs = migrations.create(connection, samples.migration("Theirs", source=old), Vault(tmp_path / "other.key"))
    with database.read() as connection:
        assert migrations.get(connection, mine, vault).source == old
        assert migrations.overview(connection, mine, vault).migration.title == "Mine"
        assert migrations.keys(connection)[mine] == (old.key, samples.DESTINATION.key)
        assert migrations.get(connection, theirs, vault).title == "Theirs"
        assert len(migrations.overviews(connection, vault)) == 2


def test_an_overview_adds_up(database: Database, vault: Vault, migration_id: int) -> None:
    with database.write() as connection:
        other = migrations.save(connection, samples.migration("Branch office"), vault)
        for owner, users in ((migration_id, ["a", "b", "c"]), (other, ["d"])):
            accounts.save(connection, owner, [samples.mailbox(user) for user in users], vault)
        a, b, c = (each.id for each in accounts.listing(connection, migration_id))
        accounts.set_state(connection, a, AccountState.COPYING)
        accounts.set_state(connection, b, AccountState.COPYING)
        accounts.set_state(connection, c, AccountState.FAILED)
        progress.save_account(connection, a, Tally(Counts(100, 50, 10, 5, 1, 2), 10**12, 10**11), (1.5, 2.0))
        progress.save_account(connection, b, Tally(Counts(20, 20), 5, 5), (2.0, 8.0))
        for uid in (1, 2):
            events.record_failure(connection, samples.failure(a, uid=uid))
        events.record_failure(connection, samples.failure(c, kind="login refused"))
        head, branch = migrations.overviews(connection, vault)
        assert head == migrations.overview(connection, migration_id, vault)
    assert (head.migration.title, branch.migration.title) == ("Head office", "Branch office")
    assert head.accounts == 3
    assert head.accounts_by_state == {AccountState.COPYING: 2, AccountState.FAILED: 1}
    assert head.counts == Counts(120, 70, 10, 5, 1, 2)
    assert (head.bytes_listed, head.bytes_copied) == (10**12 + 5, 10**11 + 5)
    assert (head.rate_messages, head.rate_bytes, head.failures) == (3.5, 10.0, 3)
    assert (branch.accounts, branch.accounts_by_state, branch.failures) == (1, {AccountState.WAITING: 1}, 0)


def test_a_migration_without_accounts_has_an_overview(database: Database, vault: Vault, migration_id: int) -> None:
    with database.read() as connection:
        (overview,) = migrations.overviews(connection, vault)
    assert (overview.migration.id, overview.accounts, overview.accounts_by_state) == (migration_id, 0, {})
    assert (overview.counts, overview.rate_bytes, overview.failures) == (Counts(), 0, 0)


def fill(database: Database, vault: Vault, title: str) -> int:
    """A migration with something in every table."""
    with database.write() as connection:
        migration_id = migrations.save(connection, samples.migration(title), vault)
        accounts.save(connection, migration_id, [samples.mailbox("alice"), samples.mailbox("bob")], vault)
        events.add(connection, "admin", "imported", migration_id=migration_id)
        for each in accounts.listing(connection, migration_id):
            folder = save_folder(connection, each.id, (b"INBOX", b"INBOX"), ("INBOX", "INBOX"))
            journal.open_window(connection, folder.id, 1, [samples.entry(1)])
            journal.add_done(connection, folder.id, [samples.entry(2)])
            events.record_failure(connection, samples.failure(each.id, folder.id, 3))
            events.record_failure(connection, samples.failure(each.id))
            events.add(connection, "engine", "began", migration_id=migration_id, account_id=each.id)
    return migration_id


def test_deleting_a_migration_leaves_nothing_of_it_and_all_of_the_others(database: Database, vault: Vault) -> None:
    kept = fill(database, vault, "Head office")
    before = samples.rows(database)
    gone = fill(database, vault, "Branch office")
    assert samples.rows(database) == {name: 2 * number for name, number in before.items()}
    with database.write() as connection:
        migrations.delete(connection, gone)
    assert samples.rows(database) == before
    with database.read() as connection:
        assert [each.id for each in migrations.listing(connection, vault)] == [kept]
        assert {each.migration_id for each in events.failures(connection)} == {kept}
        assert {each.migration_id for each in events.listing(connection)} == {kept}
    with database.write() as connection:
        migrations.delete(connection, kept)
        progress.beat(connection, EngineStatus(True, 1, "host"))
    assert samples.rows(database) == {"heartbeat": 1}


def test_deleting_an_account_leaves_nothing_of_it(database: Database, vault: Vault) -> None:
    migration_id = fill(database, vault, "Head office")
    with database.write() as connection:
        alice, bob = accounts.listing(connection, migration_id)
        accounts.delete(connection, [alice.id])
        assert {each.account_id for each in events.failures(connection)} == {bob.id}
    assert samples.rows(database) == {
        "migration": 1,
        "server": 2,
        "account": 1,
        "folder": 1,
        "window": 2,
        "failure": 2,
        "event": 2,
    }


def test_a_new_migration_gets_no_id_of_a_deleted_one(database: Database, vault: Vault) -> None:
    """A screen or an engine that still holds the old id must not act on the new one."""
    old = fill(database, vault, "Head office")
    with database.write() as connection:
        old_ids = {each.id for each in accounts.listing(connection, old)}
        migrations.delete(connection, old)
    new = fill(database, vault, "Head office")
    with database.read() as connection:
        assert new != old
        assert old_ids.isdisjoint(each.id for each in accounts.listing(connection, new))
