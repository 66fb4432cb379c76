"""Home: all migrations, and which of them needs the admin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Failure, Migration, MigrationOverview, Wanted
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import (
    RATE_WINDOW,
    UNKNOWN,
    Cell,
    Tone,
    bar,
    finish,
    left,
    minute,
    moved,
    plural,
    progress,
    rate,
    route,
    seconds_left,
    some,
    when,
)
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.sharing import Sharing
from tui_migrate.ui.states import Pulse, Shown, done_share, ended, migration_state, uncounted
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import WIDE, Column, Table


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A migration as it stands in the list."""

    overview: MigrationOverview
    state: Shown
    engine: Pulse
    now: float
    """Epoch seconds of the look."""

    @property
    def _over(self) -> bool:
        return ended(self.overview.accounts_by_state) == self.overview.accounts

    def route(self, width: int) -> Cell:
        """From which server to which."""
        return Cell(route(self.overview.migration), Tone.QUIET)

    def accounts(self, width: int) -> Cell:
        """Accounts that have ended, of all accounts."""
        return Cell(f"{ended(self.overview.accounts_by_state)}/{self.overview.accounts}")

    def messages(self, width: int) -> Cell:
        """Messages whose fate is known, of all that were counted."""
        counts, more = self.overview.counts, uncounted(self.overview) > 0
        if not counts.listed:
            return Cell(UNKNOWN, Tone.QUIET)
        return Cell(progress(counts, exact=width > 12, more=more))

    def bar(self, width: int) -> Cell:
        """How far the migration is, as a bar."""
        return Cell(bar(done_share(self.overview), width) if self.overview.counts.listed else "", self.state.tone)

    def failures(self, width: int) -> Cell:
        """Open failures."""
        return Cell(some(self.overview.failures), Tone.BAD)

    def seconds_left(self) -> float | None:
        """Seconds until the migration is done; None when that cannot be said: nothing moves, not all is counted, or it
        has ended."""
        known = self.engine is Pulse.RUNNING and not uncounted(self.overview) and not self._over
        return seconds_left(self.overview) if known else None

    def finish(self, width: int) -> Cell:
        """When the migration will be done."""
        return Cell(finish(self.seconds_left(), self.now))

    def about(self, *, wide: bool) -> list[Cell]:
        """What there is no column for."""
        overview = self.overview
        cells = [Cell(self.state.word if overview.held else ""), Cell(route(overview.migration))]
        cells.append(Cell(moved(overview, wide=wide)))
        if (final := overview.migration.schedule.final_pass_at) and final > self.now:
            cells.append(Cell(f"final pass {minute(final, self.now)}"))
        if self.engine is Pulse.RUNNING and overview.rate_bytes > 0 and not self._over:
            cells.append(Cell(f"{rate(overview.rate_bytes)} ({RATE_WINDOW})"))
            if (seconds := self.seconds_left()) is not None:
                cells.append(Cell(f"{left(seconds)} left, done {finish(seconds, self.now)}"))
        return cells


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the store has read."""

    rows: list[MigrationRow]
    newest: Failure | None


COLUMNS: list[Column[MigrationRow]] = [
    Column("Title", lambda row, _: Cell(row.overview.migration.title)),
    Column("Source → destination", MigrationRow.route, 24, wide=28, least=100),
    Column("Accounts", MigrationRow.accounts, 9, right=True, least=60),
    Column("Messages", MigrationRow.messages, 12, wide=17, right=True, least=44),
    Column("", MigrationRow.bar, 6, wide=8, least=72),
    Column("State", lambda row, width: row.state.cell(width), 13, wide=20),
    Column("Failed", MigrationRow.failures, 7, right=True, least=50),
    Column("Done at", MigrationRow.finish, 7, right=True, least=110),
]


OF_ONE = (
    "open",
    "check",
    "start",
    "pause",
    "another_pass",
    "edit",
    "delete",
    "failures",
    "report",
    "export",
    "notices",
    "release_mails",
    "start_all",
    "pause_all",
)
"""Commands that need a migration."""


def lost(overview: MigrationOverview) -> str:
    """What deleting a migration takes away, and what it does not."""
    failures = f", {plural(overview.failures, 'open failure')}" if overview.failures else ""
    return (
        f"Our records of its {plural(overview.accounts, 'account')} are lost: passwords, the journal of what was "
        f"copied{failures}. No mail is touched, neither at the source nor at the destination."
    )


class MigrationsScreen(Sharing[_Seen]):
    """All migrations, the newest failure of them all, and the way to each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.NEW_MIGRATION,
        commands.OPEN_MIGRATION,
        commands.START_MIGRATION,
        commands.PAUSE_MIGRATION,
        commands.PASS_MIGRATION,
        commands.CHECK_MIGRATION,
        commands.SIGN_IN,
        commands.EDIT_MIGRATION,
        commands.REPORT,
        commands.EXPORT,
        commands.MAIL_USERS,
        commands.RELEASE_MAILS,
        commands.IMPORT_PLAN,
        commands.GO_ON_ALL,
        commands.PAUSE_EVERY,
        commands.DELETE_MIGRATION,
        commands.FAILURES,
        commands.EVENTS,
        commands.LOG,
        commands.HELP,
        commands.PALETTE,
        commands.QUIT,
    ]

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._failures: dict[int, int] = {}
        self._newest: Failure | None = None
        self._empty = True
        """No migration is shown, and there is nothing to open, start or delete."""

    def path(self) -> list[str]:
        return ["Migrations"]

    def body(self) -> Iterable[Widget]:
        empty = "No migrations yet: n makes one, i imports a plan."
        yield Table(COLUMNS, lambda row: row.overview.migration.id, empty=empty)
        yield Line(id="about")
        yield Line(id="news")

    def look(self, engine: Pulse) -> _Seen:
        """The failures are read again only when their number has changed."""
        migrations = self.service.migrations.listing()
        failures = {each.migration.id: each.failures for each in migrations}
        if failures != self._failures:
            found = self.service.failures.listing() if any(failures.values()) else []
            self._newest = max(found, key=lambda failure: failure.last_at, default=None)
            self._failures = failures
        now = self.now()
        return _Seen(
            [MigrationRow(each, migration_state(each, engine), engine, now) for each in migrations], self._newest
        )

    def show(self, seen: _Seen) -> None:
        self._table.show(seen.rows)
        if self._empty != (not seen.rows):
            self._empty = not seen.rows
            self.refresh_bindings()
        self._show_about()
        self.query_one("#news", Line).show(self._news(seen.newest))

    @on(Table.Marked)
    def _show_about(self) -> None:
        row = self._table.current
        self.query_one("#about", Line).show(joined(row.about(wide=self.app.size.width >= WIDE)) if row else [])

    def _news(self, failure: Failure | None) -> list[Cell]:
        if failure is None:
            return []
        words = failure.server_words or failure.sentence
        said = Cell(f"✖ {when(failure.last_at, self.now())} {failure.account}: {failure.kind}", Tone.BAD)
        return joined([said, Cell(words, Tone.QUIET)])

    @property
    def _table(self) -> Table[MigrationRow]:
        return self.query_one(Table)

    # Commands. A screen that one opens is loaded then: the first one is there sooner.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What needs a migration is offered where there is one."""
        if not super().check_action(action, parameters):
            return False
        return action not in OF_ONE or not self._empty

    def action_open(self) -> None:
        from tui_migrate.ui.screens.accounts import AccountsScreen

        if row := self._table.current:
            self.app.push_screen(AccountsScreen(self.service, row.overview.migration))

    def action_check(self) -> None:
        from tui_migrate.ui.screens.check import CheckScreen

        if row := self._table.current:
            self.app.push_screen(CheckScreen(self.service, row.overview.migration))

    def action_events(self) -> None:
        from tui_migrate.ui.screens.events import EventsScreen

        self.app.push_screen(EventsScreen(self.service))

    def action_log(self) -> None:
        from tui_migrate.ui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self.service))

    def action_failures(self) -> None:
        from tui_migrate.ui.screens.failures import FailuresScreen

        if row := self._table.current:
            self.app.push_screen(FailuresScreen(self.service, row.overview.migration))

    def action_new(self) -> None:
        from tui_migrate.ui.screens.migration_form import MigrationFormScreen

        self.app.push_screen(MigrationFormScreen(self.service))

    def action_edit(self) -> None:
        from tui_migrate.ui.screens.migration_form import MigrationFormScreen

        if row := self._table.current:
            self.app.push_screen(MigrationFormScreen(self.service, row.overview.migration))

    def action_delete(self) -> None:
        if row := self._table.current:
            migration = row.overview.migration

            def answered(yes: bool | None) -> None:
                if yes:
                    self.act(partial(self.service.migrations.delete, migration.id), f"{migration.title}: deleted")

            self.app.push_screen(Ask(f"Delete {migration.title}?", lost(row.overview), "delete"), answered)

    def action_start(self) -> None:
        if row := self._table.current:
            migration = row.overview.migration
            self.act(partial(self.service.migrations.start, migration.id), f"{migration.title}: started")

    def action_another_pass(self) -> None:
        if row := self._table.current:
            migration = row.overview.migration
            wish = partial(self.service.passes.another_of_all, migration.id)
            self.act(wish, f"{migration.title}: another pass over all accounts that have ended")

    def action_pause(self) -> None:
        if row := self._table.current:
            migration = row.overview.migration
            self.act(partial(self.service.migrations.pause, migration.id), f"{migration.title}: pausing")

    def meant(self) -> Migration | None:
        return row.overview.migration if (row := self._table.current) else None

    def action_import_plan(self) -> None:
        from tui_migrate.ui.screens.import_plan import ImportPlanScreen

        self.app.push_screen(ImportPlanScreen(self.service))

    def action_pause_all(self) -> None:
        if self._titled(Wanted.RUN):
            self.act(self.service.migrations.pause_all, "All migrations: pausing")

    def action_start_all(self) -> None:
        if titles := self._titled(Wanted.PAUSE):

            def answered(yes: bool | None) -> None:
                if yes:
                    self.act(self.service.migrations.start_all, "All paused migrations: started")

            consequence = f"{', '.join(titles)}. Nothing is tried again, and what was never started stays so."
            self.app.push_screen(Ask("Go on with all that are paused?", consequence, "go on"), answered)

    def _titled(self, wanted: Wanted) -> list[str]:
        """The titles of the migrations that are wanted so; where there are none, that is said."""
        found = [row.overview.migration for row in self._table.rows]
        titles = [each.title for each in found if each.wanted is wanted]
        if not titles:
            self.notify(f"No migration is {'started' if wanted is Wanted.RUN else 'paused'}.", timeout=3)
        return titles
