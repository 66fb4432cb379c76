"""Bytes and messages per second: kept, shown, ended by a stop, and changed while mail is on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.crash.support import open_windows, wait_for
from tests.engine.clockwork import Clock, Clockwork
from tests.engine.day_budget import Case
from tests.servers.maildir import MailItem, counted, write_maildir
from tests.support.nasty_mail import FIRST_OF_JULY
from tui_migrate.model import AccountState, Wait
from tui_migrate.service import open_service

LARGE = MailItem("Large", b"Subject: large\r\n\r\n" + b"x" * 2_000_000 + b"\r\n", frozenset(), FIRST_OF_JULY)


@pytest.fixture
def case(dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path) -> Iterator[Case]:
    with closing(open_service(tmp_path / "data")) as service:
        yield Case(dovecot_factory(), unique_user(), tmp_path, service)


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("limit", [{"bytes_per_second": 5000}, {"messages_per_second": 2}], ids=["bytes", "messages"])
def test_a_limit_slows_and_its_end_takes_effect_at_once(case: Case, side: str, limit: dict[str, object]) -> None:
    write_maildir(case.server.maildir(case.user), "/", [LARGE])
    limits: list[dict[str, object]] = [{}, {}]
    limits[side == "destination"] = limit
    case.plan(*limits)
    with Clockwork(case.service, Clock()):
        case.service.migrations.start(case.migration, with_engine=False)
        wait_for(lambda: case.service.passes.pace(case.account.id).spent.get(Wait.THROTTLED, 0.0) > 0)
        assert case.account.state is AccountState.COPYING
        assert case.account.counts.pending > 0, "2 MB at 5 kB a second"
        case.plan({}, {})
        case.wait_for(AccountState.DONE)
    read = case.arrived()
    assert counted(read) == counted([*case.mail, LARGE])


def test_a_stop_does_not_wait_for_what_would_have_been_paid_for(case: Case) -> None:
    write_maildir(case.server.maildir(case.user), "/", [LARGE])
    case.plan({"bytes_per_second": 1000}, {"bytes_per_second": 1000})
    with Clockwork(case.service, Clock()):
        case.service.migrations.start(case.migration, with_engine=False)
        wait_for(lambda: case.service.passes.pace(case.account.id).spent.get(Wait.THROTTLED, 0.0) > 0)
        case.service.migrations.pause(case.migration)
        case.wait_for(AccountState.PAUSED)
    assert open_windows(case.folder / "data") == 0
    case.plan({}, {})
    case.service.migrations.start(case.migration, with_engine=False)
    with Clockwork(case.service, Clock()):
        case.wait_for(AccountState.DONE)
    assert counted(case.arrived()) == counted([*case.mail, LARGE])
