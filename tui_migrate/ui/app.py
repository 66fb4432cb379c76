"""The dashboard as an application: its first screen, its palette, and how it ends."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.events import Resize
from textual.screen import Screen

from tui_migrate.service import Service
from tui_migrate.ui.commands import PALETTE, START_ENGINE, commands
from tui_migrate.ui.environment import is_ascii_only
from tui_migrate.ui.hangup import HangUp
from tui_migrate.ui.places import Places
from tui_migrate.ui.screens.help import HelpScreen
from tui_migrate.ui.screens.migrations import MigrationsScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.screens.too_small import TooSmall, is_too_small
from tui_migrate.ui.typeahead import TypeAhead
from tui_migrate.ui.widgets.table import WIDE
from tui_migrate.ui.widgets.tones import ASCII_CLASS

LOW = 20
"""With fewer lines, screens keep to what matters most."""
HERE = Path(__file__).parent
STYLES: list[str | PurePath] = [HERE / "app.tcss", *sorted((HERE / "screens").glob("*.tcss"))]
"""All at once: of a screen that brings its own, Textual reads the styles of all widgets again when it opens."""
GOES_ON = "The engine goes on in the background. `tui-migrate` shows it again, `tui-migrate stop` stops it."


class MigrateApp(TypeAhead):
    """Screens on one open store. It starts no copying by itself and ends none."""

    TITLE = "tui-migrate"
    BINDINGS: ClassVar[list[BindingType]] = [START_ENGINE]
    COMMANDS = App.COMMANDS | {Places}
    ENABLE_COMMAND_PALETTE = False
    """Textual's own key for it, which would hide ours from the help."""
    CSS_PATH = STYLES
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]  # noqa: RUF012  Textual declares it so
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  Textual declares it so

    def __init__(self, service: Service, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.service = service
        self.animation_level = "none"
        self.set_class(ascii_only, ASCII_CLASS)

    def get_default_screen(self) -> Screen[None]:
        return MigrationsScreen(self.service)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        for command in commands(screen):
            if not command.moves and command.word != PALETTE.description:
                yield SystemCommand(command.word.capitalize(), command.sentence, command.call)

    @property
    def _room(self) -> Room[Any]:
        """The innermost screen that is not a question or the palette."""
        return next(each for each in reversed(self.screen_stack) if isinstance(each, Room))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is an engine to start only where one is missing."""
        if action == "start_engine":
            return self._room.engine_missing
        return super().check_action(action, parameters)

    def action_start_engine(self) -> None:
        self._room.start_engine()

    def on_resize(self, event: Resize) -> None:
        if is_too_small(event.size) and not any(isinstance(screen, TooSmall) for screen in self.screen_stack):
            self.push_screen(TooSmall())

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            marks = self.screen.marks if isinstance(self.screen, Room) else {}
            self.push_screen(HelpScreen(self.service, commands(self.screen), marks))

    def action_command_palette(self) -> None:
        if not CommandPalette.is_open(self):
            self.push_screen(CommandPalette(placeholder="Search for commands, migrations, accounts"))

    async def action_quit(self) -> None:
        rooms = [each for each in reversed(self.screen_stack) if isinstance(each, Room)]
        message = GOES_ON if rooms[0].engine.running else None
        asking = next((room for room in rooms if room.unsaved), rooms[0])
        asking.if_nothing_is_lost(lambda: self.exit(message=message))


def run(service: Service) -> int:
    """Show the dashboard until the admin leaves or the terminal goes. Returns the exit code."""
    gc.set_threshold(50_000, 20, 10)  # a screen is many small objects: a third of the time that a form takes to open
    sys.setswitchinterval(0.001)  # the thread that reads 10,000 accounts shall not hold up a key press
    app = MigrateApp(service, ascii_only=is_ascii_only())
    with HangUp(lambda code: app.exit(return_code=code)):
        app.run(mouse=False)  # the terminal's own mouse copies a server's words
    return app.return_code or 0
