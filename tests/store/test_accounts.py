"""Accounts: imported again and again, listed in the order in which they run, wanted and asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.store import samples
from tests.store.samples import mailbox
from tui_migrate.errors import NotFound
from tui_migrate.model import Account, AccountSpec, AccountState, AdminLogin, Counts, Secret, Wanted
from tui_migrate.model.lists import Imported
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, migrations, progress
from tui_migrate.store.database import Database
from tui_migrate.store.schema import account
from tui_migrate.store.vault import Vault

FILE = [mailbox("alice"), mailbox("bob", priority=1, excluded_folders=("Spam", "Archief/*")), mailbox("Zoë")]


def save(database: Database, vault: Vault, migration_id: int, specs: list[AccountSpec]) -> Imported:
    with database.write() as connection:
        return accounts.save(connection, migration_id, specs, vault)


def listing(database: Database, migration_id: int) -> list[Account]:
    with database.read() as connection:
        return accounts.listing(connection, migration_id)


def stored(database: Database) -> dict[str, tuple[object, ...]]:
    """All columns of all accounts, sealed passwords included."""
    with database.read() as connection:
        return {row.source_user: tuple(row) for row in connection.execute(select(account))}


def passwords(database: Database, vault: Vault, account_id: int) -> tuple[str, str]:
    with database.read() as connection:
        of = migrations.get(connection, accounts.get(connection, account_id).migration_id, vault)
        source, destination = accounts.logins(connection, account_id, of, vault)
    return source.password.reveal(), destination.password.reveal()


def test_a_new_account_waits_and_wants_to_run(database: Database, vault: Vault, migration_id: int) -> None:
    assert save(database, vault, migration_id, FILE[1:2]) == Imported(("bob",), (), ())
    (found,) = listing(database, migration_id)
    assert found == Account(
        id=found.id,
        migration_id=migration_id,
        source_user="bob",
        destination_user="bob@new.example",
        priority=1,
        position=1,
        excluded_folders=("Spam", "Archief/*"),
        wanted=Wanted.RUN,
        state=AccountState.WAITING,
        detail="",
        server_words="",
        pass_number=0,
        counts=Counts(),
        bytes_listed=0,
        bytes_copied=0,
        rate_messages=0,
        rate_bytes=0,
        started_at=None,
        finished_at=None,
    )


def test_importing_the_same_file_again_changes_nothing(database: Database, vault: Vault, migration_id: int) -> None:
    assert save(database, vault, migration_id, FILE) == Imported(("alice", "bob", "Zoë"), (), ())
    before = stored(database)
    assert save(database, vault, migration_id, FILE) == Imported((), (), ("alice", "bob", "Zoë"))
    assert stored(database) == before


@pytest.mark.parametrize(
    "changed",
    [
        mailbox("bob", priority=1, excluded_folders=("Spam",)),
        mailbox("bob", priority=2, excluded_folders=("Spam", "Archief/*")),
        mailbox("bob", "new-password", priority=1, excluded_folders=("Spam", "Archief/*")),
        mailbox("bob", priority=1, excluded_folders=("Spam", "Archief/*"), destination_password=Secret("other")),
        AccountSpec("bob", Secret("alice-pässword"), "robert", None, 1, ("Spam", "Archief/*")),
    ],
    ids=["excluded folders", "priority", "password", "destination password", "destination"],
)
def test_what_changed_in_the_file_changes_that_account_only(
    database: Database, vault: Vault, migration_id: int, changed: AccountSpec
) -> None:
    save(database, vault, migration_id, FILE)
    before = stored(database)
    assert save(database, vault, migration_id, [FILE[0], changed, FILE[2]]) == Imported((), ("bob",), ("alice", "Zoë"))
    after = stored(database)
    (bob,) = [each for each in listing(database, migration_id) if each.source_user == "bob"]
    assert {user for user in before if before[user] != after[user]} == {"bob"}
    assert (bob.destination_user, bob.priority, bob.excluded_folders) == (
        changed.destination_user,
        changed.priority,
        changed.excluded_folders,
    )
    source = changed.source_password.reveal()
    other = changed.destination_password
    assert passwords(database, vault, bob.id) == (source, other.reveal() if other else source)
    assert save(database, vault, migration_id, [changed]) == Imported((), (), ("bob",))


def test_a_destination_password_can_be_taken_back(database: Database, vault: Vault, migration_id: int) -> None:
    save(database, vault, migration_id, [mailbox(destination_password=Secret("other"))])
    assert save(database, vault, migration_id, [mailbox()]).changed == ("alice",)
    (alice,) = listing(database, migration_id)
    assert passwords(database, vault, alice.id) == ("alice-pässword", "alice-pässword")


def test_what_was_done_survives_a_change(database: Database, vault: Vault, migration_id: int, account_id: int) -> None:
    with database.write() as connection:
        progress.begin_pass(connection, account_id, at=1000.0)
        accounts.set_state(connection, account_id, AccountState.FAILED, "The login was refused.", "NO [AUTH] go away")
        accounts.want(connection, [account_id], Wanted.PAUSE)
    before = listing(database, migration_id)
    save(database, vault, migration_id, [mailbox(password="right")])
    assert listing(database, migration_id) == before


def test_accounts_that_are_no_longer_in_the_file_stay(database: Database, vault: Vault, migration_id: int) -> None:
    save(database, vault, migration_id, FILE)
    save(database, vault, migration_id, [mailbox("carol")])
    assert len(listing(database, migration_id)) == 4


def test_they_run_by_priority_and_then_in_the_order_of_import(
    database: Database, vault: Vault, migration_id: int
) -> None:
    save(
        database, vault, migration_id, [mailbox("e"), mailbox("d", priority=9), mailbox("c"), mailbox("b", priority=1)]
    )
    save(database, vault, migration_id, [mailbox("c"), mailbox("a"), mailbox("e"), mailbox("f", priority=1)])
    assert [each.source_user for each in listing(database, migration_id)] == ["b", "f", "e", "c", "a", "d"]


def test_two_migrations_may_have_the_same_account(database: Database, vault: Vault, migration_id: int) -> None:
    with database.write() as connection:
        other = migrations.save(connection, samples.migration("Branch office"), vault)
    save(database, vault, migration_id, FILE)
    assert save(database, vault, other, FILE[:1]) == Imported(("alice",), (), ())
    assert [each.source_user for each in listing(database, other)] == ["alice"]


def test_logins_carry_the_admins_of_their_servers(database: Database, vault: Vault, account_id: int) -> None:
    with database.read() as connection:
        of = migrations.listing(connection, vault)[0]
        source, destination = accounts.logins(connection, account_id, of, vault)
    assert (source.user, source.admin) == ("alice", None)
    assert (destination.user, destination.admin) == (
        "alice@new.example",
        AdminLogin("admin", Secret("admin-pässword"), "separator:*"),
    )


@pytest.mark.parametrize("state", AccountState)
def test_asking_again_makes_an_account_wait_unless_it_is_at_work(
    database: Database, migration_id: int, account_id: int, state: AccountState
) -> None:
    with database.write() as connection:
        accounts.set_state(connection, account_id, state, "Something happened.", "NO")
        accounts.want(connection, [account_id], Wanted.PAUSE)
        accounts.ask_again(connection, [account_id])
        asked = accounts.asked(connection, account_id)
    (found,) = listing(database, migration_id)
    at_work = state in (AccountState.CHECKING, AccountState.COPYING)
    assert (found.wanted, asked) == (Wanted.RUN, 1)
    if at_work:
        assert (found.state, found.detail, found.server_words) == (state, "Something happened.", "NO")
    else:
        assert (found.state, found.detail, found.server_words) == (AccountState.WAITING, "", "")


def test_requests_are_counted_for_those_that_were_asked_for(
    database: Database, vault: Vault, migration_id: int
) -> None:
    save(database, vault, migration_id, FILE)
    bob, alice, zoe = (each.id for each in listing(database, migration_id))
    with database.write() as connection:
        accounts.ask_again(connection, [alice, bob])
        accounts.ask_again(connection, [alice])
        accounts.ask_again(connection, [])
        assert [accounts.asked(connection, each) for each in (alice, bob, zoe)] == [2, 1, 0]


def test_more_accounts_than_a_statement_takes_values(database: Database, vault: Vault, migration_id: int) -> None:
    save(database, vault, migration_id, [mailbox(f"user{number}") for number in range(1201)])
    ids = [each.id for each in listing(database, migration_id)]
    with database.write() as connection:
        samples.like_old_sqlite(connection)
        accounts.want(connection, ids, Wanted.PAUSE)
        assert {each.wanted for each in accounts.listing(connection, migration_id)} == {Wanted.PAUSE}
        accounts.ask_again(connection, ids)
        assert {each.wanted for each in accounts.listing(connection, migration_id)} == {Wanted.RUN}
        assert {accounts.asked(connection, each) for each in ids} == {1}
        accounts.delete(connection, ids)
    assert listing(database, migration_id) == []


def test_a_state_carries_its_reason_and_ends_the_rate(database: Database, account_id: int) -> None:
    tally = Tally(Counts(10, 5), 1000, 500)
    with database.write() as connection:
        accounts.set_state(connection, account_id, AccountState.COPYING)
        progress.save_account(connection, account_id, tally, (12.5, 3e6))
        copying = accounts.get(connection, account_id)
        accounts.set_state(connection, account_id, AccountState.PAUSED, "The mailbox is full.", "NO [OVERQUOTA] full")
        paused = accounts.get(connection, account_id)
        accounts.set_state(connection, account_id, AccountState.WAITING)
        waiting = accounts.get(connection, account_id)
    assert (copying.rate_messages, copying.rate_bytes) == (12.5, 3e6)
    assert (paused.state, paused.detail, paused.server_words) == (
        "paused",
        "The mailbox is full.",
        "NO [OVERQUOTA] full",
    )
    assert (paused.rate_messages, paused.rate_bytes, paused.counts) == (0, 0, Counts(10, 5))
    assert (waiting.detail, waiting.server_words) == ("", "")


def test_after_an_engine_s_death_nobody_is_at_work(database: Database, vault: Vault, migration_id: int) -> None:
    save(database, vault, migration_id, [mailbox(state.name) for state in AccountState])
    with database.write() as connection:
        for each in accounts.listing(connection, migration_id):
            accounts.set_state(connection, each.id, AccountState[each.source_user], "because")
            progress.save_account(connection, each.id, Tally(Counts(5, 2), 10, 4), (3.0, 4.0))
        accounts.forget_activity(connection)
    for each in listing(database, migration_id):
        was = AccountState[each.source_user]
        assert each.state == (AccountState.WAITING if was.active else was)
        assert each.counts == Counts(5, 2)
        assert not (was.active and (each.rate_messages or each.rate_bytes))


def test_a_deleted_account_is_not_found(database: Database, vault: Vault, account_id: int) -> None:
    with database.write() as connection:
        of = migrations.listing(connection, vault)[0]
        accounts.delete(connection, [account_id])
        for look in (
            lambda: accounts.get(connection, account_id),
            lambda: accounts.asked(connection, account_id),
            lambda: accounts.logins(connection, account_id, of, vault),
            lambda: progress.proven_for(connection, account_id),
        ):
            with pytest.raises(NotFound, match=f"There is no account {account_id}"):
                look()


def test_nothing_shows_a_password(database: Database, vault: Vault, account_id: int) -> None:
    with database.read() as connection:
        of = migrations.listing(connection, vault)[0]
        shown = [
            of,
            accounts.get(connection, account_id),
            accounts.logins(connection, account_id, of, vault),
            mailbox(),
        ]
    assert "pässword" not in f"{shown}"
