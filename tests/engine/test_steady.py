"""A clock that is set, while an engine works or between two, changes nothing but what is written as a time of day."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import wait_for
from tests.engine.clockwork import HOUR, Clock, Clockwork
from tests.engine.support import PASSWORD, plain, write_plan
from tests.servers.dovecot import Dovecot
from tests.servers.maildir import counted, read_maildir, write_maildir
from tests.support.sample_mail import plain as plain_mail
from tui_migrate.config.plan import load_plan
from tui_migrate.engine.copying import recover
from tui_migrate.engine.steady import SteadyClock
from tui_migrate.mail.token import Asking, Granted, Tokens
from tui_migrate.model import AccountState, EngineStatus, Secret
from tui_migrate.model.clocks import Moment
from tui_migrate.service import Service, open_service
from tui_migrate.timing import Timing, uptime
from tui_migrate.ui.states import Pulse, pulse

DAY = 24 * HOUR
JUMPS = [HOUR, -HOUR, DAY, -DAY]


@dataclass
class Machine:
    """A machine whose clock on the wall can be set, whatever its uptime."""

    wall: float = 1_800_000_000.0
    up: float = 5_000.0
    boot: str = "first"

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds

    def engine(self, before: Moment | None) -> SteadyClock:
        return SteadyClock(before, lambda: self.wall, lambda: self.up, self.boot)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_steady_clock_is_not_set(jump: float) -> None:
    machine = Machine()
    first = machine.engine(None)
    began = first()
    assert began == machine.wall
    machine.wall += jump
    machine.passes(10)
    assert first() == began + 10
    # Between two engines, and in a machine that was suspended meanwhile: its uptime counts that.
    left = first.moment()
    machine.wall += jump
    machine.passes(HOUR)
    assert machine.engine(left)() == began + 10 + HOUR


def test_after_a_restart_of_the_machine_its_clock_is_believed_but_never_goes_back() -> None:
    machine = Machine()
    left = machine.engine(None).moment()
    machine.passes(HOUR)
    machine.boot, machine.up = "second", 20.0
    assert machine.engine(left)() == left.steady + HOUR
    machine.wall -= DAY
    assert machine.engine(left)() == left.steady
    machine.boot = ""  # a system that does not tell
    assert machine.engine(replace(left, boot=""))() == left.steady


def test_uptime_goes_on() -> None:
    assert 0 < uptime() <= uptime()


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_in_doubt_is_looked_at_however_the_clock_was_set(jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines, the clock set between them: what the first sent a moment ago did not become long ago by that."""
    looks = 0

    class Busy:
        def numbers(self, folders: object) -> dict[bytes, object]:
            nonlocal looks
            looks += 1
            return {b"x": min(looks, 5)}

    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0 + jump)
    quick = Timing(settle=0.02)
    recover.settle(Busy(), [b"x"], time.monotonic(), lambda _: False, quick)  # type: ignore[arg-type]
    assert looks > 5


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


def service_of(server: Dovecot, user: str, folder: Path, **keys: object) -> Service:
    server.add_user(f"new-{user}", PASSWORD)
    plan = write_plan(folder, plain(server.port, **keys), plain(server.port), [(user, f"new-{user}")])
    service = open_service(folder / "data")
    service.plans.save(load_plan(plan))
    return service


@pytest.mark.parametrize("jump", [DAY + HOUR, -DAY])
def test_a_clock_that_is_set_neither_frees_nor_burns_a_budget(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, jump: float
) -> None:
    user = unique_user()
    items = plain_mail(60, 1, size=1000)
    write_maildir(server.add_user(user, PASSWORD), "/", items)
    clock = Clock()
    with closing(service_of(server, user, tmp_path, bytes_per_day=20_000)) as service:
        service.migrations.start(1, with_engine=False)

        def rests() -> bool:
            (account,) = service.accounts.listing(1)
            return account.state is AccountState.THROTTLED

        with Clockwork(service, clock, passes=False):
            wait_for(rests, 120)
            arrived = len([*read_maildir(server.maildir(f"new-{user}"), "/").elements()])
            clock.ahead += jump
            beats(service)
            assert rests()
        with Clockwork(service, clock, passes=False):  # another engine, which finds the clock as it is
            beats(service)
            wait_for(rests, 120)
        assert len([*read_maildir(server.maildir(f"new-{user}"), "/").elements()]) == arrived < len(items)
        with Clockwork(service, clock, passes=True):  # a day that has really passed
            clock.ahead += DAY + 2 * HOUR
            wait_for(lambda: len([*server.maildir(f"new-{user}").glob("*/*,S=*")]) > arrived, 120)


def beats(service: Service, number: int = 3) -> None:
    """Return when the engine has looked at everything so many times more."""
    for _ in range(number):
        with closing(sqlite3.connect(service.store.database.path)) as store:
            before = store.execute("SELECT up FROM heartbeat").fetchone()
            wait_for(lambda before=before: store.execute("SELECT up FROM heartbeat").fetchone() != before, 120)  # type: ignore[misc]


@pytest.mark.parametrize("jump", JUMPS)
def test_the_whole_program_under_a_clock_that_jumps_while_it_copies(
    server: Dovecot, unique_user: Callable[[], str], tmp_path: Path, jump: float
) -> None:
    user = unique_user()
    items = plain_mail(300, 3, size=600)
    write_maildir(server.add_user(user, PASSWORD), "/", items)
    clock = Clock()
    with closing(service_of(server, user, tmp_path)) as service:
        service.migrations.start(1, with_engine=False)
        with Clockwork(service, clock, passes=False):
            for turn in range(2):
                clock.ahead += jump
                wait_for(lambda: service.accounts.listing(1)[0].state is AccountState.DONE, 120)
                if not turn:
                    service.migrations.start(1, with_engine=False)
        (account,) = service.accounts.listing(1)
        assert (account.counts.listed, account.counts.failed) == (300, 0)
    assert read_maildir(server.maildir(f"new-{user}"), "/") == counted(items)


def test_an_engine_that_lives_is_seen_after_the_clock_was_put_back() -> None:
    status = EngineStatus(True, 1, "host", beat_at=1000.0)
    assert pulse(status, 1001.0) is Pulse.RUNNING
    assert pulse(status, 1000.0 + HOUR) is Pulse.SILENT
    assert pulse(status, 1000.0 - HOUR) is Pulse.SILENT, "a beat from the future is an old one"


def test_a_token_ends_also_while_the_machine_sleeps() -> None:
    """Its clock counts the time in which the machine was suspended."""
    asked: list[str] = []

    def ask() -> Granted:
        asked.append("give")
        return Granted(Secret(f"token{len(asked)}"), 3600.0)

    machine = Machine()
    tokens = Tokens(lambda: machine.up)
    for number in range(3):
        tokens.log_in(Asking("alice", ask), lambda secret: None)
        machine.wall += DAY if number == 0 else 0
        machine.passes(HOUR if number == 1 else 0)
    assert asked == ["give", "give"]
    assert Tokens.__init__.__defaults__ == (uptime,)
