"""What the engine asks twice a second: counted, not listed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from tests.store import samples
from tui_migrate.model import AccountState, Wanted
from tui_migrate.model.wishes import Standing, Wish
from tui_migrate.store import accounts, migrations, progress, turns
from tui_migrate.store.database import Database, Transaction
from tui_migrate.store.vault import Vault

NOW = 1000.0
NAMES = ("ann", "bob", "cas", "dee", "eva", "fay")


@pytest.fixture
def ids(database: Database, vault: Vault, migration_id: int) -> dict[str, int]:
    """Six accounts of a migration that is started, by their users; the last one has priority."""
    with database.write() as connection:
        boxes = [samples.mailbox(each, priority=1 if each == "fay" else 5) for each in NAMES]
        accounts.save(connection, migration_id, boxes, vault)
        migrations.want(connection, migration_id, Wanted.RUN)
        return {each.source_user: each.id for each in accounts.listing(connection, migration_id)}


def users(ids: dict[str, int], wishes: list[Wish]) -> list[str]:
    names = {account_id: name for name, account_id in ids.items()}
    return [names[wish.account_id] for wish in wishes]


def test_who_comes_next_is_read_in_order_and_by_the_page(
    database: Database, migration_id: int, ids: dict[str, int]
) -> None:
    with database.write() as connection:
        accounts.set_state(connection, ids["ann"], AccountState.COPYING)
        accounts.want(connection, [ids["bob"]], Wanted.PAUSE)
        accounts.set_state(connection, ids["cas"], AccountState.WAITING, due_at=NOW + 1)
        progress.set_proven(connection, ids["fay"], "this pair")
        first = turns.waiting(connection, migration_id, NOW, 2)
        assert users(ids, first) == ["fay", "dee"]
        assert users(ids, turns.waiting(connection, migration_id, NOW, 2, after=first[-1])) == ["eva"]
        assert users(ids, turns.waiting(connection, migration_id, NOW, 9, unproven=True)) == ["dee", "eva"]
        assert users(ids, turns.waiting(connection, migration_id, NOW + 1, 9)) == ["fay", "cas", "dee", "eva"]
        migrations.want(connection, migration_id, Wanted.PAUSE)
        assert turns.waiting(connection, migration_id, NOW, 9) == []


def test_accounts_are_counted_by_what_is_wanted_and_what_is_so(
    database: Database, migration_id: int, ids: dict[str, int]
) -> None:
    with database.write() as connection:
        accounts.want(connection, [ids["bob"]], Wanted.PAUSE)
        accounts.set_state(connection, ids["cas"], AccountState.WAITING, due_at=NOW + 1)
        accounts.set_state(connection, ids["dee"], AccountState.DONE)
        found = {(each.wanted, each.state): each for each in turns.standings(connection, NOW)}
    assert found == {
        (Wanted.RUN, AccountState.WAITING): Standing(migration_id, Wanted.RUN, AccountState.WAITING, 4, later=1),
        (Wanted.PAUSE, AccountState.WAITING): Standing(migration_id, Wanted.PAUSE, AccountState.WAITING, 1),
        (Wanted.RUN, AccountState.DONE): Standing(migration_id, Wanted.RUN, AccountState.DONE, 1),
    }


def test_all_of_one_standing_rest_at_once_and_are_due_when_they_were(
    database: Database, migration_id: int, ids: dict[str, int]
) -> None:
    waiting = Standing(migration_id, Wanted.RUN, AccountState.WAITING, 4)
    with database.write() as connection:
        accounts.want(connection, [ids["bob"]], Wanted.PAUSE)
        accounts.set_state(connection, ids["cas"], AccountState.WAITING, "later", due_at=NOW + 1)
        accounts.set_state(connection, ids["dee"], AccountState.DONE)
        turns.rest(connection, waiting, AccountState.BLACKOUT, "until 06:00 CET")
        held = {each.source_user for each in accounts.listing(connection, migration_id) if each.detail}
        turns.rest(connection, Standing(migration_id, Wanted.RUN, AccountState.BLACKOUT, 4), AccountState.WAITING, "")
        assert held == {"ann", "cas", "eva", "fay"}
        assert users(ids, turns.waiting(connection, migration_id, NOW, 9)) == ["fay", "ann", "eva"]


def test_what_was_throttled_is_found_when_its_time_has_come(
    database: Database, migration_id: int, ids: dict[str, int]
) -> None:
    with database.write() as connection:
        for name, due_at in (("ann", NOW), ("bob", NOW + 1), ("cas", None)):
            accounts.set_state(connection, ids[name], AccountState.THROTTLED, due_at=due_at)
        assert turns.rested(connection, migration_id, NOW) == [ids["ann"], ids["cas"]]
        accounts.ask_again(connection, [ids["bob"]])  # the admin does not want to wait
        assert ids["bob"] in {wish.account_id for wish in turns.waiting(connection, migration_id, NOW, 9)}
        accounts.set_state(connection, ids["bob"], AccountState.WAITING, due_at=NOW + 1)
        accounts.forget_activity(connection)
        assert ids["bob"] in {wish.account_id for wish in turns.waiting(connection, migration_id, NOW, 9)}


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda connection, _: turns.standings(connection, NOW), "account_by_turn"),
        (lambda connection, key: turns.waiting(connection, key, NOW, 9), "account_by_turn"),
        (lambda connection, key: turns.waiting(connection, key, NOW, 9, unproven=True), "account_unproven"),
        (lambda connection, key: turns.rested(connection, key, NOW), "account_by_turn"),
        (lambda connection, _: turns.traced(connection), "account_traced"),
        (lambda connection, _: turns.refused(connection), "check_refused"),
    ],
)
def test_no_question_reads_all_accounts(
    database: Database, migration_id: int, ask: Callable[[Transaction, int], object], index: str
) -> None:
    asked: list[str] = []
    with database.read() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_trace_callback(asked.append)  # with its values in it
        ask(connection, migration_id)
        driver.set_trace_callback(None)
        (sql,) = asked
        plan = " ".join(row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
    assert index in plan
    assert "TEMP B-TREE FOR GROUP BY" not in plan
