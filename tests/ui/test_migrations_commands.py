"""The list of migrations: when each is done, deleting with a question, and several at once."""

from __future__ import annotations

import pytest

from tests.ui import office
from tests.ui.dashboard import LARGE, compare_at_both_sizes, dashboard, line, press, screen, shows
from tui_migrate.model import AccountState, Counts
from tui_migrate.ui.format import finish
from tui_migrate.ui.screens.migrations import MigrationsScreen


def copying(service: office.OfficeService, title: str, messages: tuple[int, int], rate: float) -> None:
    """A migration whose one account copies: listed and copied, messages per second."""
    (account,) = office.add_migration(
        service, title, [f"{title}@old.example"], ("imap.old.example", "imap.new.example")
    )
    octets = (messages[0] * 1000, messages[1] * 1000)
    rates = (rate, rate * 1000)
    office.set_account(service, account, AccountState.COPYING, Counts(*messages), octets, rates=rates)


async def test_several_migrations_copy_at_once_and_each_says_when_it_is_done(
    empty_service: office.OfficeService,
) -> None:
    copying(empty_service, "Ghent", (1000, 400), 1.0)
    copying(empty_service, "Bruges", (200_000, 8_000), 2.0)
    with office.engine_at_work(empty_service, rates=(3.0, 3000.0)):
        async with dashboard(empty_service, size=LARGE) as pilot:
            assert "▶ copying" in line(pilot, "▸ Ghent")
            assert line(pilot, "▸ Ghent").endswith("~14:12")
            assert line(pilot, "  Bruges").endswith("~13 Mar")
            assert "~10m left, done ~14:12" in screen(pilot)
            await press(pilot, "j")
            assert "~27h left, done ~13 Mar" in screen(pilot)


async def test_no_finish_is_made_up(service: office.OfficeService, engine: None) -> None:
    """Accounts wait to be counted, others wait for the admin."""
    async with dashboard(service, size=LARGE) as pilot:
        assert "~" not in line(pilot, "▸ Head office")
        assert "left, done" not in screen(pilot)


async def test_what_has_ended_is_not_done_later(service: office.OfficeService) -> None:
    """Of the last messages a rate may have stayed."""
    counts, octets = Counts(406, 404, 2), (31 * office.MB, 30 * office.MB)
    for account in service.accounts.listing(3):
        office.set_account(service, account.id, AccountState.DONE, counts, octets, rates=(10.0, 1000.0))
    with office.engine_at_work(service, rates=(0.0, 0.0)):
        async with dashboard(service, "G", size=LARGE) as pilot:
            assert "✔ done" in line(pilot, "▸ Test run")
            assert "~" not in line(pilot, "▸ Test run")


async def test_a_dead_engine_finishes_nothing(empty_service: office.OfficeService) -> None:
    copying(empty_service, "Ghent", (1000, 400), 1.0)
    async with dashboard(empty_service, size=LARGE) as pilot:
        assert "~" not in line(pilot, "▸ Ghent")


def test_a_finish_fits_its_column() -> None:
    assert finish(600, office.NOW) == "~14:12"
    assert finish(86_400.0 * 20, office.NOW) == "~1 Apr"
    assert finish(86_400.0 * 400, office.NOW) == "~2026"
    assert finish(None, office.NOW) == ""


@pytest.mark.usefixtures("engine")
async def test_deleting_says_what_is_lost(service: office.OfficeService) -> None:
    async with dashboard(service, "d") as pilot:
        await compare_at_both_sizes(pilot, "migration-delete")


async def test_a_migration_is_deleted_after_a_yes(service: office.OfficeService) -> None:
    async with dashboard(service, "j", "d") as pilot:
        assert "Delete Branch Ghent?" in screen(pilot)
        for key in ("n", "d", "escape", "d", "q", "d"):
            await press(pilot, key)
            assert len(service.migrations.listing()) == 3
        await press(pilot, "y")
        await shows(pilot, "Branch Ghent: deleted")
        assert "  Branch Ghent" not in screen(pilot)
        assert isinstance(pilot.app.screen, MigrationsScreen)
    assert [each.migration.title for each in service.migrations.listing()] == ["Head office", "Test run"]
    event = service.logs.events()[0]
    assert (event.who, event.what) == ("admin", "deleted the migration Branch Ghent")


async def test_a_migration_that_copies_is_not_deleted(service: office.OfficeService, engine: None) -> None:
    async with dashboard(service, "d", "y") as pilot:
        await shows(pilot, "Head office is being copied: pause it first, and wait")
    assert len(service.migrations.listing()) == 3


async def test_in_an_empty_list_there_is_nothing_to_edit_or_delete(empty_service: office.OfficeService) -> None:
    async with dashboard(empty_service, "e", "d") as pilot:
        assert isinstance(pilot.app.screen, MigrationsScreen)
        assert "n makes one" in screen(pilot)
