"""In which encoding is the file? Chosen by what its users are called in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui_migrate.service.account_lists import EncodedList
from tui_migrate.ui import commands
from tui_migrate.ui.format import UNKNOWN, Cell, Tone
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table

_NAMED = (
    "Its letters mean others in every encoding, and it does not say in which it is: choose the one in which the users "
    "have their names. Two in which they have the same names differ in a password or another cell: then ask who made "
    "the file."
)
_UNNAMED = (
    "Its letters mean others in every encoding, and it does not say in which it is. No source user has one of them, "
    "and passwords are not shown: ask who made the file, or have it saved as UTF-8."
)
COLUMNS: list[Column[EncodedList]] = [
    Column("Encoding", lambda row, _: Cell(f"{row.called} ({row.encoding})"), 35),
    Column("Source users", lambda row, _: Cell(", ".join(row.users) or UNKNOWN)),
]


class AskEncoding(ModalScreen[str]):
    """Asks for an encoding. Gives its name; empty when the question is left."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.TAKE_ENCODING, commands.LEAVE_IT]

    def __init__(self, file: str, readings: Sequence[EncodedList]) -> None:
        super().__init__()
        self._file = file
        self._readings = readings

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(f"In which encoding is {self._file}?", id="question")
            yield Prose(_NAMED if any(each.users for each in self._readings) else _UNNAMED, id="why")
            yield Table(COLUMNS, lambda row: row.encoding, empty="")
            yield Line(id="answers")

    def on_mount(self) -> None:
        self.query_one(Table).show(self._readings)
        self.query_one(Table).focus()
        keys = [Cell("enter read it so", Tone.QUIET), Cell("esc do not read it", Tone.QUIET)]
        self.query_one("#answers", Line).show(joined(keys))

    def action_take(self) -> None:
        marked: EncodedList | None = self.query_one(Table).current
        self.dismiss(marked.encoding if marked else "")

    def action_no(self) -> None:
        self.dismiss("")
