"""Each screen as an admin reads it, in the two sizes of terminal; looked at, found good, and kept in `snapshots/`."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.pictures.__main__ import draw
from tests.ui import office
from tests.ui.dashboard import LARGE, SMALL, compare, compare_at_both_sizes, dashboard, press, screen, settle
from tui_migrate.ui.format import Tone
from tui_migrate.ui.widgets.line import Line
from tui_migrate.ui.widgets.tones import tone_style

SCREENS = {
    "migrations": (),
    "accounts": ("enter", "down", "down"),
    "account-with-failures": ("enter", "down", "enter"),
    "account-paused": ("enter", "down", "down", "enter"),
    "failures": ("f",),
    "failure": ("f", "G", "enter", "enter"),
    "help": ("enter", "question_mark"),
    "palette": ("enter", "ctrl+p"),
}
"""Name and the keys that lead there."""

RED, GREEN, YELLOW, BLUE = 1, 2, 3, 4

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("name", sorted(SCREENS.keys() - {"help", "palette"}))
async def test_screen(service: office.OfficeService, name: str) -> None:
    async with dashboard(service, *SCREENS[name]) as pilot:
        await compare_at_both_sizes(pilot, name)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
async def test_palette(service: office.OfficeService, size: tuple[int, int]) -> None:
    async with dashboard(service, *SCREENS["palette"], size=size) as pilot:
        compare(pilot, "palette")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
async def test_help(service: office.OfficeService, size: tuple[int, int]) -> None:
    """Not compared whole: where the files lie is another place in each run."""
    async with dashboard(service, *SCREENS["help"], size=size) as pilot:
        text = screen(pilot).replace(str(service.store.paths.data_dir), "")
        assert "Start the account, go on with it, or try it again" in text
        await press(pilot, "G")
        assert "what could arrive has; the rest is listed" in screen(pilot)


@pytest.mark.parametrize("name", SCREENS)
async def test_a_terminal_without_utf8_is_given_ascii(service: office.OfficeService, name: str) -> None:
    async with dashboard(service, *SCREENS[name], ascii_only=True) as pilot:
        assert screen(pilot).isascii()


async def test_ascii(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "down", ascii_only=True) as pilot:
        compare(pilot, "accounts-ascii")


async def test_a_picture_for_the_readme_needs_nothing_from_elsewhere(service: office.OfficeService) -> None:
    svg = await draw(service, ("enter",))
    assert "dave@old.example" in svg
    assert "@font-face" not in svg


@pytest.mark.parametrize("name", SCREENS)
async def test_no_terminal_is_too_small(service: office.OfficeService, name: str) -> None:
    async with dashboard(service, *SCREENS[name]) as pilot:
        for width, height in [(60, 15), (40, 10), (20, 5), (5, 2), SMALL]:
            await pilot.resize_terminal(width, height)
            await settle(pilot)
            assert all(cell_len(line) <= width for line in screen(pilot).splitlines())
        assert "esc" in screen(pilot) or "quit" in screen(pilot) or name == "palette"


async def test_in_sixteen_colours_tones_are_colours_of_the_terminal(
    service: office.OfficeService,
) -> None:
    async with dashboard(service, "enter") as pilot:
        pilot.app.theme = "ansi-dark"
        await pilot.pause()
        line = pilot.app.screen.query_one("#states", Line)
        colours = [tone_style(line, tone).color for tone in (Tone.BAD, Tone.GOOD, Tone.CARE, Tone.BUSY)]
        assert [colour.number if colour else None for colour in colours] == [RED, GREEN, YELLOW, BLUE]
