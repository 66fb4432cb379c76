"""The accounts of a migration while they are copied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Account, AccountState, Migration, MigrationOverview
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import (
    UNKNOWN,
    Cell,
    Tone,
    bar,
    copied,
    left,
    plural,
    progress,
    rate,
    route,
    seconds_left,
    share,
    size,
    some,
)
from tui_migrate.ui.screens.account import AccountScreen
from tui_migrate.ui.screens.failures import FailuresScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse, Shown, account_state, as_it_is, migration_state, stranded, tally
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table


@dataclass(frozen=True, slots=True)
class Row:
    """An account as it stands in the list."""

    account: Account
    state: Shown

    @property
    def counted(self) -> bool:
        """Its messages have been listed, be they none."""
        return self.account.counts.listed > 0 or self.account.state is AccountState.DONE

    def destination(self, width: int) -> Cell:
        """Quiet where it has the same name."""
        account = self.account
        tone = Tone.QUIET if account.destination_user == account.source_user else Tone.PLAIN
        return Cell(account.destination_user, tone)

    def messages(self, width: int) -> Cell:
        """Messages whose fate is known, of all."""
        if not self.counted:
            return Cell(UNKNOWN, Tone.QUIET)
        return Cell(progress(self.account.counts, exact=width > 12))

    def bar(self, width: int) -> Cell:
        """How far."""
        if not self.counted:
            return Cell("")
        return Cell(bar(share(self.account.counts, ended=self.account.state.ended), width), self.state.tone)

    def octets(self, width: int) -> Cell:
        """Bytes copied."""
        return Cell(size(self.account.bytes_copied) if self.counted else "")

    def rate(self, width: int) -> Cell:
        """Bytes per second, while it copies."""
        return Cell(rate(self.account.rate_bytes) if self.account.state is AccountState.COPYING else "")

    def left(self, width: int) -> Cell:
        """Time left, while it copies."""
        return Cell(left(seconds_left(self.account)) if self.account.state is AccountState.COPYING else "")

    def failures(self, width: int) -> Cell:
        """Messages of this pass that failed."""
        return Cell(some(self.account.counts.failed), Tone.BAD)

    def about(self) -> list[Cell]:
        """What there was no column for."""
        account = self.account
        cells = [Cell(f"{account.source_user} → {account.destination_user}")]
        if self.counted:
            cells.append(Cell(copied(account.bytes_copied, account.bytes_listed, account.state.ended)))
        if account.pass_number > 1:
            cells.append(Cell(f"pass {account.pass_number}"))
        return cells

    def reason(self) -> list[Cell]:
        """Why the state is what it is, and the server's words behind it."""
        words = self.account.server_words
        return joined([Cell(self.account.detail, self.state.tone), Cell(f"“{words}”" if words else "", Tone.QUIET)])


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look read."""

    migration: Migration
    state: Cell
    rows: list[Row]
    states: list[Cell]
    totals: list[Cell]


COLUMNS: list[Column[Row]] = [
    Column("Prio", lambda row, _: Cell(str(row.account.priority), Tone.QUIET), 4, right=True, least=120),
    Column("User", lambda row, _: Cell(row.account.source_user)),
    Column("Destination user", Row.destination, least=100),
    Column("State", lambda row, width: row.state.cell(width), 11, wide=20),
    Column("Messages", Row.messages, 11, wide=15, right=True, least=44),
    Column("", Row.bar, 6, least=72),
    Column("Copied", Row.octets, 6, right=True, least=72),
    Column("Rate", Row.rate, 8, right=True, least=56),
    Column("Failed", Row.failures, 6, right=True, least=50),
    Column("Left", Row.left, 6, right=True, least=72),
]


def totals(accounts: Sequence[Account], overview: MigrationOverview) -> list[Cell]:
    """The numbers of all accounts together; time left only when every account has been counted."""
    ended = sum(account.state.ended for account in accounts)
    uncounted = [each for each in accounts if not each.pass_number or each.state is AccountState.CHECKING]
    cells = [
        Cell(f"{ended:,} of {plural(len(accounts), 'account')}"),
        Cell(f"{progress(overview.counts, more=bool(uncounted))} messages"),
        Cell(f"{size(overview.bytes_copied)} copied"),
    ]
    if any(account.rate_messages > 0 for account in accounts):
        cells.append(Cell(rate(sum(account.rate_bytes for account in accounts))))
        if not uncounted:
            cells.append(Cell(f"{left(seconds_left(overview))} left"))
    return joined(cells)


class AccountsScreen(Room[Seen]):
    """All accounts of one migration."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_ACCOUNT,
        commands.START_ACCOUNT,
        commands.PAUSE_ACCOUNT,
        commands.START_ALL,
        commands.PAUSE_ALL,
        commands.FAILURES,
        *commands.EVERYWHERE,
    ]
    CSS_PATH = "accounts.tcss"

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service)
        self.migration = migration

    def path(self) -> list[str]:
        """The migration."""
        return [self.migration.title]

    def body(self) -> Iterable[Widget]:
        """Servers, accounts, totals, and two lines on the marked account."""
        yield Line(id="servers")
        yield Table(COLUMNS, lambda row: row.account.id, empty="This migration has no accounts.")
        yield Line(id="states")
        yield Line(id="totals")
        yield Line(id="about")
        yield Line(id="reason")

    def look(self, engine: Pulse) -> Seen:
        """The migration and all its accounts. With thousands of them this is too much for the thread of the screen."""
        overview = self.service.migration(self.migration.id)
        migration = overview.migration
        accounts = [as_it_is(account, engine) for account in self.service.accounts(migration.id)]
        rows = [Row(account, account_state(account, migration.wanted)) for account in accounts]
        state = migration_state(overview, engine).cell()
        if stranded(overview, engine):
            state = Cell("the engine is not running: S starts it", Tone.CARE)
        states = joined(tally(row.state for row in rows))
        return Seen(migration, state, rows, states, totals(accounts, overview))

    def show(self, seen: Seen) -> None:
        """Fill in table and lines."""
        migration = self.migration = seen.migration
        self._table.show(seen.rows)
        self.query_one("#servers", Line).show([Cell(route(migration), Tone.QUIET)], [seen.state])
        self.query_one("#states", Line).show(seen.states)
        self.query_one("#totals", Line).show(seen.totals)
        self._show_marked()

    @on(Table.Marked)
    def _show_marked(self) -> None:
        row = self._table.current
        self.query_one("#about", Line).show(joined(row.about()) if row else [])
        self.query_one("#reason", Line).show(row.reason() if row else [])

    @property
    def _table(self) -> Table[Row]:
        return self.query_one(Table)

    # Commands

    def action_open(self) -> None:
        """Folders and failures of the marked account."""
        if row := self._table.current:
            self.app.push_screen(AccountScreen(self.service, self.migration, row.account))

    def action_failures(self) -> None:
        """The failures of the migration."""
        self.app.push_screen(FailuresScreen(self.service, self.migration))

    def action_start(self) -> None:
        """Start the marked account, or try it again."""
        if row := self._table.current:
            account = row.account
            self.act(partial(self.service.start_accounts, [account.id]), f"{account.source_user}: started")

    def action_pause(self) -> None:
        """Pause the marked account."""
        if row := self._table.current:
            account = row.account
            self.act(partial(self.service.pause_accounts, [account.id]), f"{account.source_user}: pausing")

    def action_start_all(self) -> None:
        """Start the migration."""
        self.act(partial(self.service.start, self.migration.id), f"{self.migration.title}: started")

    def action_pause_all(self) -> None:
        """Pause the migration."""
        self.act(partial(self.service.pause, self.migration.id), f"{self.migration.title}: pausing")
