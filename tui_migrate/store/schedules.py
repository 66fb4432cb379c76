"""Final passes: which are still to come, and the note that one was asked for, so that nobody asks twice."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from tui_migrate.model import ENDED_STATES, AccountState, Wanted
from tui_migrate.store import accounts, events
from tui_migrate.store.schema import account, migration


def ask_final_pass(connection: Connection, migration_id: int) -> None:
    """Ask for one more pass over the accounts of a migration that have ended, and over those that are being copied:
    what they have read already may have changed since. The others have all of it before them."""
    active = [state for state in AccountState if state.active]
    asked = select(account.c.id).where(
        account.c.migration_id == migration_id,
        account.c.wanted == Wanted.RUN,
        account.c.state.in_([*ENDED_STATES, *active]),
    )
    ids = list(connection.execute(asked).scalars())
    accounts.ask_again(connection, ids)
    mine = migration.c.id == migration_id
    connection.execute(update(migration).where(mine).values(final_asked_at=migration.c.final_pass_at))
    number = f"{len(ids):,} accounts" if len(ids) != 1 else "1 account"
    events.add(connection, "engine", f"the time of the final pass: {number} to go", migration_id=migration_id)
