"""One line of text in tones: some at the left, some at the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui_migrate.ui.format import Cell, Tone, fit
from tui_migrate.ui.widgets.tones import TONE_CLASSES, segments, tone_style, words

SEPARATOR = Cell(" · ", Tone.QUIET)


def joined(cells: Iterable[Cell], by: Cell = SEPARATOR) -> list[Cell]:
    """The cells that say something, with a dot (or `by`) between each two."""
    parts = [part for cell in cells if cell.text for part in (by, cell)]
    return parts[1:]


def paint(widget: Widget, left: Sequence[Cell], right: Sequence[Cell] = ()) -> Strip:
    """A line of this widget, as wide as it is. The left is cut where the right needs the room."""
    width = widget.size.width
    end = Strip(segments(widget, right))
    begin = Strip(segments(widget, left))
    room = max(0, width - end.cell_length - (1 if end.cell_length else 0))
    if begin.cell_length > room:
        cut = Segment(words(widget, "…"), tone_style(widget, Tone.QUIET))
        begin = Strip([*begin.crop(0, max(0, room - 1)), cut])
    gap = Segment(fit("", max(0, width - begin.cell_length - end.cell_length)), widget.rich_style)
    return Strip([*begin, gap, *end]).crop(0, width)


class Line(Widget):
    """A line that is painted again only when it says something else."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES
    DEFAULT_CSS = """
    Line {
        height: 1;
        padding: 0 1;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._left: list[Cell] = []
        self._right: list[Cell] = []

    def show(self, left: Sequence[Cell], right: Sequence[Cell] = ()) -> None:
        """Show these cells from now on."""
        if (self._left, self._right) != (list(left), list(right)):
            self._left, self._right = list(left), list(right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line; Textual adds the padding."""
        return paint(self, self._left, self._right)
