"""Two admins on one store: each sees what the other does, and who it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.ui import office
from tests.ui.dashboard import dashboard, line, press, screen, shows, until
from tui_migrate.model import Wanted
from tui_migrate.ui.screens.migrations import MigrationsScreen
from tui_migrate.ui.screens.room import Room

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "LOOK_SECONDS", 0.05)


@pytest.fixture
def petras(service: office.OfficeService) -> Iterator[office.OfficeService]:
    """The same store, opened by somebody else."""
    with closing(office.open_service(service.store.paths.data_dir, "petra")) as opened:
        yield opened


async def test_what_one_does_the_other_sees(service: office.OfficeService, petras: office.OfficeService) -> None:
    async with dashboard(service) as mine, dashboard(petras, "l") as hers:
        assert "▶ copying" in line(mine, "▸ Head office")
        await press(hers, "escape", "p")
        await shows(mine, "‖ pausing")
        await press(mine, "s")
        await until(hers, lambda: "▶ copying" in line(hers, "▸ Head office"))
        await press(hers, "l")
        assert "petra" in line(hers, "Head office      paused the migration")
        assert "admin" in line(hers, "Head office      started the migration")


async def test_both_at_once_lose_no_act(service: office.OfficeService, petras: office.OfficeService) -> None:
    async with dashboard(service, "enter") as mine, dashboard(petras, "enter", "j", "j", "j", "j") as hers:
        await press(mine, "j", "j", "j")
        await press(mine, "p")
        await press(hers, "p")
        await shows(mine, "erin@old.example      ‖ pausing")
        await shows(hers, "dave@old.example      ‖ pausing")
    wanted = {each.source_user: each.wanted for each in service.accounts.listing(1) if each.wanted is Wanted.PAUSE}
    assert {"dave@old.example", "erin@old.example"} <= {*wanted}
    assert {event.who for event in service.logs.events(limit=2)} == {"admin", "petra"}


async def test_what_one_deletes_the_other_leaves(service: office.OfficeService, petras: office.OfficeService) -> None:
    async with dashboard(service, "j", "enter", "enter", "l") as mine, dashboard(petras, "j", "d") as hers:
        await press(hers, "y")
        await until(mine, lambda: isinstance(mine.app.screen, MigrationsScreen))
        await until(mine, lambda: "Branch Ghent" not in screen(mine))
        assert "Head office" in screen(mine)


async def test_one_leaves_and_the_other_stays(service: office.OfficeService, petras: office.OfficeService) -> None:
    async with dashboard(petras) as hers:
        async with dashboard(service) as mine:
            await mine.pause()
        await press(hers, "j")
        assert "▸ Branch Ghent" in screen(hers)
