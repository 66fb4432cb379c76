"""Help for the screen that one comes from: its keys, the glyphs, and where the files lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.service import Service
from tui_migrate.ui.commands import EVERYWHERE, Command
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import MEANINGS, Pulse, Shown
from tui_migrate.ui.widgets.facts import Fact, Page, Prose


class HelpScreen(Room[None]):
    """Keys, glyphs and files, in short lists."""

    BINDINGS: ClassVar[list[BindingType]] = EVERYWHERE

    def __init__(self, service: Service, commands: list[Command], marks: Mapping[Shown, str]) -> None:
        super().__init__(service)
        self._commands = commands
        self._marks = marks

    def path(self) -> list[str]:
        return ["Help"]

    def body(self) -> Iterable[Widget]:
        paths = self.service.store.paths
        yield Page(
            Prose("Keys here", classes="heading"),
            *(Fact(_spelled(command.keys), command.sentence) for command in self._commands),
            Prose("Marks here" if self._marks else "", classes="heading"),
            *(Fact(shown.cell().text, meaning) for shown, meaning in self._marks.items()),
            Prose("States", classes="heading"),
            *(Fact(shown.cell().text, meaning) for shown, meaning in MEANINGS.items()),
            Prose("Files", classes="heading"),
            Fact("Store", str(paths.database)),
            Fact("Key of passwords", str(paths.key_file)),
            Fact("Logs", str(paths.log_dir)),
        )

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""


def _spelled(keys: list[str]) -> str:
    return " ".join(keys).replace("1 2 3 4 5 6 7 8 9", "1-9")
