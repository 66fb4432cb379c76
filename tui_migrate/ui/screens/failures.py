"""The open failures of a migration, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Failure, Migration
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.screens.failure import FailureScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.failure_table import FailureTable, newest_first
from tui_migrate.ui.widgets.line import Line


class FailuresScreen(Room[list[Failure]]):
    """All failures of one migration."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.OPEN_FAILURE, *commands.EVERYWHERE]
    CSS_PATH = "failures.tcss"

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service)
        self.migration = migration

    def path(self) -> list[str]:
        """Inside the migration."""
        return [self.migration.title, "Failures"]

    def body(self) -> Iterable[Widget]:
        """How many, and which."""
        yield Line(id="number")
        yield FailureTable(self.now, accounts=True)

    def look(self, engine: Pulse) -> list[Failure]:
        """The migration's failures."""
        return newest_first(self.service.failures(migration_id=self.migration.id))

    def show(self, seen: list[Failure]) -> None:
        """Fill in the table."""
        number = Cell(plural(len(seen), "open failure"), Tone.BAD if seen else Tone.GOOD)
        self.query_one("#number", Line).show([number])
        self.query_one(FailureTable).show(seen)

    def action_open(self) -> None:
        """The marked failure, whole."""
        if failure := self.query_one(FailureTable).current:
            self.app.push_screen(FailureScreen(self.service, failure))
