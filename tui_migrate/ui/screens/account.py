"""One account, live: how it stands and why, how fast it is, its folders, its failures, its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.events import Resize
from textual.widget import Widget

from tui_migrate.errors import MailError, said
from tui_migrate.model import Account, Event, FolderProgress, Migration, Pace, Pass
from tui_migrate.model.causes import Cause, causes
from tui_migrate.service import Service
from tui_migrate.service.new_files import new_name
from tui_migrate.ui import commands
from tui_migrate.ui.format import (
    RATE_WINDOW,
    Cell,
    Tone,
    bar,
    left,
    message_rate,
    moved,
    progress,
    rate,
    seconds_left,
    share,
    size,
    some,
    when,
)
from tui_migrate.ui.pace import least_line, speed_line, time_line
from tui_migrate.ui.rows.account_rows import AccountRow, wants_password
from tui_migrate.ui.rows.pass_rows import columns as pass_columns
from tui_migrate.ui.screens.account_commands import AccountCommands
from tui_migrate.ui.screens.account_form import EditAccountScreen
from tui_migrate.ui.screens.ask_path import AskPath
from tui_migrate.ui.screens.cause import CauseScreen
from tui_migrate.ui.screens.events import EventsScreen
from tui_migrate.ui.screens.failures import FailuresScreen
from tui_migrate.ui.screens.left_out import LeftOutScreen
from tui_migrate.ui.screens.log import LogScreen
from tui_migrate.ui.screens.mapping import MappingScreen
from tui_migrate.ui.screens.sharing import SHOWN_SECONDS
from tui_migrate.ui.states import Pulse, Shown, account_state, as_it_is, reason
from tui_migrate.ui.verdict import sum_line
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.failure_table import CauseTable
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import WIDE, Column, Table

LISTS = ("folders", "failures", "events", "passes")
ROOM_FOR_ALL = 34
"""From so many lines on, all lists are shown at once."""
BARS, MORE_BARS = 30, 72
"""Of ten seconds each: five minutes, or twelve in a wide terminal."""
BEGUN = "-begun"
"""On the screen of an account that has had a pass."""


def _words(account: Account, met: Iterable[Cause]) -> str:
    """The words behind an account's state, and whose they are: the failure that they are of tells."""
    words = account.server_words
    kinds = (cause.newest.kind for cause in met if words and cause.newest.server_words == words)
    return f"{said(next(kinds, MailError.kind))}: {words}" if words else ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the store has read."""

    account: Account
    state: Shown
    pace: Pace
    folders: list[FolderProgress]
    causes: list[Cause]
    events: list[Event]
    passes: list[Pass]


def _destination(folder: FolderProgress, width: int) -> Cell:
    same = folder.source_name == folder.destination_name
    return Cell(folder.destination_name, Tone.QUIET if same else Tone.PLAIN)


def _bar(folder: FolderProgress, width: int) -> Cell:
    counts = folder.counts
    return Cell(bar(share(counts), width) if counts.listed else "", Tone.BUSY if counts.pending else Tone.GOOD)


def _failed(folder: FolderProgress, width: int) -> Cell:
    return Cell(some(folder.counts.failed), Tone.BAD)


COLUMNS: list[Column[FolderProgress]] = [
    Column("Folder", lambda folder, _: Cell(folder.source_name)),
    Column("Destination folder", _destination, least=60),
    Column("Messages", lambda folder, width: Cell(progress(folder.counts, exact=width > 12)), 11, wide=15, right=True),
    Column("", _bar, 6, wide=10, least=72),
    Column("Copied", lambda folder, _: Cell(size(folder.bytes_copied)), 6, right=True, least=72),
    Column("Failed", _failed, 6, right=True, least=50),
]


class AccountScreen(AccountCommands[_Seen], inherit_bindings=False):
    """One account while it is copied. Where there is no room for all lists, one of them is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_CAUSE,
        commands.START_ACCOUNT,
        commands.PAUSE_ACCOUNT,
        replace(commands.RETRY_ACCOUNT, show=True),
        commands.PASS_ACCOUNT,
        commands.SWITCH,
        commands.SWITCH_BACK,
        *commands.LISTS,
        replace(commands.MAPPING, show=True),
        commands.LEFT_OUT,
        commands.PROVE_LOGINS,
        commands.VERIFY,
        commands.CHECK,
        replace(commands.WAIVE, show=False),
        commands.EDIT_ACCOUNT,
        commands.PRIORITY,
        replace(commands.FAILURES, show=False),
        commands.EVENTS,
        commands.LOG,
        commands.TRACE,
        commands.BUNDLE,
        *commands.EVERYWHERE,
    ]

    def __init__(self, service: Service, migration: Migration, account: Account) -> None:
        super().__init__(service)
        self.migration = migration
        self.account = account
        self._row: AccountRow | None = None
        self._list = ""
        """The list that has the keys; none before the first look, which chooses it."""
        self._numbers: dict[str, str] = {}
        self.set_class(bool(account.pass_number), BEGUN)  # later, all would be given their styles a second time

    def path(self) -> list[str]:
        return [self.migration.title, self.account.source_user]

    def body(self) -> Iterable[Widget]:
        yield Line(id="state")
        yield Line(id="sum")
        yield Prose(id="reason")
        yield Prose(id="words")
        yield Line(id="speed")
        yield Line(id="time")
        yield Prose(id="least")
        yield Line(id="tabs")
        columns: list[Column[Event]] = [
            Column("When", lambda event, _: Cell(when(event.at, self.now()), Tone.QUIET), 6),
            Column("Who", lambda event, _: Cell(event.who, Tone.QUIET), 10, wide=14),
            Column("What", lambda event, _: Cell(event.what.removeprefix(f"{self.account.source_user}: "))),
        ]
        tables: list[Widget] = [
            Table(COLUMNS, lambda folder: folder.id, empty="No folders listed yet.", id="folders"),
            CauseTable(self.now, accounts=False),
            Table(columns, lambda event: event.id, empty="No events.", id="events"),
            Table(pass_columns(self.now), lambda one: one.number, empty="No pass yet.", id="passes"),
        ]
        for name, table in zip(LISTS, tables, strict=True):
            yield VerticalGroup(Line(id=f"{name}-title"), table, id=f"{name}-part", classes="part")

    def look(self, engine: Pulse) -> _Seen:
        wanted = self.service.migrations.get(self.migration.id).migration.wanted
        account = as_it_is(self.service.accounts.get(self.account.id), wanted, engine)
        return _Seen(
            account,
            account_state(account, wanted),
            self.service.passes.pace(account.id),
            self.service.folders.listing(account.id),
            causes(self.service.failures.listing(account_id=account.id)),
            self.service.logs.events(account_id=account.id),
            self.service.passes.of_account(account.id)[::-1],
        )

    def show(self, seen: _Seen) -> None:
        account = self.account = seen.account
        failures = sum(len(cause.failures) for cause in seen.causes)
        self._row = AccountRow(account, seen.state, failures)
        self._show_state(seen.state.cell())
        self.query_one("#sum", Line).show(self._sum() if self._row.counted else [])
        why = reason(account) or self._row.way_on()
        self.query_one("#reason", Prose).say(f"e: new password · {why}" if wants_password(account) else why)
        self.query_one("#words", Prose).say(_words(account, seen.causes))
        self._show_pace(seen.pace)
        self.query_one("#folders", Table).show(seen.folders)
        self.query_one(CauseTable).show(seen.causes)
        self.query_one("#events", Table).show(seen.events)
        self.query_one("#passes", Table).show(seen.passes)
        numbers = (len(seen.folders), failures, len(seen.events), len(seen.passes))
        before, self._numbers = self._numbers, {name: f"{n:,}" for name, n in zip(LISTS, numbers, strict=True)}
        if before.get("failures") != self._numbers["failures"]:
            self.refresh_bindings()
        if not self._list:  # of an account that does nothing, its failures are why one is here
            self._list = "failures" if failures and not account.state.active else "folders"
            self._arrange(focus=True)
        self._show_titles(bool(failures))

    def _sum(self) -> list[Cell]:
        return sum_line(self.account.counts, self.size.width - 2)

    def _show_state(self, state: Cell) -> None:
        account = self.account
        user = account.destination_user
        cells = [state, Cell(f"to {user}" if user != account.source_user else "", Tone.QUIET)]
        if account.pass_number > 1:
            cells.append(Cell(f"pass {account.pass_number}", Tone.QUIET))
        if account.state.active and (lanes := self.engine.lanes.get(account.id, 1)) > 1:
            cells.append(Cell(f"{lanes} lanes", Tone.QUIET))
        if account.traced:
            cells.append(Cell("traced", Tone.CARE))
        numbers = []
        if account.pass_number:
            numbers.append(Cell(moved(account, wide=self._is_wide)))
        if account.rate_messages > 0:
            speed = message_rate(account.rate_messages) if self._is_wide else ""
            numbers += [Cell(speed), Cell(f"{rate(account.rate_bytes)} ({RATE_WINDOW})")]
            numbers.append(Cell(f"{left(seconds_left(account))} left"))
        self.query_one("#state", Line).show(joined(cells), joined(numbers))

    def _show_pace(self, pace: Pace) -> None:
        begun = bool(self.account.pass_number)
        self.set_class(begun, BEGUN)
        if begun:
            now, wide = self.now(), self._is_wide
            speed = speed_line(self.account, pace, MORE_BARS if wide else BARS, now)
            self.query_one("#speed", Line).show(speed)
            self.query_one("#time", Line).show(joined(time_line(self.account, pace, now, wide=wide)))
            self.query_one("#least", Prose).say(least_line(self.account, pace, now, wide=wide))

    @property
    def _is_wide(self) -> bool:
        return self.app.size.width >= WIDE

    # Lists

    def _show_titles(self, failures: bool) -> None:
        cells = []
        for number, name in enumerate(LISTS, 1):
            here = name == self._list
            tone = Tone.BAD if name == "failures" and failures else Tone.PLAIN if here else Tone.QUIET
            cells.append(Cell(f"{'▸' if here else ' '}{number} {name.capitalize()} {self._numbers[name]}", tone))
            self.query_one(f"#{name}-title", Line).show([cells[-1]])
        self.query_one("#tabs", Line).show(joined(cells, Cell("  ")))

    def on_resize(self, event: Resize) -> None:
        """There may be room for other lists now."""
        if self._list:
            self._arrange()

    def _arrange(self, *, focus: bool = False) -> None:
        """Show the lists that there is room for."""
        all_of_them = self.app.size.height >= ROOM_FOR_ALL
        self.query_one("#tabs").display = not all_of_them
        for name in LISTS:
            self.query_one(f"#{name}-part").display = all_of_them or name == self._list
            self.query_one(f"#{name}-title").display = all_of_them
        if focus:
            self.query_one(f"#{self._list}").focus()

    def _go_to(self, name: str) -> None:
        self._list = name
        with self.app.batch_update():
            self._arrange(focus=True)
            self._show_titles(bool(self.query_one(CauseTable).rows))
        self.refresh_bindings()

    def action_switch(self, step: int = 1) -> None:
        if self._list:
            self._go_to(LISTS[(LISTS.index(self._list) + step) % len(LISTS)])

    def action_switch_back(self) -> None:
        self.action_switch(-1)

    def action_list(self, number: int) -> None:
        if self._list:
            self._go_to(LISTS[number - 1])

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a failure can be opened."""
        return action != "open" or (self._list == "failures" and self._numbers["failures"] != "0")

    def action_open(self) -> None:
        if cause := self.query_one(CauseTable).current:
            self.app.push_screen(CauseScreen(self.service, self.path(), cause, self.account.id))

    def action_failures(self) -> None:
        self.app.push_screen(FailuresScreen(self.service, self.migration))

    def action_events(self) -> None:
        self.app.push_screen(EventsScreen(self.service, self.migration, self.account))

    def action_log(self) -> None:
        self.app.push_screen(LogScreen(self.service, self.migration, self.account))

    def action_trace(self) -> None:
        on = not self.account.traced
        wish = partial(self.service.logs.set_trace, self.account.id, on=on)
        self.act(wish, "traced; L shows it" if on else "traced no more")

    def action_bundle(self) -> None:
        def answered(path: Path | None) -> None:
            if path:
                wish = partial(self.service.bundles.write, path, [self.account.id])
                self.act(wish, f"Bundle written to {path.absolute()}", SHOWN_SECONDS)

        file = new_name("bundle", self.now(), ".zip")
        question = f"Pack what is known about {self.account.source_user}, without passwords and mail, into"
        self.app.push_screen(AskPath(question, f"./{file}", self.service.bundles.check_path), answered)

    def action_left_out(self) -> None:
        self.app.push_screen(LeftOutScreen(self.service, self.migration, self.account))

    def action_mapping(self) -> None:
        self.app.push_screen(MappingScreen(self.service, self.migration, self.account))

    def action_edit(self) -> None:
        self.app.push_screen(EditAccountScreen(self.service, self.migration, self.account))

    def targets(self) -> list[AccountRow]:
        return [self._row] if self._row else []
