"""A column of fields, and what the one that has the focus is for."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from tui_migrate.ui.widgets.field import Field
from tui_migrate.ui.widgets.tones import words


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Fields, one below the other. The one that has the focus is scrolled into sight."""


class FieldHelp(Widget):
    """The sentence of the field that has the focus. Its height is fixed, so that a form is not laid out again when the
    focus moves."""

    def __init__(self) -> None:
        super().__init__()
        self._sentence = ""

    def on_mount(self) -> None:
        self.watch(self.screen, "focused", self._follow)

    def _follow(self, focused: Widget | None) -> None:
        self._sentence = focused.parent.sentence if focused and isinstance(focused.parent, Field) else ""
        self.refresh()

    def render(self) -> Content:
        return Content(words(self, self._sentence))
