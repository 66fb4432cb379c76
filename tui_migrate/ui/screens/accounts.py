"""The accounts of a migration while they are copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.model import Account, AccountLine, Migration
from tui_migrate.model.causes import causes
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, route
from tui_migrate.ui.rows.account_filter import Order, View, parse
from tui_migrate.ui.rows.account_rows import COLUMNS, AccountRow, alike_of, outline, totals
from tui_migrate.ui.screens.account import AccountScreen
from tui_migrate.ui.screens.account_commands import AccountCommands
from tui_migrate.ui.screens.account_form import AddAccountScreen, EditAccountScreen
from tui_migrate.ui.screens.events import EventsScreen
from tui_migrate.ui.screens.failures import FailuresScreen
from tui_migrate.ui.screens.filtered import FilterLine
from tui_migrate.ui.screens.import_accounts import ImportScreen
from tui_migrate.ui.screens.log import LogScreen
from tui_migrate.ui.screens.mapping import MappingScreen
from tui_migrate.ui.screens.room import FIRST
from tui_migrate.ui.screens.sharing import Sharing
from tui_migrate.ui.states import Pulse, Shown, as_it_is, migration_state, tally
from tui_migrate.ui.verdict import is_over, short_verdict, verdict
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.line_group import LineGroup
from tui_migrate.ui.widgets.table import WIDE, Table

NO_ACCOUNTS = "No accounts yet: i imports a list, a adds one by hand."


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the store has read."""

    migration: Migration
    state: Cell
    rows: list[AccountRow]
    shown: list[AccountRow]
    """Those of `view`."""
    view: View
    states: list[Cell]
    totals: list[Cell]
    verdict: list[list[Cell]]
    """What has become of a migration that has ended; empty before."""
    short_verdict: list[list[Cell]]
    """The same in one line."""
    partial: bool
    """There are more accounts."""


class AccountsScreen(AccountCommands[_Seen], Sharing[_Seen]):
    """All accounts of one migration."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_ACCOUNT,
        commands.START_ACCOUNT,
        commands.PAUSE_ACCOUNT,
        commands.RETRY_ACCOUNT,
        commands.PASS_ACCOUNT,
        commands.PASS_ALL,
        commands.FILTER,
        commands.ADD_ACCOUNT,
        commands.IMPORT,
        commands.FAILURES,
        commands.EVENTS,
        commands.LOG,
        commands.SELECT,
        commands.SELECT_ALL,
        commands.SORT,
        commands.REVERSE,
        commands.PROVE_LOGINS,
        commands.SIGN_IN,
        commands.VERIFY,
        commands.CHECK,
        replace(commands.WAIVE, show=False),
        commands.MAPPING,
        commands.EDIT_ACCOUNT,
        commands.PRIORITY,
        *commands.PRIORITIES,
        commands.REPORT,
        commands.EXPORT,
        commands.MAIL_USERS,
        commands.RELEASE_MAILS,
        commands.DELETE_ACCOUNT,
        replace(commands.START_ALL, show=False),
        replace(commands.PAUSE_ALL, show=False),
        *commands.EVERYWHERE,
    ]

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service)
        self.migration = migration
        self._view = View()
        self._rows: list[AccountRow] = []
        self._state = Cell("")
        self._selected: set[int] = set()

    def path(self) -> list[str]:
        return [self.migration.title]

    def body(self) -> Iterable[Widget]:
        yield Line(id="servers")
        yield LineGroup(id="verdict")
        yield LineGroup(id="short-verdict")
        yield Table(COLUMNS, lambda row: row.id, empty=NO_ACCOUNTS)
        yield FilterLine("text  state:failed  failures:>0  priority:1")
        yield Line(id="states")
        yield Line(id="totals")
        yield Line(id="about")
        yield Line(id="reason")

    def look(self, engine: Pulse) -> _Seen:
        """With thousands of accounts this is too much for the thread of the screen."""
        overview = self.service.migrations.get(self.migration.id)
        migration = overview.migration
        partial = not self._rows and overview.accounts > FIRST and not is_over(overview)
        lines = self.service.accounts.lines(migration.id, FIRST if partial else None)
        failures = self.service.failures.counts(migration.id)

        def make(line: AccountLine) -> Account:
            found = self.service.accounts.several([line.id]).get(line.id)
            return as_it_is(found or outline(line, migration), migration.wanted, engine)  # it may be gone

        def outlined(line: AccountLine) -> Account:
            return as_it_is(outline(line, migration), migration.wanted, engine)

        alike, numbers = alike_of(lines, outlined, migration.wanted)
        rows = [
            AccountRow(line, each.shown, failures.get(line.id, 0), make)
            for line, each in zip(lines, alike, strict=True)
        ]
        state = migration_state(overview, engine).cell()
        view = self._view
        width = self.app.size.width - 2
        shown: Counter[Shown] = Counter()
        for each, number in numbers.items():
            shown[each.shown] += number
        states = [] if partial else tally(shown, width)
        sums = [] if partial else totals(numbers, overview, width, moves=engine is Pulse.RUNNING)
        said, short = [], []
        if is_over(overview):
            why = causes(self.service.failures.listing(migration_id=migration.id) if overview.failures else [])
            said, short = verdict(overview, lines, why, width), [short_verdict(overview, lines, why, width)]
        wanted = view.of(rows)
        seen = wanted[(top := int(self._table.scroll_offset.y)) : top + self.app.size.height]
        whole = self.service.accounts.several([row.id for row in seen])
        for row in seen:
            if row.id in whole:
                row.tell(as_it_is(whole[row.id], migration.wanted, engine))
        return _Seen(migration, state, rows, wanted, view, states, sums, said, short, partial)

    def show(self, seen: _Seen) -> None:
        self.migration, self._state, self._rows = seen.migration, seen.state, seen.rows
        self.partial = seen.partial
        self._selected &= {row.id for row in seen.rows} if self._selected else set()
        self.query_one("#verdict", LineGroup).show(seen.verdict)
        self.query_one("#short-verdict", LineGroup).show(seen.short_verdict)
        self.query_one("#states", Line).show(seen.states)
        self.query_one("#totals", Line).show(seen.totals)
        self._show_view(seen.shown if seen.view == self._view else None)

    # What is shown of the accounts

    def _show_view(self, shown: Sequence[AccountRow] | None = None) -> None:
        """Show the rows that the view lets through (`shown`, where they are known already), and what it is."""
        table = self._table
        table.show(self._view.of(self._rows) if shown is None else shown)
        table.select(self._selected)
        nothing = parse(self._view.text).wrong or "No account matches; esc shows all."
        table.explain(nothing if self._rows else NO_ACCOUNTS)
        self.show_proving()
        self._show_marked()

    def show_proving(self) -> None:
        """Shown with what else there is to say of the view."""
        self.query_one("#servers", Line).show(self._about_view(), [self._state])

    def _about_view(self) -> list[Cell]:
        """The servers; or, where that is not all there is to say, what is shown, how it is sorted, and what is
        selected."""
        view, shown = self._view, len(self._table.rows)
        cells = []
        if self.proving is not None:
            cells += self.progress.cells()
        if self._selected:
            hidden = len(self._selected - {row.id for row in self._table.rows})
            unseen = f", {hidden:,} of them not shown" if hidden else ""
            cells.append(Cell(f"{len(self._selected):,} selected{unseen}", Tone.CARE))
            cells.append(Cell("s p r v # d act on all of them", Tone.QUIET))
        if view.text.strip():
            cells.append(Cell(f"{shown:,} of {len(self._rows):,} match {view.text.strip()}"))
        if view.order is not Order.LISTED or view.reverse:
            cells.append(Cell(f"by {view.order}{', reversed' if view.reverse else ''}"))
        return joined(cells) or [Cell(route(self.migration), Tone.QUIET)]

    @on(Table.Marked)
    def _show_marked(self) -> None:
        row = self._table.current
        about = joined(row.about(wide=self.app.size.width >= WIDE)) if row else []
        self.query_one("#about", Line).show(row.names() if row else [], about)
        self.query_one("#reason", Line).show(row.reason() if row else [])

    @property
    def _table(self) -> Table[AccountRow]:
        return self.query_one(Table)

    @property
    def _input(self) -> Input:
        return self.query_one("#filter", Input)

    def action_filter(self) -> None:
        self._input.display = True
        self._input.focus()

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self._view = replace(self._view, text=event.value)
        self._show_view()

    @on(Input.Submitted, "#filter")
    def _end_filter(self) -> None:
        self._table.focus()

    @on(Input.Blurred, "#filter")
    def _hide_filter(self) -> None:
        self._input.display = False

    def action_sort(self) -> None:
        self._view = self._view.sorted_by_next()
        self._show_view()

    def action_reverse(self) -> None:
        self._view = replace(self._view, reverse=not self._view.reverse)
        self._show_view()

    def action_back(self) -> None:
        """One step at a time: from the filter, the selection, the screen."""
        if self._input.has_focus or (self._view.text and not self._selected):
            self._end_filter()
            self._input.value = ""
        elif self._selected:
            self._selected = set()
            self._show_view(self._table.rows)
        else:
            super().action_back()

    # Selecting

    def action_select(self) -> None:
        if row := self._table.current:
            self._selected ^= {row.id}
            self._table.marked += 1
            self._show_view(self._table.rows)

    def action_select_all(self) -> None:
        if self.partial:
            self.notify("Not all accounts are read yet.", timeout=3)
            return
        shown = {row.id for row in self._table.rows}
        self._selected = self._selected - shown if shown <= self._selected else self._selected | shown
        self._show_view(self._table.rows)

    def targets(self) -> list[AccountRow]:
        if self._selected:
            return [row for row in self._rows if row.id in self._selected]
        return [row] if (row := self._table.current) else []

    # Commands

    def action_open(self) -> None:
        if row := self._table.current:
            self.app.push_screen(AccountScreen(self.service, self.migration, row.account))

    def action_events(self) -> None:
        self.app.push_screen(EventsScreen(self.service, self.migration))

    def action_log(self) -> None:
        self.app.push_screen(LogScreen(self.service))

    def action_failures(self) -> None:
        self.app.push_screen(FailuresScreen(self.service, self.migration))

    def action_mapping(self) -> None:
        if row := self._table.current:
            self.app.push_screen(MappingScreen(self.service, self.migration, row.account))

    def action_start_all(self) -> None:
        self.act(partial(self.service.migrations.start, self.migration.id), f"{self.migration.title}: started")

    def action_pause_all(self) -> None:
        self.act(partial(self.service.migrations.pause, self.migration.id), f"{self.migration.title}: pausing")

    def action_another_pass_all(self) -> None:
        wish = partial(self.service.passes.another_of_all, self.migration.id)
        self.act(wish, f"{self.migration.title}: another pass over all accounts that have ended")

    def action_add(self) -> None:
        self.app.push_screen(AddAccountScreen(self.service, self.migration))

    def action_edit(self) -> None:
        if row := self._table.current:
            self.app.push_screen(EditAccountScreen(self.service, self.migration, row.account))

    def action_import(self) -> None:
        self.app.push_screen(ImportScreen(self.service, self.migration))

    def meant(self) -> Migration | None:
        return self.migration

    def meant_account(self) -> Account | None:
        return row.account if (row := self._table.current) else None
