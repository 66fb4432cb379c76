"""A question before something that cannot be taken back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line


class Ask(ModalScreen[bool]):
    """A question with yes and no; what is left with escape is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.YES, commands.NO]

    def __init__(self, question: str, consequence: str, yes: str) -> None:
        """`yes`: what happens then, in a word or two."""
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(self._question, id="question")
            yield Prose(self._consequence, id="consequence")
            yield Line(id="answers")

    def on_mount(self) -> None:
        quiet = Tone.QUIET
        cells = [
            Cell("y", Tone.CARE),
            Cell(f" {self._yes}    ", quiet),
            Cell("n", Tone.CARE),
            Cell(" do nothing", quiet),
        ]
        self.query_one("#answers", Line).show(cells)

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)
