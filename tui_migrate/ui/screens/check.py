"""What stands in the way of accounts before they start: all of them, trouble first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.errors import MigrateError, Outlook
from tui_migrate.model import Account, AccountLine, Migration
from tui_migrate.service import Service
from tui_migrate.service.checks import Checking
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.rows.check_rows import COLUMNS, FIT, LANGUAGE, MARKS, CheckRow, in_order, progress, verdict
from tui_migrate.ui.screens.check_account import CheckAccountScreen
from tui_migrate.ui.screens.filtered import Filtered, FilterLine
from tui_migrate.ui.screens.room import FIRST
from tui_migrate.ui.screens.waiving import Waiving
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line
from tui_migrate.ui.widgets.table import Table


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look has read."""

    rows: list[CheckRow]
    said: list[Cell]
    halted: str
    """Why the check ended before its time."""
    over: bool
    partial: bool
    """There may be more accounts."""


class CheckScreen(Filtered[_Seen], Waiving[_Seen]):
    """Shows what is known, and checks those that are not known to be fit. The check ends when the screen is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_CHECKED,
        commands.CHECK_AGAIN,
        commands.WAIVE,
        commands.FILTER_CHECKED,
        *commands.EVERYWHERE,
    ]
    marks = MARKS
    LOOK_SECONDS = 0.5

    def __init__(self, service: Service, migration: Migration, accounts: Sequence[Account] | None = None) -> None:
        """`accounts`: these; None: all of the migration."""
        super().__init__(service)
        self.migration = migration
        self._only = None if accounts is None else {each.id for each in accounts}
        self._inside = [accounts[0].source_user] if accounts and len(accounts) == 1 else []
        self._checking: Checking | None = None
        self._begun = False
        self._over = True
        self._rows: list[CheckRow] = []

    def path(self) -> list[str]:
        return [self.migration.title, *self._inside, "Check"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="said")
        yield Prose(self._not_carried(), id="lost")
        yield Prose(id="halted")
        yield Table(COLUMNS, lambda row: row.account.id, empty="No accounts yet.")
        yield FilterLine("text  login:refused  quota:no  large:>0  state:held")
        yield Line(id="about")
        yield Prose(id="reason")

    def _not_carried(self) -> str:
        kind = self.migration.source.kind
        return f"{kind.label}: {kind.not_carried}." if kind.not_carried else ""

    def on_unmount(self) -> None:
        if self._checking is not None:
            self._checking.stop()

    @work(group="begin", exclusive=True)
    async def _begin(self, *, everything: bool) -> None:
        self.on_unmount()
        try:
            checking = await aside(partial(self._check, everything=everything))
        except MigrateError as error:
            self.complain(error)
            return
        self._checking = checking
        if not still_there(self):
            self.on_unmount()
            return
        if checking is not None:
            self.say_blackout(self.migration)
        self.refresh_now()

    def _check(self, *, everything: bool) -> Checking | None:
        ids = [each.id for each in self._accounts()]
        known = {} if everything else self.service.checks.last(ids)
        wanted = [each for each in ids if each not in known or not known[each].passes]
        return self.service.checks.begin(wanted) if wanted else None

    def _accounts(self, most: int | None = None) -> list[AccountLine]:
        if self._only is None:
            return self.service.accounts.lines(self.migration.id, most)
        return [each for each in self.service.accounts.lines(self.migration.id) if each.id in self._only]

    def look(self, engine: Pulse) -> _Seen:
        checking, accounts = self._checking, self._accounts(None if self._rows else FIRST)
        partial = not self._rows and len(accounts) == FIRST
        reports = {each.account.id: each for each in checking.reports} if checking else {}
        over = checking is None or checking.is_over
        asked = set() if checking is None or over else {each.id for each in checking.accounts} - reports.keys()
        known = self.service.checks.of_migration(self.migration.id)
        known = {each.id: known[each.id] for each in accounts if each.id in known}
        errors = {key: each.error.sentence for key, each in reports.items() if each.error}
        rows = [CheckRow(each, known.get(each.id), each.id in asked, errors.get(each.id, "")) for each in accounts]
        if checking is not None and not over:
            said = progress(len(reports), len(checking.accounts), checking.reading, rows)
        else:
            said = verdict(rows, self.service.checks.time_of_all(self.migration, known.values()))
        halted = checking.halted if checking else None
        why = f"✖ Ended early. {halted.sentence} {halted.advise(Outlook.SEEN)}" if halted else ""
        return _Seen(in_order(rows), [] if partial else said, why, over, partial)

    def show(self, seen: _Seen) -> None:
        self._rows, self.partial = seen.rows, seen.partial
        self.query_one("#said", Line).show(seen.said)
        self.query_one("#halted", Prose).say(seen.halted)
        self._show_rows()
        row = self._table.current
        if seen.over and not self._over and row and row.shown is FIT:
            self._table.marked = 0  # what came to the top meanwhile is what one came for
        self._over = seen.over
        if not self._begun and not seen.partial:  # it is what one comes for; and who comes sees first what is known
            self._begun = True
            self._begin(everything=False)

    def _show_rows(self) -> None:
        wanted = LANGUAGE.parse(self.typed.value)
        nothing = "No account matches; esc shows all." if self._rows else "No accounts yet."
        self._table.explain(wanted.wrong or nothing)
        self._table.show([row for row in self._rows if wanted.matches(row)] if self.typed.value else self._rows)
        self._show_marked()

    @on(Table.Marked)
    def _show_marked(self) -> None:
        row, shown = self._table.current, len(self._table.rows)
        matching = f"{shown:,} of {len(self._rows):,} match" if self.typed.value.strip() else ""
        self.query_one("#about", Line).show(row.about(self.now()) if row else [], [Cell(matching, Tone.QUIET)])
        self.query_one("#reason", Prose).say(row.reason() if row else "")

    @property
    def _table(self) -> Table[CheckRow]:
        return self.query_one(Table)

    # The filter

    @on(Input.Changed, "#filter")
    def _filter(self) -> None:
        self._show_rows()

    # Commands

    def action_open(self) -> None:
        if row := self._table.current:
            self.app.push_screen(CheckAccountScreen(self.service, self.migration, row))

    def action_again(self) -> None:
        self._begin(everything=True)

    def action_waive(self) -> None:
        if row := self._table.current:
            self.ask_waiver([row.account])
