"""A stored password that does not open ends its account alone; entered again it works."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, Office
from tests.crash.support import wait_for
from tests.engine.clockwork import Clock, Clockwork
from tests.servers.maildir import counted
from tui_migrate.config.plan import load_plan
from tui_migrate.errors import AdminPasswordLost, PasswordLost
from tui_migrate.model import AccountSpec, AccountState, AdminLogin, ImapServer, MigrationSpec, Secret, Security
from tui_migrate.service import open_service
from tui_migrate.ui.rows.account_rows import wants_password

SEALED_OTHERWISE = f"UPDATE {{}} = x'02{'ab' * 44}' WHERE id = 1"
"""By another key."""


def test_it_concerns_its_account_alone_until_it_is_entered_again(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user(), unique_user()], [FEW, FEW])
    with closing(open_service(tmp_path / "data")) as service:
        migration_id, _ = service.plans.save(load_plan(office.plan(tmp_path, office.server.port)))
        with closing(sqlite3.connect(service.store.database.path)) as connection:
            connection.execute(SEALED_OTHERWISE.format("account SET source_secret"))
            connection.execute("UPDATE account SET proven_for = 'once before' WHERE id = 1")
            connection.commit()
        service.migrations.start(migration_id, with_engine=False)
        with Clockwork(service, Clock()):
            wait_for(lambda: service.accounts.get(2).state is AccountState.DONE)
            wait_for(lambda: service.accounts.get(1).state is AccountState.FAILED)
            lost = service.accounts.get(1)
            assert f"does not open the password for imap 127.0.0.1:{office.server.port} none {lost.source_user}" in (
                lost.detail
            )
            (failure,) = service.failures.listing()
            assert (failure.kind, failure.account) == (PasswordLost.kind, lost.source_user)
            assert [each.failures for each in service.migrations.listing()] == [1]
        typed = AccountSpec(lost.source_user, Secret("secret"), lost.destination_user)
        service.accounts.change(1, service.accounts.completed(1, typed), proven=True)
        service.migrations.start(migration_id, with_engine=False)
        with Clockwork(service, Clock()):
            wait_for(lambda: service.accounts.get(1).state is AccountState.DONE)
        assert service.failures.listing() == []
    assert office.arrived(0) == counted(FEW)
    office.assert_exact()


def test_one_of_an_admin_leaves_other_migrations_running(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user(), unique_user()], [FEW, FEW])
    server = ImapServer("127.0.0.1", security=Security.NONE, port=office.server.port)
    by_admin = ImapServer(
        "127.0.0.1",
        security=Security.NONE,
        port=office.server.port,
        admin=AdminLogin("admin", Secret("secret"), "separator:*"),
    )
    with closing(open_service(tmp_path / "data")) as service:
        for title, source, (user, copy) in zip(("A", "B"), (by_admin, server), office.pairs, strict=True):
            migration_id = service.migrations.create(MigrationSpec(title, source, server))
            service.accounts.add_unproven(migration_id, [AccountSpec(user, Secret("secret"), copy)])
            service.migrations.start(migration_id, with_engine=False)
        with closing(sqlite3.connect(service.store.database.path)) as connection:
            connection.execute(SEALED_OTHERWISE.format("server SET secret"))
            connection.commit()
        with Clockwork(service, Clock()):
            wait_for(lambda: service.accounts.get(2).state is AccountState.DONE)
            wait_for(lambda: service.accounts.get(1).state is AccountState.FAILED)
        (failure,) = service.failures.listing()
        assert failure.advice == AdminPasswordLost.advice + " Then retry the account."
        assert not wants_password(service.accounts.get(1))
    office.assert_exact(1)
