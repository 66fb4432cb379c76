"""Two real servers with a few mailboxes, and a migration between them."""

from __future__ import annotations

from collections.abc import Iterable

from tests.servers.dovecot import Dovecot
from tests.ui.office import OfficeService
from tui_migrate.model import ImapServer, Migration, MigrationSpec, Security, Server
from tui_migrate.store import migrations

PASSWORD = "secret"


def add_users(server: Dovecot, users: Iterable[str]) -> None:
    """Mailboxes whose password is `PASSWORD`."""
    for user in users:
        server.add_user(user, PASSWORD)


def plain(port: int, *, connections: int = 10) -> Server:
    """A server on loopback, without encryption."""
    return ImapServer("127.0.0.1", security=Security.NONE, port=port, max_connections=connections)


def make_migration(service: OfficeService, source: Server, destination: Server, title: str = "Test") -> Migration:
    """A migration without accounts."""
    with service.store.write() as connection:
        migration_id = migrations.save(connection, MigrationSpec(title, source, destination), service.store.vault)
    return service.migrations.get(migration_id).migration
