"""A day's bytes: an account that has used them up waits in good order, and goes on the next day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import open_windows, wait_for
from tests.engine.clockwork import HOUR, Clock, Clockwork
from tests.engine.day_budget import MAIL, SIZE, Case
from tests.servers.maildir import counted
from tui_migrate.model import AccountState
from tui_migrate.service import open_service


@pytest.fixture
def case(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Iterator[Case]:
    with closing(open_service(tmp_path / "data")) as service:
        yield Case(dovecot_factory(), unique_user(), tmp_path, service)


@pytest.mark.parametrize("side", ["source", "destination"])
def test_an_account_goes_on_the_next_day_and_never_beyond_one_message(case: Case, side: str) -> None:
    limits: list[dict[str, object]] = [{}, {}]
    limits[side == "destination"]["bytes_per_day"] = 10_000
    case.plan(*limits)
    clock = Clock()
    days = []
    with Clockwork(case.service, clock):
        case.service.migrations.start(case.migration, with_engine=False)
        while not case.account.state.ended:
            before = len(case.arrived())
            wait_for(lambda: case.account.state is AccountState.THROTTLED or case.account.state.ended)
            account = case.account
            days.append(len(case.arrived()) - before)
            assert open_windows(case.folder / "data") == 0
            if account.state is AccountState.THROTTLED:
                assert account.detail.startswith("until ")
                assert account.detail.endswith(f": 10 kB a day have been moved at the {side}.")
                assert account.counts.pending > 0
                clock.ahead += 25 * HOUR
                wait_for(lambda: case.account.state is not AccountState.THROTTLED)
    assert sum(days) == len(MAIL)
    assert max(days) <= 10_000 // SIZE + 1
    assert len(days) >= len(MAIL) * SIZE // (10_000 + SIZE)
    assert counted(case.arrived()) == counted(MAIL)
    assert (case.account.counts.pending, case.account.pass_number) == (0, 1)
    told = [event.what for event in case.service.logs.events() if "throttled" in event.what]
    assert len(told) == len(days) - 1, "one line for each day"


def test_what_was_used_outlives_the_engine_and_a_higher_limit_lets_it_go_on_at_once(case: Case) -> None:
    case.plan({"bytes_per_day": 10_000}, {})
    clock = Clock()
    with Clockwork(case.service, clock):
        case.service.migrations.start(case.migration, with_engine=False)
        case.wait_for(AccountState.THROTTLED)
        before, counts = case.arrived(), case.account.counts
    case.service.migrations.pause(case.migration)
    case.service.migrations.start(case.migration, with_engine=False)
    with Clockwork(case.service, clock):
        wait_for(lambda: case.account.detail.startswith("until "))
        assert case.account.state is AccountState.THROTTLED
        assert case.account.counts == counts, "the numbers stay on the screen"
        assert counted(case.arrived()) == counted(before)
        case.plan({"bytes_per_day": 10_000_000}, {})
        case.wait_for(AccountState.DONE)
    assert counted(case.arrived()) == counted(MAIL)
