"""Tones in colours: the base of the widgets that paint their own lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.widget import Widget

from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.printable import printable

ASCII_CLASS = "-ascii"
"""On the app when the terminal is to be given ASCII only."""


class Toned(Widget):
    """A widget that paints cells of text, each in its tone."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in Tone}
    DEFAULT_CSS = """
    Toned {
        & > .tone--plain { color: $foreground; }
        & > .tone--quiet { color: $text-muted; }
        & > .tone--busy { color: $text-accent; }
        & > .tone--good { color: $text-success; }
        & > .tone--care { color: $text-warning; }
        & > .tone--bad { color: $text-error; text-style: bold; }
    }
    """

    def words(self, text: str) -> str:
        """`text` as this terminal may be given it."""
        return printable(text, ascii_only=self.app.has_class(ASCII_CLASS))

    def tone_style(self, tone: Tone) -> Style:
        """The colours of a tone on this widget's background."""
        return self.rich_style + self.get_component_rich_style(f"tone--{tone}", partial=True)

    def segments(self, cells: Iterable[Cell]) -> list[Segment]:
        """Cells in their tones, one behind the other."""
        return [Segment(self.words(cell.text), self.tone_style(cell.tone)) for cell in cells]
