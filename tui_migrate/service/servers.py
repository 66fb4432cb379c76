"""Servers: tested before they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tui_migrate.config import form
from tui_migrate.mail.probe import AtProxy, Probe, probe
from tui_migrate.mail.tls import Certificate
from tui_migrate.model import Login, Secret, Server, Side
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import grants, migrations

__all__ = ["AtProxy", "Certificate", "Probe", "Servers"]


class Servers:
    """What mail servers show of themselves."""

    def __init__(self, store: OpenStore, mailboxes: Mailboxes) -> None:
        self._store = store
        self._mailboxes = mailboxes

    def test(self, server: Server, login: Login | None = None) -> Probe:
        """What a server shows of itself, and what stands in its way. Waits for the server, half a minute at worst."""
        return probe(server, login, lessons=self._mailboxes.lessons(server))

    def test_form(
        self, side: Side, texts: Mapping[str, str], passwords: Mapping[str, Secret], migration_id: int | None = None
    ) -> Probe:
        """Test the server of one side of a form, before it is saved. Raises BadInput as `Migrations.read_form` does."""
        own = None
        if migration_id is not None:
            with self._store.read() as connection:
                own = migrations.get(connection, migration_id, self._store.vault)
        server, login = form.read_trial(side, texts, passwords, own)
        if login is not None and own is not None:
            lent = grants.of(server, side, own.id, self._store.database, self._store.vault)
            login = replace(login, grants=lent)
        return self.test(server, login)
