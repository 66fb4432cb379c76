"""One account before it starts: each item with its sentence, the server's words, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import MigrateError
from tui_migrate.model import Migration
from tui_migrate.service import Service
from tui_migrate.service.checks import Checking
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.rows.check_rows import HELD, MARKS, CheckRow, facts, headline
from tui_migrate.ui.screens.waiving import Waiving
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Fact, Page
from tui_migrate.ui.widgets.line import Line


class CheckAccountScreen(Waiving[CheckRow]):
    """An account as it was when it was checked last."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.CHECK_AGAIN, commands.WAIVE, *commands.EVERYWHERE]
    marks = MARKS
    LOOK_SECONDS = 0.5

    def __init__(self, service: Service, migration: Migration, row: CheckRow) -> None:
        super().__init__(service)
        self.migration = migration
        self.row = row
        self._checking: Checking | None = None

    def path(self) -> list[str]:
        return [self.migration.title, self.row.account.source_user, "Check"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="said")
        yield Page(*(Fact(label, text) for label, text in facts(self.row)))

    def on_unmount(self) -> None:
        if self._checking is not None:
            self._checking.stop()

    def look(self, engine: Pulse) -> CheckRow:
        account, checking = self.service.accounts.get(self.row.account.id), self._checking
        asked = checking is not None and not checking.is_over
        errors = [each.error.sentence for each in (checking.reports if checking else ()) if each.error]
        return CheckRow(account, self.service.checks.last([account.id]).get(account.id), asked, "".join(errors))

    def show(self, seen: CheckRow) -> None:
        before, self.row = self.row, seen
        if before.shown is not seen.shown:
            self.refresh_bindings()
        self.query_one("#said", Line).show(headline(seen))
        for fact, (_, text) in zip(self.query_one(Page).query(Fact), facts(seen), strict=True):
            fact.say(text)

    @work(group="begin", exclusive=True)
    async def action_again(self) -> None:
        self.on_unmount()
        try:
            self._checking = await aside(partial(self.service.checks.begin, [self.row.account.id]))
        except MigrateError as error:
            self.complain(error)
        if still_there(self):
            self.refresh_now()
        else:
            self.on_unmount()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What holds nobody back cannot be waived."""
        return action != "waive" or self.row.shown is HELD

    def action_waive(self) -> None:
        self.ask_waiver([self.row.account])
