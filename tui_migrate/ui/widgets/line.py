"""One line of text in tones: some at the left, some at the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from textual.strip import Strip

from tui_migrate.ui.format import Cell, Tone, fit
from tui_migrate.ui.widgets.tones import Toned

SEPARATOR = Cell(" · ", Tone.QUIET)


def joined(cells: Iterable[Cell]) -> list[Cell]:
    """The cells that say something, with a dot between each two."""
    parts = [part for cell in cells if cell.text for part in (SEPARATOR, cell)]
    return parts[1:]


class Line(Toned):
    """A line that is painted again only when it says something else. The left is cut where the right needs the room."""

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
        """Say this from now on."""
        if (self._left, self._right) != (list(left), list(right)):
            self._left, self._right = list(left), list(right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line; Textual adds the padding."""
        width = self.size.width
        right = Strip(self.segments(self._right))
        left = Strip(self.segments(self._left))
        room = max(0, width - right.cell_length - (1 if right.cell_length else 0))
        if left.cell_length > room:
            left = Strip([*left.crop(0, max(0, room - 1)), Segment(self.words("…"), self.tone_style(Tone.QUIET))])
        gap = Segment(fit("", max(0, width - left.cell_length - right.cell_length)), self.rich_style)
        return Strip([*left, gap, *right]).crop(0, width)
