"""What the clock holds back says until when, on every screen; another pass is one key away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.ui import office
from tests.ui.dashboard import LARGE, SMALL, compare, compare_at_both_sizes, dashboard, line, press, screen, shows
from tui_migrate.model import AccountState, Blackout, Counts, MigrationSpec, Schedule, Wanted
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, progress

HELD = (AccountState.BLACKOUT, "until 06:00 CET")


@pytest.fixture
def night(empty_service: office.OfficeService) -> office.OfficeService:
    """Two accounts that a blackout holds back, and one that was done before it began."""
    users = ["amy@old.example", "ben@old.example", "cas@old.example"]
    ids = office.add_migration(empty_service, "Ghent", users, ("imap.old.example", "imap.new.example"))
    octets = (3 * office.MB, 2 * office.MB)
    for account_id, counts in zip(ids, (Counts(900, 400), Counts(0), Counts(50, 50)), strict=True):
        office.set_account(empty_service, account_id, AccountState.DONE, counts, octets)
    with empty_service.store.write() as connection:
        accounts.set_states(connection, [(each, *HELD) for each in ids[:2]])
    return empty_service


async def test_a_blackout_says_until_when_on_every_screen(night: office.OfficeService) -> None:
    with office.engine_at_work(night, connections=0, rates=(0.0, 0.0)):
        async with dashboard(night) as pilot:
            assert "◷ blackout" in line(pilot, "▸ Ghent")
            assert "blackout until 06:00 CET" in screen(pilot)
            await press(pilot, "enter")
            await compare_at_both_sizes(pilot, "accounts-blackout")
            await press(pilot, "enter")
            assert "◷ blackout until 06:00 CET" in screen(pilot)


async def test_a_final_pass_that_is_to_come_is_told(night: office.OfficeService) -> None:
    now = night.migrations.get(1).migration
    schedule = Schedule(final_pass_at=office.NOW + 86_400)
    night.migrations.change(1, MigrationSpec(now.title, now.source, now.destination, schedule=schedule))
    async with dashboard(night, size=LARGE) as pilot:
        assert "final pass 13 Mar" in screen(pilot)


async def test_logins_are_proven_in_a_blackout_with_a_word_about_it(
    night: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = night.migrations.get(1).migration
    hour = datetime.now(UTC)
    ends = (hour + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    blackout = Blackout(frozenset(range(7)), (hour - timedelta(hours=1)).time(), ends, "UTC")
    source = replace(now.source, blackouts=(blackout,))
    night.migrations.change(1, MigrationSpec(now.title, source, now.destination))
    async with dashboard(night, "enter", "v", size=LARGE) as pilot:
        await shows(pilot, "imap.old.example is in a blackout until")
        assert "are proven all the same" in screen(pilot)


async def test_u_asks_for_another_pass(night: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night.engine, "ensure_running", lambda: None)
    cas = night.accounts.listing(1)[2]
    async with dashboard(night, "enter", "j", "j", "u") as pilot:
        await shows(pilot, "cas@old.example: another pass")
        assert night.accounts.get(cas.id).state is AccountState.WAITING
    with night.store.write() as connection:
        accounts.set_state(connection, cas.id, AccountState.DONE)
    async with dashboard(night, "u") as pilot:
        await shows(pilot, "Ghent: another pass over all accounts that have ended")
        assert night.accounts.get(cas.id).state is AccountState.WAITING
        assert night.migrations.get(1).migration.wanted is Wanted.RUN


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
async def test_the_passes_of_an_account(night: office.OfficeService, size: tuple[int, int]) -> None:
    cas = night.accounts.listing(1)[2].id
    with night.store.write() as connection:
        progress.end_pass(connection, cas, office.NOW - 3000, AccountState.DONE)
        progress.begin_pass(connection, cas, office.NOW - 300)
        counts = Counts(listed=52, copied=1, brought=50, failed=1)
        progress.save_account(connection, cas, Tally(counts, office.MB, 7000), (0.0, 0.0))
        progress.end_pass(connection, cas, office.NOW - 290, AccountState.DONE_WITH_FAILURES)
        accounts.set_state(connection, cas, AccountState.DONE_WITH_FAILURES)
    async with dashboard(night, "enter", "j", "j", "enter", "4", size=size) as pilot:
        compare(pilot, "account-passes")
