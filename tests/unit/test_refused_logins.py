"""Accounts that wait for another login: what makes them go on, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui import office
from tui_migrate.engine.failures import DISPROVED
from tui_migrate.errors import LoginRefused, StillRunning
from tui_migrate.model import (
    Account,
    AccountSpec,
    AccountState,
    AdminLogin,
    Counts,
    ImapServer,
    MigrationSpec,
    Secret,
    Server,
    TokenLogin,
    Wanted,
)
from tui_migrate.service import proofs
from tui_migrate.service.logins import Proof
from tui_migrate.store import accounts, events, migrations

ANN = AccountSpec("ann", Secret("old"), "ann@new")
SPEC = MigrationSpec(
    "Test", ImapServer("old.example", admin=AdminLogin("root", Secret("old"))), ImapServer("new.example")
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[office.OfficeService]:
    """A migration that runs, whose account ann was refused in the middle; bob has been paused by the admin."""
    service = office.open_service(tmp_path / "data")
    migration = service.migrations.create(SPEC)
    service.accounts.add_unproven(migration, [ANN, AccountSpec("bob", Secret("old"), "bob")])
    with service.store.write() as connection:
        migrations.want(connection, migration, Wanted.RUN)
    ann, bob = service.accounts.listing(migration)
    office.set_account(service, ann.id, AccountState.PAUSED, Counts(9, 4), (9, 4), why=("Login refused: …", ""))
    office.set_account(service, bob.id, AccountState.PAUSED, Counts(9, 4), (9, 4))
    office.add_failure(service, ann.id, office.NOW, kind="login refused")
    with service.store.write() as connection:
        accounts.want(connection, [ann.id, bob.id], Wanted.PAUSE)
    yield service
    service.close()


def named(service: office.OfficeService, user: str) -> Account:
    return next(each for each in service.accounts.listing(1) if each.source_user == user)


def goes_on(service: office.OfficeService, user: str = "ann") -> bool:
    account = named(service, user)
    assert (account.state is AccountState.WAITING) == (account.wanted is Wanted.RUN)
    return account.state is AccountState.WAITING


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"source_password": Secret("new")}, True),
        ({"destination_password": Secret("new")}, True),
        ({"destination_user": "ann.new"}, True),
        ({"priority": 1}, False),
        ({"excluded_folders": ("Junk",)}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("by", ["hand", "list"])
def test_another_login_lets_an_account_go_on_and_nothing_else_does(
    service: office.OfficeService, changed: dict[str, object], expected: bool, by: str
) -> None:
    spec = replace(ANN, **changed)  # type: ignore[arg-type]
    if by == "hand":
        service.accounts.change(named(service, "ann").id, spec, proven=False)
    else:
        service.accounts.add_unproven(1, [spec])
    assert goes_on(service) == expected
    assert not goes_on(service, "bob")
    assert service.engine.starts == (expected and by == "hand")


def test_a_new_password_does_not_wake_what_the_admin_has_paused(service: office.OfficeService) -> None:
    service.accounts.add_unproven(1, [AccountSpec("bob", Secret("new"), "bob")])
    assert not goes_on(service, "bob")


def test_an_old_password_that_is_accepted_again_lets_it_go_on_too(service: office.OfficeService) -> None:
    ann = named(service, "ann")
    with service.store.write() as connection:
        proofs.record(connection, Proof(ann.id, LoginRefused("no"), None), service.store.who)
    assert not goes_on(service)
    with service.store.write() as connection:
        proofs.record(connection, Proof(ann.id, None, None), service.store.who)
    assert goes_on(service)
    assert service.logs.events()[0].what == "ann: both logins proven: it goes on"
    assert service.failures.listing() == []


def test_a_new_source_password_leaves_the_destinations_as_it_was(service: office.OfficeService) -> None:
    """Until now the two were the same, and only one was stored."""
    ann = named(service, "ann").id
    typed = service.accounts.completed(ann, AccountSpec("ann", Secret("new"), "ann@new"))
    assert (typed.source_password, typed.destination_password) == (Secret("new"), Secret("old"))
    typed = service.accounts.completed(ann, AccountSpec("ann", Secret(""), "ann@new", Secret("new")))
    assert (typed.source_password, typed.destination_password) == (Secret("old"), Secret("new"))
    typed = service.accounts.completed(ann, AccountSpec("ann", Secret(""), "ann@new"))
    assert (typed.source_password, typed.destination_password) == (Secret("old"), None)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (replace(SPEC.source, admin=AdminLogin("root", Secret("new"))), True),
        (replace(SPEC.source, admin=None, token=TokenLogin("print-token {user}")), True),
        (replace(SPEC.source, max_connections=3), False),
    ],
)
def test_another_login_for_all_lets_all_go_on_that_were_refused(
    service: office.OfficeService, source: Server, expected: bool
) -> None:
    service.migrations.change(1, replace(SPEC, source=source))
    assert goes_on(service) == expected
    assert not goes_on(service, "bob")


def test_who_waits_for_room_does_not_go_on_with_another_admin(service: office.OfficeService) -> None:
    """The mailbox is as full as before."""
    with service.store.write() as connection:
        events.resolve_kinds(connection, named(service, "ann").id, DISPROVED)
    office.add_failure(service, named(service, "ann").id, office.NOW, kind="destination over quota")
    service.migrations.change(1, replace(SPEC, source=replace(SPEC.source, admin=AdminLogin("root", Secret("new")))))
    assert not goes_on(service)


def test_an_admins_password_may_change_while_mail_is_copied_and_the_admin_may_not(
    service: office.OfficeService,
) -> None:
    office.set_account(service, named(service, "bob").id, AccountState.COPYING, Counts(9, 4), (9, 4))
    with office.engine_at_work(service, rates=(0.0, 0.0)):
        other = replace(SPEC.source, admin=AdminLogin("toor", Secret("new")))
        with pytest.raises(StillRunning, match="source login"):
            service.migrations.change(1, replace(SPEC, source=other))
        assert not goes_on(service)
        service.migrations.change(
            1, replace(SPEC, source=replace(SPEC.source, admin=AdminLogin("root", Secret("new"))))
        )
        assert goes_on(service)
