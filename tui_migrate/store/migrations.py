"""Queries on migrations and their servers."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import delete as sql_delete

from tui_migrate.errors import NotFound
from tui_migrate.model import (
    Migration,
    MigrationOverview,
    MigrationSpec,
    NoticeSettings,
    Selection,
    Wanted,
)
from tui_migrate.model.declared import settings
from tui_migrate.store import documents, notice_settings, passwords, servers
from tui_migrate.store.looks.migrations import OWN as OWN
from tui_migrate.store.looks.migrations import listing as listing
from tui_migrate.store.looks.migrations import migration_of as migration_of
from tui_migrate.store.looks.migrations import overviews as overviews
from tui_migrate.store.looks.migrations import totals as totals
from tui_migrate.store.passwords import Ends
from tui_migrate.store.schema import migration, server
from tui_migrate.store.statement import OF, Statement
from tui_migrate.store.vault import Vault

_ROW = Statement(lambda: select(migration).where(migration.c.id == OF))
_SERVERS = Statement(lambda: select(server).where(server.c.id.in_([bindparam("source"), bindparam("destination")])))


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
    return migration_of(row, _servers(connection, row), vault)


def overview(connection: Connection, migration_id: int, vault: Vault) -> MigrationOverview:
    """One migration with the totals of its accounts; no other one's secrets are opened. Raises NotFound."""
    (found,) = totals(connection, [get(connection, migration_id, vault)], only=migration_id)
    return found


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


def set_notices(connection: Connection, migration_id: int, new: NoticeSettings | None, vault: Vault) -> None:
    """Set what holds for mail to its users from now on."""
    values = notice_settings.values(new, vault)
    connection.execute(update(migration).where(migration.c.id == migration_id).values(values))


def delete(connection: Connection, migration_id: int) -> None:
    """Forget a migration with all its records. No mail is touched."""
    row = _row(connection, migration_id)
    connection.execute(sql_delete(migration).where(migration.c.id == migration_id))
    connection.execute(sql_delete(server).where(server.c.id.in_([row.source_id, row.destination_id])))


def _row(connection: Connection, migration_id: int) -> Any:
    for row in _ROW.named(connection, of=migration_id):
        return row
    raise NotFound(f"There is no migration {migration_id}.")


def _servers(connection: Connection, row: Any) -> dict[int, Any]:
    """The two servers of a migration, by id."""
    found = _SERVERS.named(connection, source=row.source_id, destination=row.destination_id)
    return {each.id: each for each in found}


def _inserted(connection: Connection, statement: object) -> int:
    result = connection.execute(statement)  # type: ignore[call-overload]
    return int(result.inserted_primary_key[0])


def _values(spec: MigrationSpec, vault: Vault) -> dict[str, object]:
    own = documents.document(OWN, spec)
    return {
        "title": spec.title,
        "settings": documents.written({**own, **documents.document(settings(Selection), spec.selection)}),
        "start_at": spec.schedule.start_at,
        "final_pass_at": spec.schedule.final_pass_at,
        **notice_settings.values(spec.notices, vault),
    }
