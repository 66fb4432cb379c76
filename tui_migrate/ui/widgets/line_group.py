"""A few lines, as many as there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalGroup

from tui_migrate.ui.format import Cell
from tui_migrate.ui.widgets.line import Line


class LineGroup(VerticalGroup):
    """Up to `most` lines; those without a word take no room."""

    DEFAULT_CSS = """
    LineGroup { display: none; }
    LineGroup.-said { display: block; }
    """

    def __init__(self, most: int, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._lines = [Line() for _ in range(most)]
        for line in self._lines:
            line.display = False

    def compose(self) -> ComposeResult:
        yield from self._lines

    def show(self, texts: Iterable[Sequence[Cell]]) -> None:
        """Show these lines from now on."""
        said = list(texts)
        self.set_class(bool(said), "-said")
        for number, line in enumerate(self._lines):
            line.display = number < len(said)
            line.show(said[number] if number < len(said) else [])
