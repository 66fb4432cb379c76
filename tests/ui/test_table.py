"""The table of live rows: it costs what is seen of it, and does not lose one's place."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from tests.ui.dashboard import press, screen, settle
from tui_migrate.ui.format import Cell
from tui_migrate.ui.widgets.table import Column, Table


@dataclass(frozen=True)
class Row:
    """A key and a text that changes."""

    key: int
    text: str = "old"


class Watched(Table[Row]):
    """Remembers what was asked to be painted, and which rows became text."""

    def __init__(self) -> None:
        self.made: Counter[int] = Counter()
        self.dirty: list[Region | None] = []
        columns = [
            Column("Key", self._make),
            Column("Text", lambda row, _: Cell(row.text), 10, wide=20, right=True),
            Column("Roomy", lambda row, _: Cell("roomy"), 5, least=100),
        ]
        super().__init__(columns, lambda row: row.key, empty="Nothing here.")

    def _make(self, row: Row, width: int) -> Cell:
        self.made[row.key] += 1
        return Cell(f"row {row.key}")

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Watched:
        """Painted: these parts, or (None) all."""
        self.dirty += regions or [None]
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


class TableApp(App[object]):
    """One table; the colours of the dashboard."""

    CSS_PATH = "../../tui_migrate/ui/app.tcss"

    def compose(self) -> ComposeResult:
        """The table alone."""
        yield Watched()


@asynccontextmanager
async def table(
    rows: Sequence[Row] | None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[object], Watched]]:
    """A terminal with these rows in it."""
    async with TableApp().run_test(size=size) as pilot:
        shown = pilot.app.query_one(Watched)
        if rows is not None:
            shown.show(rows)
        await settle(pilot)
        yield pilot, shown


def rows(number: int) -> list[Row]:
    return [Row(each) for each in range(number)]


async def test_of_thousands_of_rows_only_the_visible_ones_become_text() -> None:
    async with table(rows(10_000)) as (pilot, shown):
        await press(pilot, "G")
        assert "▸ row 9999" in screen(pilot)
        assert len(shown.made) <= 2 * 24


async def test_the_same_rows_again_paint_nothing() -> None:
    async with table(rows(100)) as (pilot, shown):
        shown.dirty.clear()
        shown.show(rows(100))
        await settle(pilot)
        assert shown.dirty == []


async def test_a_row_that_changed_is_painted_alone() -> None:
    async with table(rows(100)) as (pilot, shown):
        shown.dirty.clear()
        changed = rows(100)
        changed[3] = Row(3, "new")
        changed[90] = Row(90, "new")
        shown.show(changed)
        await settle(pilot)
        assert [(region.y, region.height) for region in shown.dirty if region] == [(4, 1)]
        assert None not in shown.dirty
        assert screen(pilot).splitlines()[4].split() == ["row", "3", "new"]


async def test_a_change_out_of_sight_is_there_when_one_comes_to_it() -> None:
    async with table(rows(100)) as (pilot, shown):
        changed = rows(100)
        changed[99] = Row(99, "new")
        shown.show(changed)
        await press(pilot, "end")
        assert screen(pilot).splitlines()[-1].split() == ["▸", "row", "99", "new"]


async def test_the_mark_stays_on_its_row_when_rows_come_go_and_move() -> None:
    async with table(rows(10)) as (pilot, shown):
        await press(pilot, "j", "j", "down")
        assert shown.current == Row(3)
        shown.show([*reversed(rows(10)), Row(10)])
        await settle(pilot)
        assert shown.current == Row(3)
        assert "▸ row 3" in screen(pilot)


async def test_when_its_row_goes_the_mark_stays_where_it_is() -> None:
    async with table(rows(10)) as (pilot, shown):
        await press(pilot, "G")
        shown.show(rows(4))
        await settle(pilot)
        assert shown.current == Row(3)
        shown.show([])
        await settle(pilot)
        assert "Nothing here." in screen(pilot)
        assert shown.current is None


async def test_far_down_rows_that_go_do_not_leave_an_empty_screen() -> None:
    async with table(rows(5_000)) as (pilot, shown):
        await press(pilot, "G")
        shown.show(rows(30))
        await settle(pilot)
        assert "▸ row 29" in screen(pilot)


async def test_keys_move_by_line_by_screen_and_to_the_ends() -> None:
    async with table(rows(100)) as (pilot, shown):
        places = []
        for key in ("k", "j", "down", "pagedown", "pagedown", "up", "pageup", "G", "j", "g", "end", "home"):
            await press(pilot, key)
            places.append(shown.marked)
            assert f"▸ row {shown.marked}" in screen(pilot)
        assert places == [0, 1, 2, 24, 46, 45, 23, 99, 99, 0, 99, 0]


async def test_before_the_first_look_it_does_not_claim_to_be_empty() -> None:
    async with table(None) as (pilot, shown):
        assert "Nothing here." not in screen(pilot)
        shown.show([])
        await settle(pilot)
        assert "Nothing here." in screen(pilot)


async def test_columns_follow_the_width_of_the_terminal() -> None:
    async with table(rows(3)) as (pilot, _):
        assert "Roomy" not in screen(pilot)
        await pilot.resize_terminal(120, 24)
        await settle(pilot)
        heading = screen(pilot).splitlines()[0]
        assert heading.endswith("Roomy")
        assert len(heading) == 120


async def test_after_the_terminal_shrinks_the_marked_row_is_in_sight() -> None:
    async with table(rows(40), size=(80, 41)) as (pilot, _):
        await press(pilot, "G")
        await pilot.resize_terminal(80, 10)
        await settle(pilot)
        assert "▸ row 39" in screen(pilot)
