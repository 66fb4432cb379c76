"""Where a report is to lie, and whether it has subject lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.ui import commands
from tui_migrate.ui.screens.ask_path import AskPath
from tui_migrate.ui.widgets.facts import Prose


class AskReport(AskPath):
    """A folder for a report, with subject lines or without."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.SUBJECT_LINES]
    subjects = False

    def choices(self) -> Iterable[Widget]:
        """The subject lines."""
        yield Prose(self._told, id="subjects")

    @property
    def _told(self) -> str:
        return f"{'With' if self.subjects else 'Without'} the subject lines of what failed (^o changes that)"

    def action_subjects(self) -> None:
        self.subjects = not self.subjects
        self.query_one("#subjects", Prose).say(self._told)
