"""Where to? A path is typed, and judged before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.errors import MigrateError
from tui_migrate.ui import commands
from tui_migrate.ui.paths import complete
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.field import TextEntry


class AskPath(ModalScreen[Path | None]):
    """Asks for a path. Gives None when the question is left with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.COMPLETE, commands.LEAVE_IT]

    def __init__(self, question: str, path: str, check: Callable[[Path], object]) -> None:
        """`check` raises MigrateError when a path cannot be taken, and is asked at enter."""
        super().__init__()
        self._question = question
        self._entry = TextEntry()
        self._entry.select_on_focus = False  # what is proposed is mostly kept, and its name changed
        self._entry.value = path
        self._problem = Prose(id="problem")
        self._check = check

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(self._question, id="question")
            yield self._entry
            yield from self.choices()
            yield self._problem
            yield Prose("enter writes it, tab completes the path, esc does nothing", id="answers")

    def choices(self) -> Iterable[Widget]:
        """Widgets for what else there is to say about the path."""
        return ()

    def on_mount(self) -> None:
        self._entry.focus()

    @on(Input.Changed)
    def _forget_problem(self) -> None:
        self._problem.say("")

    @on(Input.Submitted)
    def _take(self) -> None:
        path = Path(self._entry.value.strip()).expanduser()
        try:
            self._check(path)
        except MigrateError as error:
            self._problem.say(f"✖ {error.sentence}")
        else:
            self.dismiss(path)

    def action_complete(self) -> None:
        entry = self._entry
        entry.value, _ = complete(entry.value)
        entry.cursor_position = len(entry.value)

    def action_no(self) -> None:
        self.dismiss(None)
