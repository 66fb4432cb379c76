"""The palette finds migrations and accounts by name, among thousands."""

from __future__ import annotations

from tests.ui import office
from tests.ui.dashboard import dashboard, press, screen, shows
from tui_migrate.ui.screens.account import AccountScreen
from tui_migrate.ui.screens.accounts import AccountsScreen


async def test_an_account_is_opened_by_its_name(service: office.OfficeService) -> None:
    async with dashboard(service, "ctrl+p", *"mallor") as pilot:
        await shows(pilot, "Account of Head office")
        await press(pilot, "enter")
        await shows(pilot, "Head office › mallory@old.example")
        assert isinstance(pilot.app.screen, AccountScreen)
        await press(pilot, "escape")
        await shows(pilot, "▸ Head office")


async def test_an_account_is_found_by_the_name_at_its_destination(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "ctrl+p", *"judy", "at", *"new") as pilot:
        await shows(pilot, "judy@old.example")


async def test_a_migration_is_opened_by_its_title(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "ctrl+p", *"GHENT") as pilot:
        await shows(pilot, "Accounts of the migration")
        await press(pilot, "enter")
        await shows(pilot, "▸ bram@")
        assert isinstance(pilot.app.screen, AccountsScreen)


async def test_what_is_called_like_a_pattern_is_no_pattern(service: office.OfficeService) -> None:
    office.add_migration(service, "100% [sure]", ["a_b@old.example"], ("a.example", "b.example"))
    found = [each.title for each, account in service.migrations.find("100%") if account is None]
    assert found == ["100% [sure]"]
    assert [account.source_user for _, account in service.migrations.find("a_b") if account] == ["a_b@old.example"]
    async with dashboard(service, "ctrl+p", *"sure") as pilot:
        await shows(pilot, "100% [sure]")
        await press(pilot, "enter")
        await shows(pilot, "▸ a_b@old.example")
    async with dashboard(service, "ctrl+p", *"a_b") as pilot:
        await shows(pilot, "Account of 100% [sure]")


async def test_of_thousands_a_few_are_shown(empty_service: office.OfficeService) -> None:
    users = [f"user{number}@old.example" for number in range(2_000)]
    office.add_migration(empty_service, "Big", users, ("a.example", "b.example"))
    async with dashboard(empty_service, "ctrl+p", *"user9") as pilot:
        await shows(pilot, "user9@old.example")
        assert len(empty_service.migrations.find("user9")) == 20
        await press(pilot, *"99")
        await shows(pilot, "user999@old.example")
        assert "user9@" not in screen(pilot)
