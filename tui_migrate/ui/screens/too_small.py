"""What is shown in a terminal in which nothing else can be."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from tui_migrate.ui.commands import QUIT
from tui_migrate.ui.widgets.facts import Prose

LEAST = Size(40, 10)


def is_too_small(size: Size) -> bool:
    """True for a terminal with so few cells that nothing that helps can be shown."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmall(Screen[None]):
    """A screen that lies over everything, and takes its keys, until the terminal is larger."""

    BINDINGS: ClassVar[list[BindingType]] = [QUIT]

    def compose(self) -> ComposeResult:
        yield Prose(f"Too small: at least {LEAST.width}x{LEAST.height} is needed. The engine goes on. q leaves.")

    def on_resize(self, event: Resize) -> None:
        self._go_if_it_fits(event.size)

    def on_screen_resume(self) -> None:
        """The terminal may have grown under a question that lay above."""
        self._go_if_it_fits(self.app.size)

    def _go_if_it_fits(self, size: Size) -> None:
        if self.is_current and not is_too_small(size):
            self.dismiss()
