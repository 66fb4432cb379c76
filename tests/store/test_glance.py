"""Quick looks that must not be wrong for being quick."""

from __future__ import annotations

import pytest

from tests.store import samples
from tui_migrate.model import AccountState, Wanted
from tui_migrate.store import accounts, glance, looks, migrations, turns
from tui_migrate.store.database import Database
from tui_migrate.store.vault import Vault


@pytest.mark.parametrize(
    ("migration", "account", "state", "waits"),
    [
        (Wanted.RUN, Wanted.RUN, AccountState.WAITING, True),
        (Wanted.RUN, Wanted.RUN, AccountState.COPYING, True),
        (Wanted.RUN, Wanted.RUN, AccountState.THROTTLED, True),
        (Wanted.RUN, Wanted.RUN, AccountState.DONE, False),
        (Wanted.RUN, Wanted.RUN, AccountState.DONE_WITH_FAILURES, False),
        (Wanted.RUN, Wanted.RUN, AccountState.FAILED, False),
        (Wanted.RUN, Wanted.PAUSE, AccountState.PAUSED, False),
        (Wanted.PAUSE, Wanted.RUN, AccountState.WAITING, False),
        (Wanted.IDLE, Wanted.RUN, AccountState.WAITING, False),
    ],
)
def test_work_waits_for_an_engine_when_one_would_do_it(
    database: Database, migration_id: int, account_id: int, migration: Wanted, account: Wanted, state: AccountState,
    waits: bool,
) -> None:  # fmt: skip
    with database.write() as connection:
        migrations.want(connection, migration_id, migration)
        accounts.want(connection, [account_id], account)
        accounts.set_state(connection, account_id, state)
    with database.read() as connection:
        assert looks.engine.work_waits(connection) is waits
        found = turns.of_accounts(connection, [account_id])
        assert waits is any(wish.runs and not wish.state.ended for wish in found)


def test_names_are_found_by_any_part_on_either_side(database: Database, vault: Vault, migration_id: int) -> None:
    with database.write() as connection:
        boxes = [samples.mailbox(user) for user in ("alice", "bob", "Alina", "a%c", "a_c")]
        accounts.save(connection, migration_id, boxes, vault)
        ids = {each.source_user: each.id for each in accounts.listing(connection, migration_id)}
    with database.read() as connection:
        assert glance.accounts_named(connection, "ALI", 9) == [ids["alice"], ids["Alina"]]
        assert glance.accounts_named(connection, "ali", 1) == [ids["alice"]]
        assert glance.accounts_named(connection, "b@new.example", 9) == [ids["bob"]]
        assert glance.accounts_named(connection, "%", 9) == [ids["a%c"]]
        assert glance.accounts_named(connection, "_", 9) == [ids["a_c"]]
        assert glance.migrations_named(connection, "head", 9) == [migration_id]
        assert glance.migrations_named(connection, "tail", 9) == []
