"""A terminal in which nothing can be shown says so, and is as it was when it is larger again."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.ui import office
from tests.ui.dashboard import dashboard, press, screen, settle, shows, until
from tui_migrate.ui.screens.too_small import TooSmall

KEYS = {
    "table": ("j",),
    "filter": ("l", "slash", "x"),
    "palette": ("ctrl+p", "b"),
    "question": ("j", "d"),
    "help": ("question_mark",),
}


def sentence(pilot: Pilot[object]) -> str:
    """What is on the screen, however it is wrapped."""
    return " ".join(screen(pilot).split())


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", KEYS)
async def test_it_says_so_and_comes_back(service: office.OfficeService, name: str) -> None:
    async with dashboard(service, *KEYS[name]) as pilot:
        before = screen(pilot)
        for size in [(39, 24), (80, 9), (10, 3)]:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "Too small: at least" in sentence(pilot))
            await press(pilot, "s", "d", "y")
            assert service.engine.starts == 0
            await pilot.resize_terminal(80, 24)
            await until(pilot, lambda: screen(pilot) == before)
            assert len(service.migrations.listing()) == 3


async def test_one_that_is_small_from_the_start(service: office.OfficeService) -> None:
    async with dashboard(service, size=(30, 8)) as pilot:
        await shows(pilot, "Too small")
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "▸ Head office")
        await press(pilot, "j")
        assert "▸ Branch Ghent" in screen(pilot)


async def test_one_can_leave(service: office.OfficeService) -> None:
    async with dashboard(service, size=(30, 8)) as pilot:
        await until(pilot, lambda: sentence(pilot).endswith("q leaves."))
        await pilot.press("q")
    assert pilot.app.return_code == 0


async def test_forty_by_ten_is_enough(service: office.OfficeService) -> None:
    async with dashboard(service, size=(40, 10)) as pilot:
        await settle(pilot)
        assert not isinstance(pilot.app.screen, TooSmall)
        assert "▸ Head office" in screen(pilot)


async def test_nothing_shines_through_in_few_colours(service: office.OfficeService) -> None:
    async with dashboard(service) as pilot:
        pilot.app.theme = "ansi-dark"
        await pilot.resize_terminal(38, 9)
        await until(pilot, lambda: sentence(pilot).endswith("q leaves."))
        assert "Head office" not in screen(pilot)
