"""A screen whose table is narrowed by what is typed into its filter."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import on
from textual.widgets import Input

from tui_migrate.ui.screens.room import Room

S = TypeVar("S")


class FilterLine(Input):
    """Where the filter is typed; seen only while it is wanted."""

    def __init__(self, hint: str) -> None:
        super().__init__(id="filter", compact=True, placeholder=hint)
        self.cursor_blink = False
        self.display = False


class Filtered(Room[S]):
    """A screen with a `FilterLine` in its body. What follows from a change of it is the screen's own."""

    narrowed: ClassVar[str] = "Table"
    """The table that has the focus again when the filter is typed."""

    @property
    def typed(self) -> FilterLine:
        """The filter that is typed."""
        return self.query_one(FilterLine)

    def action_filter(self) -> None:
        self.typed.display = True
        self.typed.focus()

    @on(Input.Submitted, "#filter")
    def end_filter(self) -> None:
        """Go back to the table; the filter stays in force."""
        self.query_one(self.narrowed).focus()
        self.typed.display = False

    def action_back(self) -> None:
        """One step at a time: from the filter, from the screen."""
        if self.typed.has_focus or self.typed.value:
            self.end_filter()
            self.typed.value = ""
        else:
            super().action_back()
