"""What can be done with a migration on every screen where one is meant: a report, its plan, mail to its users."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.service.new_files import new_name
from tui_migrate.ui import commands
from tui_migrate.ui.screens.ask_path import AskPath
from tui_migrate.ui.screens.notices import NoticesScreen
from tui_migrate.ui.screens.releasing import Releasing
from tui_migrate.ui.widgets.facts import Prose

S = TypeVar("S")

SHOWN_SECONDS = 10
"""So long stands where something was written."""


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


class Sharing(Releasing[S]):
    """A screen on which a migration is meant."""

    def action_notices(self) -> None:
        if migration := self.meant():
            self.app.push_screen(NoticesScreen(self.service, migration))

    def action_report(self) -> None:
        if migration := self.meant():
            folder = new_name("report", self.now())
            question, reports = f"Write a report on {migration.title} into", self.service.reports
            ask = AskReport(question, f"./{folder}", reports.check_folder)

            def answered(path: Path | None) -> None:
                if path:
                    wish = partial(reports.write, [migration.id], path, subjects=ask.subjects)
                    self.act(wish, f"Report written to {path.absolute()}", SHOWN_SECONDS)

            self.app.push_screen(ask, answered)

    def action_export(self) -> None:
        if migration := self.meant():
            folder = new_name("plan", self.now())
            question = f"Write the plan of {migration.title}, without passwords, into"

            def answered(path: Path | None) -> None:
                if path:
                    wish = partial(self.service.plans.export, migration.id, path)
                    self.act(wish, f"Plan written to {path.absolute()}", SHOWN_SECONDS)

            self.app.push_screen(AskPath(question, f"./{folder}", self.service.plans.check_folder), answered)
