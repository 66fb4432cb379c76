"""One cause: what happened, what it means, what can be done, and all failures that have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Failure
from tui_migrate.model.causes import Cause, causes
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.screens.failure import FailureScreen, reasons
from tui_migrate.ui.screens.mending import Mending
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Fact
from tui_migrate.ui.widgets.failure_table import FailureTable
from tui_migrate.ui.widgets.line import Line, joined


class CauseScreen(Mending[Cause | None]):
    """The failures of one cause, in a migration or in one account; a command is about the marked failure."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_FAILURE,
        commands.RETRY,
        commands.REFILL,
        commands.SKIP,
        commands.WRITE,
        *commands.EVERYWHERE,
    ]

    def __init__(self, service: Service, above: Sequence[str], cause: Cause, account_id: int | None = None) -> None:
        """`above`: where one comes from. With an account's id, only its failures."""
        super().__init__(service)
        self._above = above
        self._cause = cause
        self._migration_id = cause.newest.migration_id
        self._account_id = account_id
        self._solved = False

    def path(self) -> list[str]:
        return [*self._above, self._cause.newest.kind]

    def body(self) -> Iterable[Widget]:
        *happened, to_do = reasons(self._cause.newest)
        for label, text in happened:
            yield Fact(label, text)
        yield Fact(*to_do, id="to-do")
        yield Line(id="number")
        yield FailureTable(self.now, accounts=self._account_id is None)
        yield from self.progress_line()

    def look(self, engine: Pulse) -> Cause | None:
        if self._account_id is None:
            found = self.service.failures.listing(migration_id=self._migration_id)
        else:
            found = self.service.failures.listing(account_id=self._account_id)
        return next((each for each in causes(found) if each.key == self._cause.key), None)

    def show(self, seen: Cause | None) -> None:
        if self._solved != (seen is None):
            self._solved = seen is None
            self.refresh_bindings()
        if seen is None:
            self.query_one("#to-do", Fact).say("")  # of what is over there is nothing to do
            self.query_one("#number", Line).show([Cell("None of these is open any more.", Tone.GOOD)])
            self.query_one(FailureTable).show([])
            return
        self._cause = seen
        for fact, (_, text) in zip(self.query(Fact), reasons(seen.newest), strict=True):
            fact.say(text)
        cells = [Cell(plural(len(seen.failures), "failure"), Tone.BAD), Cell(plural(len(seen.accounts), "account"))]
        self.query_one("#number", Line).show(joined(cells))
        self.query_one(FailureTable).show(seen.failures)

    def chosen(self) -> Sequence[Failure]:
        failure = next((table.current for table in self.query(FailureTable)), None)
        return [failure] if failure else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is to be done about what is solved."""
        if action in ("open", "retry"):
            return not self._solved
        return super().check_action(action, parameters)

    def action_open(self) -> None:
        if failure := self.query_one(FailureTable).current:
            self.app.push_screen(FailureScreen(self.service, failure))
