"""Queries on migrations and their servers."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, insert, select, true, update
from sqlalchemy import delete as sql_delete

from tui_migrate.errors import NotFound
from tui_migrate.model import (
    ENDED_STATES,
    HELD_STATES,
    AccountState,
    Counts,
    Migration,
    MigrationOverview,
    MigrationSpec,
    Moved,
    Schedule,
    Selection,
    Wanted,
)
from tui_migrate.model.declared import settings
from tui_migrate.store import documents, notice_settings, passwords, servers
from tui_migrate.store.passwords import Ends
from tui_migrate.store.schema import COUNT_COLUMNS, account, failure, migration, server
from tui_migrate.store.vault import Vault


def save(connection: Connection, spec: MigrationSpec, vault: Vault) -> int:
    """Create the migration of this title, or bring it to what `spec` says. Returns its id."""
    known = titled(connection, spec.title)
    if known is None:
        return create(connection, spec, vault)
    change(connection, known, spec, vault)
    return known


def create(connection: Connection, spec: MigrationSpec, vault: Vault) -> int:
    """A new migration, whose title must not be taken. Returns its id."""
    ids = [
        _inserted(connection, insert(server).values(servers.values(each, vault)))
        for each in (spec.source, spec.destination)
    ]
    return _inserted(
        connection,
        insert(migration).values(
            **_values(spec, vault),
            source_id=ids[0],
            destination_id=ids[1],
            wanted=Wanted.IDLE,
            created_at=time.time(),
        ),
    )


def change(connection: Connection, migration_id: int, spec: MigrationSpec, vault: Vault) -> None:
    """Bring a migration to what `spec` says; its title must not be another's. Raises NotFound."""
    row = _row(connection, migration_id)
    before = ends(connection, migration_id)
    passwords.reseal(connection, migration_id, before, (spec.source.bond, spec.destination.bond), vault)
    for server_id, each in ((row.source_id, spec.source), (row.destination_id, spec.destination)):
        connection.execute(update(server).where(server.c.id == server_id).values(servers.values(each, vault)))
    connection.execute(update(migration).where(migration.c.id == migration_id).values(_values(spec, vault)))


def ends(connection: Connection, migration_id: int) -> Ends:
    """What the passwords of its accounts are bound to. Raises NotFound."""
    row = _row(connection, migration_id)
    found = _servers(connection, row)
    source, destination = (servers.server_of(found[each], None).bond for each in (row.source_id, row.destination_id))
    return source, destination


def titled(connection: Connection, title: str) -> int | None:
    """Id of the migration of this title, if there is one."""
    return connection.execute(select(migration.c.id).where(migration.c.title == title)).scalar_one_or_none()


def titles(connection: Connection, *, but: int | None = None) -> list[str]:
    """The titles of all migrations, or of all but one."""
    found = connection.execute(select(migration.c.id, migration.c.title))
    return [row.title for row in found if row.id != but]


def keys(connection: Connection) -> dict[int, tuple[str, str]]:
    """What the servers of each migration are when connections are counted: source and destination, by migration."""
    found: dict[int, str] = {row.id: row.key for row in connection.execute(select(server.c.id, server.c.key))}
    rows = connection.execute(select(migration.c.id, migration.c.source_id, migration.c.destination_id))
    return {row.id: (found[row.source_id], found[row.destination_id]) for row in rows}


def get(connection: Connection, migration_id: int, vault: Vault) -> Migration:
    """The migration with this id; no other one's secrets are opened. Raises NotFound."""
    row = _row(connection, migration_id)
    return _migration(row, _servers(connection, row), vault)


def listing(connection: Connection, vault: Vault) -> list[Migration]:
    """All migrations, in the order of their making."""
    found = {row.id: row for row in connection.execute(select(server))}
    rows = connection.execute(select(migration).order_by(migration.c.id))
    return [_migration(row, found, vault) for row in rows]


def overview(connection: Connection, migration_id: int, vault: Vault) -> MigrationOverview:
    """One migration with the totals of its accounts; no other one's secrets are opened. Raises NotFound."""
    (found,) = _overviews(connection, [get(connection, migration_id, vault)], account.c.migration_id == migration_id)
    return found


def overviews(connection: Connection, vault: Vault) -> list[MigrationOverview]:
    """All migrations with the totals of their accounts."""
    return _overviews(connection, listing(connection, vault), true())


def wanted(connection: Connection, migration_id: int) -> Wanted:
    """What the admin wants of a migration. Raises NotFound."""
    return Wanted(_row(connection, migration_id).wanted)


def want(connection: Connection, migration_id: int, wanted: Wanted) -> None:
    """Record what the admin wants of a migration."""
    connection.execute(update(migration).where(migration.c.id == migration_id).values(wanted=wanted))


def want_of_all(connection: Connection, before: Wanted, wanted: Wanted) -> dict[int, str]:
    """Record the same of every migration of which the admin wanted `before`. Returns their titles by id."""
    those = migration.c.wanted == before
    found = connection.execute(select(migration.c.id, migration.c.title).where(those).order_by(migration.c.id)).all()
    connection.execute(update(migration).where(those).values(wanted=wanted))
    return {row.id: row.title for row in found}


def delete(connection: Connection, migration_id: int) -> None:
    """Forget a migration with all its records. No mail is touched."""
    row = _row(connection, migration_id)
    connection.execute(sql_delete(migration).where(migration.c.id == migration_id))
    connection.execute(sql_delete(server).where(server.c.id.in_([row.source_id, row.destination_id])))


def _row(connection: Connection, migration_id: int) -> Row[tuple[object, ...]]:
    row = connection.execute(select(migration).where(migration.c.id == migration_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no migration {migration_id}.")
    return row


def _servers(connection: Connection, row: Row[tuple[object, ...]]) -> dict[int, Row[tuple[object, ...]]]:
    """The two servers of a migration, by id."""
    found = connection.execute(select(server).where(server.c.id.in_([row.source_id, row.destination_id])))
    return {each.id: each for each in found}


def _overviews(
    connection: Connection, found: Sequence[Migration], theirs: ColumnElement[bool]
) -> list[MigrationOverview]:
    """Migrations with the totals of their accounts. `theirs`: which accounts these migrations have."""
    sums = [func.coalesce(func.sum(account.c[name]), 0).label(name) for name in COUNT_COLUMNS]
    extra = ("bytes_listed", "bytes_copied", "moved_messages", "moved_bytes", "rate_messages", "rate_bytes")
    sums += [func.coalesce(func.sum(account.c[name]), 0).label(name) for name in extra]
    sums += [func.count().label("accounts"), func.max(account.c.detail).label("detail")]
    sums += [func.max(account.c.pass_number).label("passes")]
    untouched = (account.c.pass_number == 0) & (account.c.wanted == Wanted.IDLE)
    waits = account.c.state.not_in(ENDED_STATES)
    state = case((untouched & waits, AccountState.NOT_STARTED), else_=account.c.state).label("state")
    grouped = select(account.c.migration_id, state, *sums).where(theirs)
    by_migration: dict[int, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in connection.execute(grouped.group_by(account.c.migration_id, state)):
        by_migration[row.migration_id].append(row)
    failures: dict[int, int] = {
        row.migration_id: row.failures
        for row in connection.execute(
            select(account.c.migration_id, func.count().label("failures"))
            .select_from(failure.join(account))
            .where(theirs, failure.c.skipped == 0)
            .group_by(account.c.migration_id)
        )
    }
    return [_overview(each, by_migration[each.id], failures.get(each.id, 0)) for each in found]


def _overview(each: Migration, rows: Sequence[Row[tuple[object, ...]]], failures: int) -> MigrationOverview:
    counts = sum((counts_of(row) for row in rows), Counts())
    return MigrationOverview(
        migration=each,
        accounts=sum(row.accounts for row in rows),
        accounts_by_state={AccountState(row.state): row.accounts for row in rows},
        counts=counts,
        bytes_listed=sum(row.bytes_listed for row in rows),
        bytes_copied=sum(row.bytes_copied for row in rows),
        rate_messages=sum(row.rate_messages for row in rows),
        rate_bytes=sum(row.rate_bytes for row in rows),
        failures=failures,
        held=next((row.detail for row in rows if row.state in HELD_STATES), ""),
        moved=sum((Moved(row.moved_messages, row.moved_bytes) for row in rows), Moved()),
        passes=max((row.passes for row in rows), default=0),
    )


def counts_of(row: Row[Any]) -> Counts:
    """The `Counts` in a row that has the count columns."""
    # Spelled out: lists of many thousands are read.
    return Counts(
        int(row.listed),
        int(row.copied),
        brought=int(row.brought),
        there=int(row.there),
        excluded=int(row.excluded),
        gone=int(row.gone),
        failed=int(row.failed),
    )


def _inserted(connection: Connection, statement: object) -> int:
    result = connection.execute(statement)  # type: ignore[call-overload]
    return int(result.inserted_primary_key[0])


def _values(spec: MigrationSpec, vault: Vault) -> dict[str, object]:
    own = documents.document(_OWN, spec)
    return {
        "title": spec.title,
        "settings": documents.written({**own, **documents.document(settings(Selection), spec.selection)}),
        "start_at": spec.schedule.start_at,
        "final_pass_at": spec.schedule.final_pass_at,
        **notice_settings.values(spec.notices, vault),
    }


def _migration(row: Row[tuple[object, ...]], found: Mapping[int, Row[tuple[object, ...]]], vault: Vault) -> Migration:
    return Migration(
        id=row.id,
        title=row.title,
        source=servers.server_of(found[row.source_id], vault),
        destination=servers.server_of(found[row.destination_id], vault),
        wanted=Wanted(row.wanted),
        **_settings(row.settings),
        schedule=Schedule(row.start_at, row.final_pass_at),
        notices=notice_settings.read(row.mailing, row.mailing_secret, vault),
    )


def _settings(text: str) -> dict[str, Any]:
    plain = documents.parsed(text)
    selection = Selection(**documents.fields(settings(Selection), plain))
    return {"excluded_folders": (), **documents.fields(_OWN, plain), "selection": selection}


_OWN = [each for each in settings(MigrationSpec) if each.name != "title"]
