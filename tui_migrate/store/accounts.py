"""Queries on accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy import delete as sql_delete

from tui_migrate.errors import BadInput, NotFound, Problem
from tui_migrate.model import (
    Account,
    AccountSpec,
    AccountState,
    Login,
    Migration,
    Wanted,
)
from tui_migrate.model.lists import Imported, Novelty
from tui_migrate.store import migrations, passwords
from tui_migrate.store.looks.accounts import account_of as account_of
from tui_migrate.store.looks.accounts import first as first
from tui_migrate.store.looks.accounts import lines as lines
from tui_migrate.store.looks.accounts import listing as listing
from tui_migrate.store.looks.accounts import number as number
from tui_migrate.store.looks.accounts import several as several
from tui_migrate.store.passwords import Ends
from tui_migrate.store.schema import AT_ONCE, account, last_check
from tui_migrate.store.statement import OF, Statement
from tui_migrate.store.vault import Vault
from tui_migrate.uidset import chunks

_ROW = Statement(lambda: select(account).where(account.c.id == OF))
_ADD = Statement(lambda: insert(account))
_SET = Statement(lambda: update(account).where(account.c.id == OF))
_ASKED = Statement(lambda: select(account.c.asked).where(account.c.id == OF))
_LOGINS = frozenset({"source_user", "source_secret", "destination_user", "destination_secret", "path"})


def save(connection: Connection, migration_id: int, specs: Iterable[AccountSpec], vault: Vault) -> Imported:
    """Add the accounts that are new and change those that differ. Accounts not in `specs` are left alone."""
    specs = list(specs)
    known, ends = _known(connection, migration_id, specs), migrations.ends(connection, migration_id)
    last = select(func.max(account.c.position)).where(account.c.migration_id == migration_id)
    position = connection.execute(last).scalar_one() or 0
    added, changed, same = [], [], []
    for spec in specs:
        row = known.get(spec.source_user)
        if row is None:
            position += 1
            values = {**_plain_values(spec), **_secret_values(spec, ends, vault)}
            stands = {"wanted": Wanted.RUN, "state": AccountState.WAITING}
            _ADD.run(connection, migration_id=migration_id, position=position, **stands, **values)
            added.append(spec.source_user)
        elif changes := _changes(row, spec, ends, vault):
            _apply(connection, row, changes)
            changed.append(spec.source_user)
        else:
            same.append(spec.source_user)
    return Imported(tuple(added), tuple(changed), tuple(same))


def compare(
    connection: Connection, migration_id: int, specs: Sequence[AccountSpec], vault: Vault
) -> dict[str, Novelty]:
    """What `save` would do with each of these, by source user."""
    known, ends = _known(connection, migration_id, specs), migrations.ends(connection, migration_id)
    return {
        spec.source_user: Novelty.NEW
        if (row := known.get(spec.source_user)) is None
        else Novelty.CHANGED
        if _changes(row, spec, ends, vault)
        else Novelty.SAME
        for spec in specs
    }


def spec_of(connection: Connection, account_id: int, vault: Vault) -> AccountSpec:
    """A stored account as a list would name it. Raises NotFound."""
    row = _row(connection, account_id)
    return _spec(row, migrations.ends(connection, row.migration_id), vault)


def specs(connection: Connection, migration_id: int, vault: Vault) -> list[AccountSpec]:
    """The accounts of a migration as a list would name them, in the order in which they were imported."""
    rows = connection.execute(
        select(account).where(account.c.migration_id == migration_id).order_by(account.c.position)
    )
    ends = migrations.ends(connection, migration_id)
    return [_spec(row, ends, vault) for row in rows]


def change(connection: Connection, account_id: int, spec: AccountSpec, vault: Vault) -> bool:
    """Bring a stored account to what `spec` says. False when it is so already.
    Raises NotFound, and BadInput when another account of the migration has this source."""
    row = _row(connection, account_id)
    ends = migrations.ends(connection, row.migration_id)
    changes = _changes(row, spec, ends, vault)
    if "source_user" in changes and spec.source_user in _known(connection, row.migration_id, [spec]):
        raise BadInput([Problem("Source", f"{spec.source_user} is another account of this migration already")])
    if changes:
        _apply(connection, row, changes)
    return bool(changes)


def set_priority(connection: Connection, account_ids: Sequence[int], priority: int) -> None:
    """1 runs first, 9 last."""
    for some in chunks(account_ids, AT_ONCE):
        connection.execute(update(account).where(account.c.id.in_(some)).values(priority=priority))


def find(connection: Connection, migration_id: int, source_user: str) -> int | None:
    """Id of the account with this source, if there is one."""
    mine = (account.c.migration_id == migration_id, account.c.source_user == source_user)
    return connection.execute(select(account.c.id).where(*mine)).scalar_one_or_none()


def of_users(connection: Connection, migration_id: int, source_users: Sequence[str]) -> list[Account]:
    """The accounts with these sources."""
    return [
        account_of(row)
        for some in chunks(source_users, AT_ONCE)
        for row in connection.execute(
            select(account).where(account.c.migration_id == migration_id, account.c.source_user.in_(some))
        )
    ]


def active(connection: Connection) -> dict[int, int]:
    """How many accounts hold connections, by migration."""
    rows = connection.execute(
        select(account.c.migration_id, func.count().label("accounts"))
        .where(account.c.state.in_([state for state in AccountState if state.active]))
        .group_by(account.c.migration_id)
    )
    return {row.migration_id: row.accounts for row in rows}


def get(connection: Connection, account_id: int) -> Account:
    """One account. Raises NotFound."""
    return account_of(_row(connection, account_id))


def logins(connection: Connection, account_id: int, of: Migration, vault: Vault) -> tuple[Login, Login]:
    """Source and destination login of an account of the migration `of`. Raises NotFound."""
    row = _row(connection, account_id)
    source, destination = passwords.passwords(row, (of.source.bond, of.destination.bond), vault)
    mine, theirs = (row.source_user, source, row.path), (row.destination_user, destination or source)
    return of.source.login(*mine), of.destination.login(*theirs)


def trace(connection: Connection, account_id: int, *, on: bool) -> None:
    """Record whether the admin wants a protocol trace of this account."""
    connection.execute(update(account).where(account.c.id == account_id).values(traced=int(on)))


def want(connection: Connection, account_ids: Sequence[int], wanted: Wanted) -> None:
    """Record what the admin wants of these accounts."""
    for some in chunks(account_ids, AT_ONCE):
        connection.execute(update(account).where(account.c.id.in_(some)).values(wanted=wanted))


def want_all(connection: Connection, migration_id: int, before: Wanted, wanted: Wanted) -> None:
    """Change what is wanted of those accounts of a migration of which `before` was."""
    mine = (account.c.migration_id == migration_id, account.c.wanted == before)
    connection.execute(update(account).where(*mine).values(wanted=wanted))


def ask_again(connection: Connection, account_ids: Sequence[int]) -> None:
    """Ask for another pass over these accounts: what an earlier pass could not do is tried again.

    An account that holds connections now is left to end its pass; the engine sees the request then.
    """
    for some in chunks(account_ids, AT_ONCE):
        mine = account.c.id.in_(some)
        connection.execute(update(account).where(mine).values(asked=account.c.asked + 1, wanted=Wanted.RUN))
        connection.execute(
            update(account)
            .where(mine, account.c.state.not_in([AccountState.CHECKING, AccountState.COPYING]))
            .values(state=AccountState.WAITING, detail="", server_words="", due_at=None)
        )


def set_state(
    connection: Connection,
    account_id: int,
    state: AccountState,
    detail: str = "",
    server_words: str = "",
    due_at: float | None = None,
) -> None:
    """The state of one account. `due_at`: when it is tried again, by the engine's steady clock; None: at any time."""
    words = {"detail": detail, "server_words": server_words}
    _SET.run(connection, of=account_id, state=state, due_at=due_at, rate_messages=0, rate_bytes=0, **words)


def set_states(connection: Connection, changes: Iterable[tuple[int, AccountState, str]]) -> None:
    """`set_state` for several accounts, each with its sentence."""
    for account_id, state, detail in changes:
        set_state(connection, account_id, state, detail)


def asked(connection: Connection, account_id: int) -> int:
    """How often the admin has asked for another pass. Raises NotFound."""
    for times in _ASKED.column(connection, of=account_id):
        return int(times)
    raise NotFound(f"There is no account {account_id}.")


def forget_activity(connection: Connection) -> None:
    """No account holds connections, and none waits for its time: the engine that said so is gone."""
    active = [state for state in AccountState if state.active]
    connection.execute(update(account).where(account.c.due_at.is_not(None)).values(due_at=None))
    connection.execute(
        update(account)
        .where(account.c.state.in_(active))
        .values(state=AccountState.WAITING, rate_messages=0, rate_bytes=0)
    )


def delete(connection: Connection, account_ids: Sequence[int]) -> None:
    """Forget these accounts with all their records. No mail is touched."""
    for some in chunks(account_ids, AT_ONCE):
        connection.execute(sql_delete(account).where(account.c.id.in_(some)))


def _known(
    connection: Connection, migration_id: int, specs: Sequence[AccountSpec]
) -> dict[str, Row[tuple[object, ...]]]:
    """The accounts of a list that are stored already, by source user."""
    users = [spec.source_user for spec in specs]
    return {
        row.source_user: row
        for some in chunks(users, AT_ONCE)
        for row in connection.execute(
            select(account).where(account.c.migration_id == migration_id, account.c.source_user.in_(some))
        )
    }


def _row(connection: Connection, account_id: int) -> Any:
    for row in _ROW.named(connection, of=account_id):
        return row
    raise NotFound(f"There is no account {account_id}.")


def _spec(row: Row[tuple[object, ...]], ends: Ends, vault: Vault) -> AccountSpec:
    source, destination = passwords.passwords(row, ends, vault)
    return AccountSpec(
        source_user=row.source_user,
        source_password=source,
        destination_user=row.destination_user,
        destination_password=destination,
        priority=row.priority,
        excluded_folders=tuple(json.loads(row.excluded_folders)),
        notify=row.notify,
        path=row.path,
    )


def _plain_values(spec: AccountSpec) -> dict[str, object]:
    return {
        "source_user": spec.source_user,
        "destination_user": spec.destination_user,
        "priority": spec.priority,
        "excluded_folders": json.dumps(spec.excluded_folders),
        "notify": spec.notify,
        "path": spec.path,
    }


def _secret_values(spec: AccountSpec, ends: Ends, vault: Vault) -> dict[str, bytes | None]:
    users = spec.source_user, spec.destination_user
    return passwords.values(users, (spec.source_password, spec.destination_password), ends, vault)


def _changes(row: Row[tuple[object, ...]], spec: AccountSpec, ends: Ends, vault: Vault) -> dict[str, object]:
    changes = {name: value for name, value in _plain_values(spec).items() if getattr(row, name) != value}
    stored = passwords.passwords(row, ends, vault)
    other = {"source_user", "destination_user"} & changes.keys()
    if other or stored != (spec.source_password, spec.destination_password):
        changes.update(_secret_values(spec, ends, vault))
    return changes


def _apply(connection: Connection, row: Row[tuple[object, ...]], changes: dict[str, object]) -> None:
    """Bring a stored account to what `spec` says. One that the engine has paused, and said why, goes on with other
    logins: a refused one is the usual reason. With the same ones it would only be refused again, and be locked in the
    end."""
    connection.execute(update(account).where(account.c.id == row.id).values(**changes))
    if _LOGINS & changes.keys():  # it was of another mailbox or login
        connection.execute(sql_delete(last_check).where(last_check.c.account_id == row.id))
    if _LOGINS & changes.keys() and row.state == AccountState.PAUSED and row.detail:
        ask_again(connection, [row.id])
