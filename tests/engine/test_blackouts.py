"""A server in a blackout is left alone: what runs ends cleanly, says until when, and goes on by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.office import FEW, MANY, Office, beats
from tests.crash.support import Child, open_windows, wait_for
from tests.engine.support import run_here
from tui_migrate.engine.turns.timetable import Hold, hold, resting
from tui_migrate.errors import StillRunning
from tui_migrate.model import AccountState, Blackout, ImapServer, Migration, MigrationSpec, Schedule, Wait, Wanted
from tui_migrate.model.wishes import Standing
from tui_migrate.service import Service, open_service

NIGHT = Blackout(frozenset(range(7)), time(22), time(6), "Europe/Brussels")
MIDNIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=UTC).timestamp()
"""In Brussels."""


def migration(source: tuple[Blackout, ...] = (), there: tuple[Blackout, ...] = (), **changes: object) -> Migration:
    ends = ImapServer("old", blackouts=source), ImapServer("new", blackouts=there)
    return replace(Migration(1, "Office", *ends, (), Wanted.RUN), **changes)  # type: ignore[arg-type]


def test_a_rest_of_either_server_holds_the_migration_until_both_may_be_used() -> None:
    evening = Blackout(frozenset({1}), time(20), time(23), "UTC")  # until midnight in Brussels
    assert hold(migration(), MIDNIGHT) is None
    assert hold(migration((NIGHT,)), MIDNIGHT) == Hold(AccountState.BLACKOUT, "until 06:00 CET")
    assert hold(migration((), (NIGHT,)), MIDNIGHT - 7200) == Hold(AccountState.BLACKOUT, "until Wed 06:00 CET")
    assert hold(migration((evening,), (NIGHT,)), MIDNIGHT - 7200) == Hold(AccountState.BLACKOUT, "until Wed 06:00 CET")
    assert hold(migration((NIGHT,)), MIDNIGHT + 6 * 3600) is None


def test_before_its_time_a_migration_is_scheduled_and_not_in_a_blackout() -> None:
    held = hold(migration((NIGHT,), schedule=Schedule(MIDNIGHT + 60)), MIDNIGHT)
    assert held is not None
    assert (held.state, held.detail.split()[:2]) == (AccountState.SCHEDULED, ["starts", "at"])
    later = hold(migration((NIGHT,), schedule=Schedule(MIDNIGHT)), MIDNIGHT)
    assert later == Hold(AccountState.BLACKOUT, "until 06:00 CET")


HELD = Hold(AccountState.BLACKOUT, "until 06:00 CET")
PAUSED, WAITING = Hold(AccountState.PAUSED, ""), Hold(AccountState.WAITING, "")


@pytest.mark.parametrize(
    ("state", "wanted", "held", "shown"),
    [
        (AccountState.WAITING, Wanted.RUN, HELD, HELD),
        (AccountState.THROTTLED, Wanted.RUN, HELD, HELD),
        (AccountState.BLACKOUT, Wanted.RUN, HELD, HELD),
        (AccountState.BLACKOUT, Wanted.RUN, None, WAITING),
        (AccountState.SCHEDULED, Wanted.RUN, None, WAITING),
        (AccountState.BLACKOUT, Wanted.PAUSE, HELD, PAUSED),
        (AccountState.PAUSED, Wanted.RUN, None, WAITING),
        (AccountState.PAUSED, Wanted.PAUSE, None, None),
        (AccountState.WAITING, Wanted.RUN, None, None),
        (AccountState.THROTTLED, Wanted.RUN, None, None),
        (AccountState.WAITING, Wanted.IDLE, HELD, None),
        (AccountState.COPYING, Wanted.RUN, HELD, None),
        (AccountState.DONE, Wanted.RUN, HELD, None),
        (AccountState.FAILED, Wanted.PAUSE, None, None),
    ],
)
def test_what_accounts_say_meanwhile(
    state: AccountState, wanted: Wanted, held: Hold | None, shown: Hold | None
) -> None:
    assert resting(Standing(1, wanted, state, 10), Wanted.RUN, held) == shown


def test_accounts_of_a_migration_that_is_paused_say_so() -> None:
    for wanted in Wanted:
        assert resting(Standing(1, wanted, AccountState.WAITING, 10), Wanted.PAUSE, HELD) == PAUSED
        assert resting(Standing(1, wanted, AccountState.WAITING, 10), Wanted.IDLE, HELD) is None


@contextmanager
def copying(office: Office, folder: Path) -> Iterator[tuple[Service, int, threading.Event]]:
    """A real engine in the middle of the first account; the event lets the held-up line go on."""
    data = folder / "data"
    with office.slow_line() as line, closing(open_service(data)) as service:
        assert run_here("import-plan", office.plan(folder, line.port), "--data-dir", data).returncode == 0
        (overview,) = service.migrations.listing()
        service.migrations.start(overview.migration.id, with_engine=False)
        with Child("engine", "--data-dir", data):
            assert line.full.wait(120)
            yield service, overview.migration.id, line.drain


def change(service: Service, migration_id: int, **changes: object) -> None:
    """The source gets these settings."""
    now = service.migrations.get(migration_id).migration
    source = replace(now.source, **changes)  # type: ignore[arg-type]
    service.migrations.change(migration_id, MigrationSpec(now.title, source, now.destination, now.excluded_folders))


def test_a_blackout_that_is_set_now_stops_what_runs_and_one_that_is_taken_back_lets_it_go_on(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    office = Office(dovecot_factory(), [unique_user(), unique_user()], [MANY, FEW])
    with copying(office, tmp_path) as (service, migration_id, drain):
        first, second = service.accounts.listing(migration_id)
        wait_for(lambda: service.accounts.get(second.id).state is AccountState.DONE)
        with pytest.raises(StillRunning, match="to change source port"):
            change(service, migration_id, port=1)
        hour = datetime.now(UTC).replace(second=0, microsecond=0)
        begins, ends = (hour + timedelta(hours=n) for n in (-1, 2))
        blackout = Blackout(frozenset(range(7)), begins.time(), ends.time(), "UTC")
        change(service, migration_id, blackouts=(blackout,))
        assert service.logs.events(migration_id=migration_id)[0].what == "changed source blackouts"
        beats(service)
        drain.set()
        wait_for(lambda: service.accounts.get(first.id).state is AccountState.BLACKOUT)
        held = service.accounts.get(first.id)
        assert held.detail.startswith("until ")
        assert held.detail.endswith(f"{ends:%H:%M} UTC")
        assert service.migrations.get(migration_id).held == held.detail
        assert 0 < held.counts.pending < len(MANY)
        wait_for(lambda: service.engine.status().connections == 0)
        assert open_windows(tmp_path / "data") == 0
        assert service.accounts.get(second.id).state is AccountState.DONE
        change(service, migration_id, blackouts=())
        wait_for(lambda: service.accounts.get(first.id).state is AccountState.DONE)
        assert service.accounts.get(first.id).pass_number == 1
        assert service.passes.pace(first.id).spent[Wait.BLACKOUT] > 0
    office.assert_exact()
