"""A migration begins at its time, its accounts get their final pass at another, and any time when they are asked to."""

from __future__ import annotations

import imaplib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, Office
from tests.crash.support import Child, wait_for
from tests.engine.clockwork import HOUR, Clock, Clockwork
from tests.engine.support import run_here
from tests.servers.maildir import counted, write_maildir
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.config.plan import load_plan
from tui_migrate.model import AccountState, MigrationSpec, Schedule, Wanted
from tui_migrate.service import Service, open_service
from tui_migrate.store import looks

MORE = plain_mail(3, 7, size=500)


@pytest.fixture
def office(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> Office:
    return Office(dovecot_factory(), [unique_user(), unique_user()], [FEW, FEW])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with closing(open_service(tmp_path / "data")) as service:
        yield service


def planned(service: Service, office: Office, folder: Path, schedule: Schedule) -> int:
    """A migration that is started, with this schedule; no engine works yet."""
    migration_id, _ = service.plans.save(load_plan(office.plan(folder, office.server.port)))
    set_schedule(service, migration_id, schedule)
    service.migrations.start(migration_id, with_engine=False)
    return migration_id


def set_schedule(service: Service, migration_id: int, schedule: Schedule) -> None:
    now = service.migrations.get(migration_id).migration
    spec = MigrationSpec(now.title, now.source, now.destination, now.excluded_folders, now.selection, schedule)
    service.migrations.change(migration_id, spec)


def states(service: Service, migration_id: int) -> set[AccountState]:
    return {each.state for each in service.accounts.listing(migration_id)}


def passes(service: Service, migration_id: int) -> list[int]:
    return [each.pass_number for each in service.accounts.listing(migration_id) if each.state is AccountState.DONE]


def done(service: Service, migration_id: int, number: int) -> None:
    wait_for(lambda: passes(service, migration_id) == [number, number])


def finals(service: Service) -> list[str]:
    return [
        event.what
        for event in service.logs.events()
        if "final pass" in event.what and not event.what.startswith("changed")
    ]


def test_a_started_migration_begins_at_its_time(service: Service, office: Office, tmp_path: Path) -> None:
    clock = Clock()
    migration_id = planned(service, office, tmp_path, Schedule(time.time() + 5 * HOUR))
    with Clockwork(service, clock):
        wait_for(lambda: states(service, migration_id) == {AccountState.SCHEDULED})
        assert all(each.detail.startswith("starts at ") for each in service.accounts.listing(migration_id))
        assert service.migrations.get(migration_id).held.startswith("starts at ")
        clock.ahead = 5 * HOUR + 1
        done(service, migration_id, 1)
    office.assert_exact()


def test_a_time_that_is_taken_back_lets_it_begin(service: Service, office: Office, tmp_path: Path) -> None:
    migration_id = planned(service, office, tmp_path, Schedule(time.time() + 5 * HOUR))
    with Clockwork(service, Clock()):
        wait_for(lambda: states(service, migration_id) == {AccountState.SCHEDULED})
        set_schedule(service, migration_id, Schedule())
        done(service, migration_id, 1)


def test_the_final_pass_comes_once_for_each_time_that_is_set(service: Service, office: Office, tmp_path: Path) -> None:
    clock, now = Clock(), time.time()
    migration_id = planned(service, office, tmp_path, Schedule(final_pass_at=now + 5 * HOUR))
    with Clockwork(service, clock):
        done(service, migration_id, 1)
        write_maildir(office.server.maildir(office.users[0]), "/", MORE)
        clock.ahead = 5 * HOUR + 1
        done(service, migration_id, 2)
    assert office.arrived(0) == counted([*FEW, *MORE])
    assert finals(service) == ["the time of the final pass: 2 accounts to go"]
    with Clockwork(service, clock):  # another engine does not ask again
        set_schedule(service, migration_id, Schedule(final_pass_at=now + 7 * HOUR))
        clock.ahead = 7 * HOUR + 1
        done(service, migration_id, 3)
    assert len(finals(service)) == 2
    with service.store.read() as connection:
        assert looks.engine.final_passes(connection) == {}


def test_a_final_pass_that_was_slept_through_is_made_up_for(service: Service, office: Office, tmp_path: Path) -> None:
    clock = Clock()
    migration_id = planned(service, office, tmp_path, Schedule(final_pass_at=time.time() + HOUR))
    with Clockwork(service, clock):
        done(service, migration_id, 1)
    clock.ahead = 3 * HOUR
    with Clockwork(service, clock):
        done(service, migration_id, 2)


def test_accounts_that_the_admin_has_paused_get_no_final_pass(service: Service, office: Office, tmp_path: Path) -> None:
    clock = Clock()
    migration_id = planned(service, office, tmp_path, Schedule(final_pass_at=time.time() + HOUR))
    with Clockwork(service, clock):
        done(service, migration_id, 1)
        first, second = service.accounts.listing(migration_id)
        service.accounts.pause([first.id])
        clock.ahead = 3 * HOUR
        wait_for(lambda: service.accounts.get(second.id).pass_number == 2)
    assert service.accounts.get(first.id).pass_number == 1
    assert finals(service) == ["the time of the final pass: 1 account to go"]


def test_an_engine_that_would_end_when_idle_stays_for_a_final_pass(
    service: Service, office: Office, tmp_path: Path
) -> None:
    migration_id = planned(service, office, tmp_path, Schedule(final_pass_at=time.time() + HOUR))
    with Child("engine", "--until-idle", "--data-dir", tmp_path / "data") as child:
        done(service, migration_id, 1)
        beat = service.engine.status().beat_at
        wait_for(lambda: (service.engine.status().beat_at or 0) > (beat or 0))
        assert child.running
        with service.store.read() as connection:
            assert looks.engine.work_waits(connection)
        set_schedule(service, migration_id, Schedule())
        assert child.wait() == 0
    with service.store.read() as connection:
        assert not looks.engine.work_waits(connection)


def test_another_pass_on_demand(office: Office, tmp_path: Path) -> None:
    data = ("--data-dir", tmp_path / "data")
    assert run_here("run", office.plan(tmp_path, office.server.port), *data).returncode == 0
    with imaplib.IMAP4("127.0.0.1", office.server.port) as client:
        client.login(office.users[1], "secret")
        client.append("INBOX", "", "", b"Subject: new\r\n\r\n")
    asked = run_here("delta", "Test", *data)
    assert (asked.returncode, asked.stdout.split(".")[0]) == (0, "Test: 2 accounts get another pass"), asked.stderr
    with closing(open_service(tmp_path / "data")) as service:
        (overview,) = service.migrations.listing()
        migration_id = overview.migration.id
        done(service, migration_id, 2)
        assert [each.counts.copied for each in service.accounts.listing(migration_id)] == [0, 1]
        assert run_here("delta", str(migration_id), "--account", office.users[0], *data).returncode == 0
        wait_for(lambda: passes(service, migration_id) == [3, 2])
        assert [each.number for each in service.passes.of_account(service.accounts.listing(migration_id)[0].id)] == [
            1,
            2,
            3,
        ]
        wait_for(lambda: not service.engine.status().running)
    unknown = run_here("delta", "Test", "--account", "nobody", *data)
    assert (unknown.returncode, "nobody" in unknown.stderr) == (2, True)
    assert run_here("delta", "Other", *data).returncode == 2


def test_a_delta_of_a_migration_leaves_alone_what_has_not_ended(
    service: Service, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.engine, "ensure_running", lambda: None)
    migration_id, _ = service.plans.save(load_plan(office.plan(tmp_path, office.server.port)))
    service.migrations.start(migration_id, with_engine=False)
    assert service.passes.another_of_all(migration_id) == 0
    with Clockwork(service, Clock()):
        done(service, migration_id, 1)
    assert service.passes.another_of_all(migration_id) == 2
    assert service.migrations.get(migration_id).migration.wanted is Wanted.RUN
    assert states(service, migration_id) == {AccountState.WAITING}
