"""A table of thousands of live rows, of which only the visible ones cost anything.

Textual's DataTable renders every cell when it is filled: half a second without a key press at 5,000 rows, and again for
each filter or order. Here a row becomes text when it is painted, and a new snapshot repaints only lines that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_migrate.ui.commands import MOVING
from tui_migrate.ui.format import Cell, Tone, fit
from tui_migrate.ui.widgets.tones import TONE_CLASSES, tone_style, words

T = TypeVar("T")

WIDE = 120
"""From this many cells on, columns take their wide form."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its heading, how wide it is, and how a row becomes its text."""

    label: str
    cell: Callable[[T, int], Cell]
    """The text of a row, given the cells there are for it."""
    width: int = 0
    """In cells; 0: an equal part of what the other columns leave."""
    wide: int = 0
    """In a wide terminal; 0: the same."""
    right: bool = False
    """Aligned to the right."""
    least: int = 0
    """The width of the terminal from which on it is there."""


class Table(ScrollView, Generic[T], can_focus=True):
    """Rows under a heading, one of them marked. `key` names a row, whatever else of it changes."""

    class Marked(Message):
        """Another row is marked, or none."""

    BINDINGS = MOVING
    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES | {"table--heading", "table--marked"}
    DEFAULT_CSS = """
    Table {
        overflow: hidden auto;
        scrollbar-size-vertical: 1;
        & > .table--heading { color: $text-muted; text-style: bold; }
        &:focus > .table--marked {
            color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
        }
    }
    """

    marked: reactive[int] = reactive(0, repaint=False)
    """The row that the next command is about, counted from 0."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        key: Callable[[T], object],
        *,
        empty: str,
        id: str | None = None,  # noqa: A002  Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._all_columns = columns
        self._key = key
        self._empty = empty
        self._rows: Sequence[T] | None = None
        self._columns: list[tuple[Column[T], int]] = []
        self._laid_out = 0
        self._painted: dict[int, list[Cell]] = {}
        self._selected: Set[object] = frozenset()

    # Showing

    @property
    def rows(self) -> Sequence[T]:
        """The rows that are shown."""
        return self._rows or ()

    @property
    def current(self) -> T | None:
        """The marked row, None in an empty table."""
        return self.rows[self.marked] if self.rows else None

    def show(self, rows: Sequence[T]) -> None:
        """Show these rows from now on. The mark stays on its row, wherever that went; what changed is painted again."""
        before, key = self._rows, self._key
        marked = None if self.current is None else key(self.current)
        self._rows = rows
        if before is None or [*map(key, before)] != [*map(key, rows)]:
            self.virtual_size = Size(self.scrollable_content_region.width, len(rows) + 1)
            self._painted.clear()
            again = next((index for index, row in enumerate(rows) if key(row) == marked), self.marked)
            self.refresh()
            self.set_reactive(Table.marked, max(0, min(again, len(rows) - 1)))
            self._reveal()
            self.post_message(self.Marked())
            return
        for index, cells in list(self._painted.items()):
            if self._cells(index) != cells:
                self.refresh(Region(0, index + 1 - self.scroll_offset.y, self.scrollable_content_region.width, 1))

    def explain(self, empty: str) -> None:
        """Say this in the place of rows from now on, where there are none."""
        if empty != self._empty:
            self._empty = empty
            self.refresh()

    def select(self, keys: Set[object]) -> None:
        """Show these rows, by their keys, as selected from now on."""
        if keys != self._selected:
            self._selected = frozenset(keys)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, index = self.scrollable_content_region.width, y - 1 + self.scroll_offset.y
        if width != self._laid_out:
            self._lay_out(width)
        if y == 0:
            style = self.get_component_rich_style("table--heading")
            return self._strip("  ", [Cell(column.label) for column, _ in self._columns], style)
        if index < len(self.rows):
            cells = self._painted[index] = self._cells(index)
            tick = "●" if self._key(self.rows[index]) in self._selected else " "
            if index == self.marked:
                style = self.get_component_rich_style("table--marked")
                return self._strip(f"▸{tick}", cells, style if self.has_focus else None)
            return self._strip(f" {tick}", cells, None)
        text = self._empty if index == 0 and self._rows is not None else ""
        return Strip([Segment(words(self, fit(f"  {text}", width)), tone_style(self, Tone.QUIET))], width)

    def _cells(self, index: int) -> list[Cell]:
        row = self.rows[index]
        return [column.cell(row, width) for column, width in self._columns]

    def _strip(self, marks: str, cells: Sequence[Cell], style: Style | None) -> Strip:
        """One painted line, behind two cells of marks; `style` outdoes the tones of the cells."""
        plain = style or tone_style(self, Tone.PLAIN)
        segments = []
        gap = words(self, marks)
        for (column, width), cell in zip(self._columns, cells, strict=True):
            text = fit(words(self, cell.text), width, right=column.right)
            tone = style or (tone_style(self, cell.tone) if cell.text else plain)
            segments += [Segment(gap, plain), Segment(words(self, text), tone)]
            gap = " "
        return Strip(segments).simplify().adjust_cell_length(self.scrollable_content_region.width, plain)

    def on_resize(self, event: Resize) -> None:
        """All lines are new, and the marked one may be out of sight."""
        self.virtual_size = Size(event.size.width, len(self.rows) + 1)
        self.refresh()
        self._reveal()

    def _lay_out(self, width: int) -> None:
        """Share `width` cells among the columns that have room."""
        terminal = self.app.size.width
        columns = [column for column in self._all_columns if column.least <= terminal]
        fixed = [(column.wide if terminal >= WIDE else 0) or column.width for column in columns]
        elastic = fixed.count(0)
        room = max(0, width - 1 - sum(fixed) - len(columns))
        shares = [room // elastic + (1 if number < room % elastic else 0) for number in range(elastic)]
        self._columns = [(column, size or shares.pop(0)) for column, size in zip(columns, fixed, strict=True)]
        self._painted.clear()
        self._laid_out = width

    # Moving

    def validate_marked(self, marked: int) -> int:
        return max(0, min(marked, len(self.rows) - 1))

    def watch_marked(self, before: int, now: int) -> None:
        if before != now:
            for index in (before, now):
                self.refresh_line(index + 1)
            self._reveal()
            self.post_message(self.Marked())

    def _reveal(self) -> None:
        """Scroll until the marked row is in sight, with the heading above it."""
        top, height = self.scroll_offset.y, max(1, self.size.height - 1)
        wanted = min(max(top, self.marked - height + 1), self.marked)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._painted.clear()

    def action_down(self) -> None:
        self.marked += 1

    def action_up(self) -> None:
        self.marked -= 1

    def action_page_down(self) -> None:
        self.marked += max(1, self.size.height - 2)

    def action_page_up(self) -> None:
        self.marked -= max(1, self.size.height - 2)

    def action_top(self) -> None:
        self.marked = 0

    def action_bottom(self) -> None:
        self.marked = len(self.rows) - 1
