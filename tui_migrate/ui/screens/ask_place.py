"""Where shall a folder go? Judged while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.field import Field, TextEntry
from tui_migrate.ui.widgets.line import Line, joined


class _Place(Field, inherit_bindings=False):
    """The only field: enter is the answer, and leads nowhere."""

    def __init__(self, place: str) -> None:
        entry = TextEntry("as in Archive/2019")
        entry.select_on_focus = False
        entry.value = place
        entry.cursor_position = len(place)
        super().__init__("place", "Destination folder", entry)


class AskPlace(ModalScreen[str]):
    """Asks for the path of a folder. Gives an empty one when the question is left. `judge` says what is wrong with
    one."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.KEEP_PLACE, commands.LEAVE_PLACE]

    def __init__(self, source: str, place: str, note: str, judge: Callable[[str], str]) -> None:
        super().__init__()
        self._source = source
        self._place = place
        self._note = note
        self._judge = judge

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(f"Where shall {self._source} go?", id="question")
            yield _Place(self._place)
            yield Prose(self._note, id="consequence")
            yield Line(id="answers")

    def on_mount(self) -> None:
        keys = [Cell("enter keep", Tone.QUIET), Cell("esc cancel", Tone.QUIET), Cell("/ between the parts", Tone.QUIET)]
        self.query_one("#answers", Line).show(joined(keys))

    @property
    def _field(self) -> Field:
        return self.query_one(Field)

    @on(Field.Changed)
    def _complain(self) -> None:
        self._field.complain(self._judge(self._field.text))

    @on(Input.Submitted)
    def action_keep(self) -> None:
        problem = self._judge(self._field.text)
        self._field.complain(problem)
        if not problem:
            self.dismiss(self._field.text)

    def action_no(self) -> None:
        self.dismiss("")
