"""Queries on accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy import delete as sql_delete

from tui_migrate.errors import NotFound
from tui_migrate.model import ENDED_STATES, Account, AccountSpec, AccountState, Login, Migration, Wanted
from tui_migrate.store.migrations import counts_of
from tui_migrate.store.schema import account, migration
from tui_migrate.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed, by source user."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]


def save(connection: Connection, migration_id: int, specs: Iterable[AccountSpec], vault: Vault) -> Imported:
    """Add the accounts that are new and change those that differ. Accounts not in `specs` are left alone."""
    rows = connection.execute(select(account).where(account.c.migration_id == migration_id))
    known = {row.source_user: row for row in rows}
    position = max((row.position for row in known.values()), default=0)
    added, changed, same = [], [], []
    for spec in specs:
        row = known.get(spec.source_user)
        if row is None:
            position += 1
            values = {**_plain_values(spec), **_secret_values(spec, vault)}
            connection.execute(
                insert(account).values(
                    migration_id=migration_id,
                    position=position,
                    wanted=Wanted.RUN,
                    state=AccountState.WAITING,
                    **values,
                )
            )
            added.append(spec.source_user)
        elif changes := _changes(row, spec, vault):
            connection.execute(update(account).where(account.c.id == row.id).values(**changes))
            changed.append(spec.source_user)
        else:
            same.append(spec.source_user)
    return Imported(tuple(added), tuple(changed), tuple(same))


def listing(connection: Connection, migration_id: int) -> list[Account]:
    """The accounts of a migration in the order in which they run."""
    rows = connection.execute(
        select(account)
        .where(account.c.migration_id == migration_id)
        .order_by(account.c.priority, account.c.position)
    )
    return [_account(row) for row in rows]


def get(connection: Connection, account_id: int) -> Account:
    """One account. Raises NotFound."""
    row = connection.execute(select(account).where(account.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return _account(row)


def logins(connection: Connection, account_id: int, of: Migration, vault: Vault) -> tuple[Login, Login]:
    """Source and destination login of an account of the migration `of`."""
    row = connection.execute(select(account).where(account.c.id == account_id)).one()
    source_password = vault.open(row.source_secret)
    destination_password = vault.open(row.destination_secret) if row.destination_secret else source_password
    return (
        Login(row.source_user, source_password, of.source.admin),
        Login(row.destination_user, destination_password, of.destination.admin),
    )


def want(connection: Connection, account_ids: Sequence[int], wanted: Wanted) -> None:
    """Record what the admin wants of these accounts."""
    connection.execute(update(account).where(account.c.id.in_(account_ids)).values(wanted=wanted))


def ask_again(connection: Connection, account_ids: Sequence[int]) -> None:
    """Ask for another pass over these accounts: what an earlier pass could not do is tried again.

    An account that holds connections now is left to end its pass; the engine sees the request then.
    """
    mine = account.c.id.in_(account_ids)
    connection.execute(update(account).where(mine).values(asked=account.c.asked + 1, wanted=Wanted.RUN))
    connection.execute(
        update(account)
        .where(mine, account.c.state.not_in([AccountState.CHECKING, AccountState.COPYING]))
        .values(state=AccountState.WAITING, detail="", server_words="")
    )


def set_state(
    connection: Connection, account_id: int, state: AccountState, detail: str = "", server_words: str = ""
) -> None:
    """The one place where an account's state changes."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(state=state, detail=detail, server_words=server_words, rate_messages=0, rate_bytes=0)
    )


def asked(connection: Connection, account_id: int) -> int:
    """How often the admin has asked for another pass."""
    return int(connection.execute(select(account.c.asked).where(account.c.id == account_id)).scalar_one())


def open_accounts(connection: Connection) -> int:
    """Accounts that a started migration still has to run."""
    statement = (
        select(func.count())
        .select_from(account.join(migration))
        .where(
            migration.c.wanted == Wanted.RUN,
            account.c.wanted == Wanted.RUN,
            account.c.state.not_in(ENDED_STATES),
        )
    )
    return int(connection.execute(statement).scalar_one())


def delete(connection: Connection, account_ids: Sequence[int]) -> None:
    """Forget these accounts with all their records. No mail is touched."""
    connection.execute(sql_delete(account).where(account.c.id.in_(account_ids)))


def _plain_values(spec: AccountSpec) -> dict[str, object]:
    return {
        "source_user": spec.source_user,
        "destination_user": spec.destination_user,
        "priority": spec.priority,
        "excluded_folders": json.dumps(spec.excluded_folders),
    }


def _secret_values(spec: AccountSpec, vault: Vault) -> dict[str, bytes | None]:
    destination = spec.destination_password
    return {
        "source_secret": vault.seal(spec.source_password),
        "destination_secret": vault.seal(destination) if destination is not None else None,
    }


def _changes(row: Row[tuple[object, ...]], spec: AccountSpec, vault: Vault) -> dict[str, object]:
    changes = {name: value for name, value in _plain_values(spec).items() if getattr(row, name) != value}
    stored = (
        vault.open(row.source_secret),
        vault.open(row.destination_secret) if row.destination_secret is not None else None,
    )
    if stored != (spec.source_password, spec.destination_password):
        changes.update(_secret_values(spec, vault))
    return changes


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(
        id=row.id,
        migration_id=row.migration_id,
        source_user=row.source_user,
        destination_user=row.destination_user,
        priority=row.priority,
        position=row.position,
        excluded_folders=tuple(json.loads(row.excluded_folders)),
        wanted=Wanted(row.wanted),
        state=AccountState(row.state),
        detail=row.detail,
        server_words=row.server_words,
        pass_number=row.pass_number,
        counts=counts_of(row),
        bytes_listed=row.bytes_listed,
        bytes_copied=row.bytes_copied,
        rate_messages=row.rate_messages,
        rate_bytes=row.rate_bytes,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
