"""Whose final pass is to come, and the passes that were."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from tests.store import samples
from tui_migrate.model import AccountState, Counts, Pass, Schedule, Wanted
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, looks, migrations, passes, progress, schedules
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault

SPEC = samples.migration(schedule=Schedule(final_pass_at=5000.0))
DONE, FAILED = AccountState.DONE, AccountState.FAILED


def office(connection: Connection, vault: Vault, *states: AccountState) -> tuple[int, list[int]]:
    """A started migration whose accounts are in these states."""
    migration_id = migrations.create(connection, SPEC, vault)
    accounts.save(connection, migration_id, [samples.mailbox(f"user{n}") for n in range(len(states))], vault)
    migrations.want(connection, migration_id, Wanted.RUN)
    ids = [each.id for each in accounts.listing(connection, migration_id)]
    for account_id, state in zip(ids, states, strict=True):
        accounts.set_state(connection, account_id, state)
    return migration_id, ids


def test_who_has_ended_or_is_being_copied_is_asked_and_nobody_twice(database: Database, vault: Vault) -> None:
    states = (DONE, FAILED, AccountState.WAITING, AccountState.COPYING, AccountState.THROTTLED, DONE)
    with database.write() as connection:
        migration_id, ids = office(connection, vault, *states)
        accounts.want(connection, ids[-1:], Wanted.PAUSE)
        assert looks.engine.final_passes(connection) == {migration_id: 5000.0}
        schedules.ask_final_pass(connection, migration_id)
        assert [accounts.asked(connection, each) for each in ids] == [1, 1, 0, 1, 0, 0]
        now = [accounts.get(connection, each).state for each in ids]
        waiting = AccountState.WAITING
        assert now == [waiting, waiting, waiting, AccountState.COPYING, AccountState.THROTTLED, DONE]
        assert looks.engine.final_passes(connection) == {}


def test_another_time_asks_again_and_a_migration_that_is_not_started_is_not_asked(
    database: Database, vault: Vault
) -> None:
    with database.write() as connection:
        migration_id, _ = office(connection, vault, DONE)
        schedules.ask_final_pass(connection, migration_id)
        migrations.change(connection, migration_id, SPEC, vault)
        assert looks.engine.final_passes(connection) == {}
        migrations.change(connection, migration_id, replace(SPEC, schedule=Schedule(None, 6000.0)), vault)
        assert looks.engine.final_passes(connection) == {migration_id: 6000.0}
        migrations.want(connection, migration_id, Wanted.PAUSE)
        assert looks.engine.final_passes(connection) == {}


@pytest.mark.parametrize("how", [DONE, FAILED])
def test_each_pass_keeps_its_numbers(database: Database, vault: Vault, how: AccountState) -> None:
    first, second = Counts(listed=10, copied=9, failed=1), Counts(listed=11, copied=2, there=9)
    with database.write() as connection:
        _, (account_id, other) = office(connection, vault, DONE, DONE)
        progress.begin_pass(connection, account_id, 1000.0)
        progress.save_account(connection, account_id, Tally(first, 500, 450), (0.0, 0.0))
        progress.end_pass(connection, account_id, 1100.0, how)
        progress.begin_pass(connection, account_id, 2000.0)
        progress.save_account(connection, account_id, Tally(second, 600, 60), (0.0, 0.0))
        assert passes.listing(connection, [other, account_id]) == {
            other: [],
            account_id: [
                Pass(account_id, 1, 1000.0, 1100.0, how, first, 500, 450),
                Pass(account_id, 2, 2000.0, None, None, second, 600, 60),
            ],
        }
        accounts.delete(connection, [account_id])
        assert passes.listing(connection, [account_id]) == {account_id: []}
