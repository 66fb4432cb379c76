"""Which priority? One key answers."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui_migrate.ui import commands
from tui_migrate.ui.widgets.facts import Prose


class AskPriority(ModalScreen[int]):
    """Asks for a digit from 1 to 9. Gives 0 when the question is left."""

    BINDINGS: ClassVar[list[BindingType]] = [*commands.PRIORITIES, commands.NO]

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(f"Priority of {self._what}?", id="question")
            yield Prose("1 runs first, 5 is usual, 9 runs last: press the digit. esc leaves it.", id="consequence")

    def action_priority(self, priority: int) -> None:
        self.dismiss(priority)

    def action_no(self) -> None:
        self.dismiss(0)
