"""Source and destination compared once more: what is missing, extra or different in each folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import MigrateError
from tui_migrate.model import Account, Migration
from tui_migrate.service import Service
from tui_migrate.service.verifications import Verifying
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell
from tui_migrate.ui.rows.verify_rows import (
    MARKS,
    FolderRow,
    compared_by,
    folder_columns,
    progress,
    rows,
    verdict,
)
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.screens.verify_folder import VerifyFolderScreen
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line
from tui_migrate.ui.widgets.table import Table


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look has read."""

    said: list[Cell]
    how: list[Cell]
    """What of each message was looked at, when it is over."""
    rows: list[FolderRow]
    over: bool


class VerifyScreen(Room[_Seen]):
    """A comparison that begins when the screen is opened, and ends when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.OPEN_COMPARED,
        commands.COMPARE_AGAIN,
        commands.COMPARE_BYTES,
        commands.ALL_COMPARED,
        *commands.EVERYWHERE,
    ]
    marks = MARKS
    LOOK_SECONDS = 0.5

    def __init__(self, service: Service, migration: Migration, accounts: Sequence[Account]) -> None:
        super().__init__(service)
        self.migration = migration
        self.accounts = accounts
        self._verifying: Verifying | None = None
        self._deep = False
        self._everything = len(accounts) == 1

    def path(self) -> list[str]:
        inside = [self.accounts[0].source_user] if len(self.accounts) == 1 else []
        return [self.migration.title, *inside, "Verify mail"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="said")
        yield Table(folder_columns(accounts=len(self.accounts) > 1), lambda row: row.key, empty="")
        yield Line(id="about")
        yield Prose(id="reason")
        yield Prose(id="excluded")

    def on_mount(self) -> None:
        """The comparison begins at once; it is what one comes for."""
        self._begin(deep=False)

    def on_unmount(self) -> None:
        if self._verifying is not None:
            self._verifying.stop()

    @work(group="begin", exclusive=True)
    async def _begin(self, *, deep: bool) -> None:
        self.on_unmount()
        ask = partial(self.service.verifications.begin, [each.id for each in self.accounts], deep=deep)
        try:
            verifying = await aside(ask)
        except MigrateError as error:
            self.complain(error)
            return
        self._verifying, self._deep = verifying, deep
        if still_there(self):
            self.refresh_now()
        else:
            verifying.stop()

    def look(self, engine: Pulse) -> _Seen:
        verifying = self._verifying
        if verifying is None:
            return _Seen([], [], [], False)
        over, reports, accounts = verifying.is_over, verifying.reports, len(verifying.accounts)
        deep = self._deep
        said = verdict(reports, accounts) if over else progress(reports, verifying.reading, accounts)
        return _Seen(
            said,
            compared_by(reports, deep=deep) if over else [],
            rows(reports, deep=deep, everything=self._everything),
            over,
        )

    def show(self, seen: _Seen) -> None:
        self.query_one("#said", Line).show(seen.said, seen.how)
        hidden = "No folder differs; a shows all." if seen.over else "No folder differs so far; a shows all."
        self._table.explain("Nothing is compared yet." if self._everything else hidden)
        self._table.show(seen.rows)
        self._show_marked()

    @property
    def _table(self) -> Table[FolderRow]:
        return self.query_one(Table)

    @on(Table.Marked)
    def _show_marked(self) -> None:
        row = self._table.current
        self.query_one("#about", Line).show(row.about() if row else [])
        self.query_one("#reason", Prose).say(row.reason() if row else "")
        self.query_one("#excluded", Prose).say(row.excluded() if row else "")

    def action_open(self) -> None:
        row = self._table.current
        if row and row.folder and row.folder.findings:
            account = row.account.account
            self.app.push_screen(VerifyFolderScreen(self.service, account, row.folder))
        elif row:
            self.notify("There is no message in it that is not the same.", timeout=3)

    def action_again(self) -> None:
        self._begin(deep=self._deep)

    def action_bytes(self) -> None:
        self._begin(deep=True)

    def action_all(self) -> None:
        self._everything = not self._everything
        self.refresh_now()
