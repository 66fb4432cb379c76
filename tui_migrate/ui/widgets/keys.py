"""The keys that do something now, on the last line.

Textual's Footer is a widget for each key, and makes all of them again whenever the focus moves: more than half of the
time that a screen takes to open. Here they are one line of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui_migrate.ui.widgets.tones import words

GAPS = (2, 1)
"""Cells between two keys: the first with which all fit, else the last."""


class Keys(Widget):
    """Each key that is offered here and now, with its word."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--word"}
    DEFAULT_CSS = """
    Keys {
        dock: bottom;
        height: 1;
        padding: 0 0 0 1;
        background: $footer-background;
        & > .keys--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
        & > .keys--word { color: $footer-description-foreground; background: $footer-description-background; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._offered: Sequence[tuple[str, str]] = ()
        self._outdated = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._look_again)

    def _look_again(self, screen: Screen[object]) -> None:
        if self.app.app_focus:  # in a terminal that is not looked at nothing has the focus; its keys come back with it
            self._outdated = True
            self.refresh()

    def _offers(self) -> Sequence[tuple[str, str]]:
        first: dict[str, Binding] = {}  # of several keys for one action
        for each in self.screen.active_bindings.values():
            if each.binding.show:
                first.setdefault(each.binding.action, each.binding)
        return [(self.app.get_key_display(each), each.description) for each in first.values()]

    def render_line(self, y: int) -> Strip:
        if self._outdated:
            self._offered, self._outdated = self._offers(), False
        width, offered = self.size.width, self._offered
        needed = sum(cell_len(key) + 1 + cell_len(word) for key, word in offered)
        gap = next((each for each in GAPS if needed + each * (len(offered) - 1) <= width), GAPS[-1])
        key_style, word_style = (self.get_component_rich_style(name) for name in ("keys--key", "keys--word"))
        segments = []
        for key, word in offered:
            segments += [Segment(words(self, key), key_style), Segment(words(self, f" {word}"), word_style)]
            segments.append(Segment(" " * gap, self.rich_style))
        return Strip(segments).adjust_cell_length(width, self.rich_style)
