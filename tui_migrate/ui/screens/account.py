"""One account: how it stands and why, its folders, its failures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Account, Counts, Failure, FolderProgress, Migration
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import (
    Cell,
    Tone,
    bar,
    copied,
    left,
    plural,
    progress,
    rate,
    seconds_left,
    share,
    size,
    some,
)
from tui_migrate.ui.screens.failure import FailureScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse, Shown, account_state, as_it_is
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.failure_table import FailureTable, newest_first
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look read."""

    account: Account
    state: Shown
    folders: list[FolderProgress]
    failures: list[Failure]


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


def sum_line(counts: Counts) -> list[Cell]:
    """Where the listed messages went, in numbers that add up."""
    parts = [
        (counts.copied, "copied"),
        (counts.there, "already there"),
        (counts.excluded, "excluded"),
        (counts.gone, "gone"),
        (counts.failed, "failed"),
        (counts.pending, "to go"),
    ]
    cells = [Cell(f"{counts.listed:,} listed = "), Cell(f"{counts.copied:,} copied")]
    for number, word in parts[1:]:
        if number:
            cells += [Cell(" + ", Tone.QUIET), Cell(f"{number:,} {word}", Tone.BAD if word == "failed" else Tone.PLAIN)]
    return cells


class AccountScreen(Room[Seen], inherit_bindings=False):
    """One account while it is copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_FAILURE,
        commands.START_ACCOUNT,
        commands.PAUSE_ACCOUNT,
        commands.SWITCH,
        *commands.EVERYWHERE,
    ]
    CSS_PATH = "account.tcss"

    def __init__(self, service: Service, migration: Migration, account: Account) -> None:
        super().__init__(service)
        self.migration = migration
        self.account = account

    def path(self) -> list[str]:
        """Inside the migration."""
        return [self.migration.title, self.account.source_user]

    def body(self) -> Iterable[Widget]:
        """State, sum and reason; folders; failures."""
        yield Line(id="state")
        yield Line(id="sum")
        yield Prose(id="reason")
        yield Prose(id="words")
        yield Table(COLUMNS, lambda folder: folder.id, empty="No folders listed yet.", id="folders")
        yield Line(id="number")
        failures = FailureTable(self.now, accounts=False)
        failures.display = False
        yield failures

    def look(self, engine: Pulse) -> Seen:
        """The account with its folders and failures."""
        wanted = self.service.migration(self.migration.id).migration.wanted
        account = as_it_is(self.service.account(self.account.id), engine)
        folders = self.service.folders(account.id)
        failures = newest_first(self.service.failures(account_id=account.id))
        return Seen(account, account_state(account, wanted), folders, failures)

    def show(self, seen: Seen) -> None:
        """Fill in lines and tables."""
        account = self.account = seen.account
        self._show_state(seen.state.cell())
        self.query_one("#sum", Line).show(sum_line(account.counts) if account.pass_number else [])
        self.query_one("#reason", Prose).say(account.detail)
        words = account.server_words
        self.query_one("#words", Prose).say(f"The server said: {words}" if words else "")
        self.query_one("#folders", Table).show(seen.folders)
        number = len(seen.failures)
        self.query_one("#number", Line).show(
            [Cell(plural(number, "failure"), Tone.BAD) if number else Cell("no failures", Tone.QUIET)]
        )
        self._show_failures(seen.failures)

    def _show_failures(self, found: list[Failure]) -> None:
        """Their list takes room only when there are any, and then has the keys at first: they are why one is here."""
        failures = self.query_one(FailureTable)
        failures.show(found)
        if bool(found) != failures.display:
            failures.display = bool(found)
            (failures if found else self.query_one("#folders")).focus()

    def _show_state(self, state: Cell) -> None:
        account = self.account
        user = account.destination_user
        cells = [state, Cell(f"to {user}" if user != account.source_user else "", Tone.QUIET)]
        numbers = []
        if account.pass_number:
            numbers.append(Cell(copied(account.bytes_copied, account.bytes_listed, account.state.ended)))
        if account.rate_messages > 0:
            speed = f"{account.rate_messages:,.1f} messages/s"
            numbers += [Cell(rate(account.rate_bytes)), Cell(speed), Cell(f"{left(seconds_left(account))} left")]
        self.query_one("#state", Line).show(joined(cells), joined(numbers))

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a failure can be opened."""
        return action != "open" or isinstance(self.focused, FailureTable)

    def action_open(self) -> None:
        """The marked failure, whole."""
        if failure := self.query_one(FailureTable).current:
            self.app.push_screen(FailureScreen(self.service, failure))

    def action_start(self) -> None:
        """Start the account, or try it again."""
        self.act(partial(self.service.start_accounts, [self.account.id]), f"{self.account.source_user}: started")

    def action_pause(self) -> None:
        """Pause the account."""
        self.act(partial(self.service.pause_accounts, [self.account.id]), f"{self.account.source_user}: pausing")
