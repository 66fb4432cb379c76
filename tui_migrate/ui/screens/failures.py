"""The open failures of a migration by their causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Failure, Migration
from tui_migrate.model.causes import Cause, causes
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.screens.cause import CauseScreen
from tui_migrate.ui.screens.mending import Mending
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.failure_table import CauseTable
from tui_migrate.ui.widgets.line import Line, joined


class FailuresScreen(Mending[list[Cause]]):
    """All failures of one migration; a command is about all failures of the marked cause."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_CAUSE,
        commands.RETRY,
        commands.REFILL,
        commands.SKIP,
        commands.WRITE,
        *commands.EVERYWHERE,
    ]

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service)
        self.migration = migration

    def path(self) -> list[str]:
        return [self.migration.title, "Failures"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="number")
        yield CauseTable(self.now, accounts=True)
        yield from self.progress_line()

    def look(self, engine: Pulse) -> list[Cause]:
        return causes(self.service.failures.listing(migration_id=self.migration.id))

    def show(self, seen: list[Cause]) -> None:
        number = sum(len(cause.failures) for cause in seen)
        accounts = {account for cause in seen for account in cause.accounts}
        cells = [Cell(plural(number, "open failure"), Tone.BAD if seen else Tone.GOOD)]
        if seen:
            cells += [Cell(plural(len(seen), "cause")), Cell(plural(len(accounts), "account"))]
        self.query_one("#number", Line).show(joined(cells))
        self.query_one(CauseTable).show(seen)

    def chosen(self) -> Sequence[Failure]:
        cause = next((table.current for table in self.query(CauseTable)), None)
        return cause.failures if cause else ()

    def action_open(self) -> None:
        if cause := self.query_one(CauseTable).current:
            self.app.push_screen(CauseScreen(self.service, [self.migration.title, "Failures"], cause))
