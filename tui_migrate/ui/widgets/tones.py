"""Tones in colours: what the widgets that paint their own lines have in common. The colours are in `app.tcss`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.widget import Widget

from tui_migrate.printable import printable
from tui_migrate.ui.format import Cell, Tone

ASCII_CLASS = "-ascii"
"""On the app when the terminal is to be given ASCII only."""

TONE_CLASSES = {f"tone--{tone}" for tone in Tone}
"""Component classes of a widget that uses these functions."""


def words(widget: Widget, text: str) -> str:
    """`text` as this widget's terminal may be given it."""
    return printable(text, ascii_only=widget.app.has_class(ASCII_CLASS))


def tone_style(widget: Widget, tone: Tone) -> Style:
    """The colours of a tone on this widget's background."""
    return widget.get_component_rich_style(f"tone--{tone}")


def segments(widget: Widget, cells: Iterable[Cell]) -> list[Segment]:
    """Cells in their tones, one behind the other."""
    return [Segment(words(widget, cell.text), tone_style(widget, cell.tone)) for cell in cells]
