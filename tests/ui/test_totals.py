"""The numbers below a list of accounts: whole in 80 cells, and no time left where something is held up."""

from __future__ import annotations

import pytest

from tests.ui import office
from tests.ui.dashboard import LARGE, dashboard, line, screen
from tests.ui.office import GB, MB
from tui_migrate.model import AccountState, Counts


def fill(service: office.OfficeService, *more: AccountState) -> None:
    """One account in each of these states and of those that go on by themselves, or have ended."""
    states = [AccountState.COPYING, AccountState.WAITING, AccountState.DONE, *more]
    users = [f"user{number}@old.example" for number in range(len(states))]
    ids = office.add_migration(service, "Big", users, ("old", "new"))
    for account_id, state in zip(ids, states, strict=True):
        counts = Counts(23_456_789, 12_345_678)
        rates = (2000.0, 400 * MB) if state.active else (0.0, 0.0)
        office.set_account(service, account_id, state, counts, (4000 * GB, 1000 * GB), rates=rates)


async def test_states_are_not_cut_off_in_80_cells(empty_service: office.OfficeService) -> None:
    more = (AccountState.DONE_WITH_FAILURES, AccountState.FAILED, AccountState.THROTTLED, AccountState.PAUSED)
    fill(empty_service, *more)
    with office.engine_at_work(empty_service, rates=(2000.0, 400 * MB)):
        async with dashboard(empty_service, "enter") as pilot:
            said = "1 failures, 1 failed, 1 throttled, 1 paused, 1 copying, 1 waiting, 1 done"
            assert line(pilot, "1 throttled").strip() == said


async def test_the_time_left_is_whole_in_80_cells(empty_service: office.OfficeService) -> None:
    fill(empty_service)
    with office.engine_at_work(empty_service, rates=(2000.0, 400 * MB)):
        async with dashboard(empty_service, "enter") as pilot:
            said = "1/3 accounts · 37.0M/70.3M messages · 400 MB/s (10 s) · ~6h15m left"
            assert line(pilot, "messages").strip() == said


@pytest.mark.parametrize("held", [AccountState.PAUSED, AccountState.THROTTLED, AccountState.BLACKOUT])
async def test_nobody_knows_how_long_what_is_held_up_takes(
    empty_service: office.OfficeService, held: AccountState
) -> None:
    fill(empty_service, held)
    with office.engine_at_work(empty_service, rates=(2000.0, 400 * MB)):
        async with dashboard(empty_service, "enter", size=LARGE) as pilot:
            assert "(10 s)" in line(pilot, "messages")
            assert " left" not in line(pilot, "messages")


async def test_nothing_is_said_of_mail_that_nobody_has_counted(empty_service: office.OfficeService) -> None:
    office.add_migration(empty_service, "New", ["amy@old.example"], ("old", "new"))
    async with dashboard(empty_service, "enter") as pilot:
        assert "0/1 account · 0 B moved" in screen(pilot)
