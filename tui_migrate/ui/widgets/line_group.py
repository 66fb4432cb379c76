"""A few lines, as many as there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui_migrate.ui.format import Cell
from tui_migrate.ui.widgets.line import paint
from tui_migrate.ui.widgets.tones import TONE_CLASSES


class LineGroup(Widget):
    """Lines one below the other; without any it takes no room. One widget: each would be given styles of its own."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES
    DEFAULT_CSS = """
    LineGroup { height: auto; padding: 0 1; display: none; }
    LineGroup.-said { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._lines: list[list[Cell]] = []

    def show(self, texts: Iterable[Sequence[Cell]]) -> None:
        """Say this from now on."""
        said = [list(cells) for cells in texts]
        if said != self._lines:
            self._lines = said
            self.set_class(bool(said), "-said")
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A row for each line."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One of them; Textual adds the padding."""
        return paint(self, self._lines[y] if y < len(self._lines) else [])
