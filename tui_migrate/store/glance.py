"""Quick looks across all migrations, however many accounts they have."""

from __future__ import annotations

from sqlalchemy import Connection, literal, or_, select

from tui_migrate.model import ENDED_STATES, AccountState, Wanted
from tui_migrate.store import notices, schedules
from tui_migrate.store.schema import account, migration


def work_waits(connection: Connection) -> bool:
    """True when an account is wanted to run and has not ended, a final pass is still to come, or notices are to be
    sent."""
    waiting = (
        select(literal(1))
        .select_from(account.join(migration))
        .where(
            migration.c.wanted == Wanted.RUN,
            account.c.wanted == Wanted.RUN,
            account.c.state.in_([state for state in AccountState if state not in ENDED_STATES]),
        )
        .limit(1)
    )
    if connection.execute(waiting).first() is not None or schedules.final_passes(connection):
        return True
    return notices.next_due(connection) is not None


def migrations_named(connection: Connection, text: str, limit: int) -> list[int]:
    """Ids of migrations with this in their title, the first `limit`."""
    found = select(migration.c.id).where(migration.c.title.icontains(text, autoescape=True))
    return list(connection.execute(found.order_by(migration.c.id).limit(limit)).scalars())


def accounts_named(connection: Connection, text: str, limit: int) -> list[int]:
    """Ids of accounts with this in the name of a user, the first `limit`."""
    names = (account.c.source_user, account.c.destination_user)
    found = select(account.c.id).where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    return list(connection.execute(found.order_by(account.c.id).limit(limit)).scalars())
