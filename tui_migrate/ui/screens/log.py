"""The engine's log, and the protocol trace of an account, as they are written; the newest at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.model import Account, Migration
from tui_migrate.service import Service
from tui_migrate.service.logs import LEVELS, LogLine, wanted
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.screens.filtered import Filtered, FilterLine
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table

KEPT = 5000
"""Lines that are kept to be looked at; the files have more."""
_TONES = {"WARNING": Tone.CARE, "ERROR": Tone.BAD, "CRITICAL": Tone.BAD, "C:": Tone.BUSY, "--": Tone.CARE}


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What of the lines is wanted."""

    level: str = "debug"
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the files has read."""

    news: list[LogLine]
    account: Account | None
    of_trace: bool


def parse(text: str) -> LogFilter:
    """A filter as it is typed: `quota level:warning`. The beginning of a level will do; one that is none is text."""
    level, rest = "debug", []
    for term in text.split():
        named = term.lower().removeprefix("level:") if term.lower().startswith("level:") else ""
        found = next((each for each in LEVELS if named and each.startswith(named)), None)
        if found is not None:
            level = found
        elif not term.lower().startswith("level:"):
            rest.append(term)
    return LogFilter(level, " ".join(rest))


def _mark(line: LogLine, width: int) -> Cell:
    return Cell(line.mark, _TONES.get(line.mark, Tone.QUIET))


COLUMNS: list[Column[LogLine]] = [
    Column("UTC", lambda line, width: Cell(line.at[11 : 11 + width].rstrip("Z"), Tone.QUIET), 8, wide=12),
    Column("", _mark, 7),
    Column("Who", lambda line, _: Cell(line.who.removeprefix("account "), Tone.QUIET), 16, wide=26, least=60),
    Column("What", lambda line, _: Cell(line.text, _TONES.get(line.mark, Tone.PLAIN))),
]


class LogScreen(Filtered[_Seen]):
    """The engine's log, or what of it is about an account, and that account's trace."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.FILTER_LOG,
        commands.SWITCH_LOG,
        replace(commands.TRACE, show=True),
        *commands.EVERYWHERE,
    ]
    AUTO_FOCUS = "Table"

    def __init__(self, service: Service, migration: Migration | None = None, account: Account | None = None) -> None:
        super().__init__(service)
        self.migration = migration
        self.account = account
        self._wanted = LogFilter()
        self._of_trace = account is not None and account.traced
        self._begin()

    def _begin(self) -> None:
        self._followed = (
            self.service.logs.trace(self.account.id) if self.account and self._of_trace else self.service.logs.log()
        )
        self._lines: deque[LogLine] = deque(maxlen=KEPT)

    def path(self) -> list[str]:
        places = [self.migration.title] if self.migration else []
        return [*places, *([self.account.source_user] if self.account else []), "Trace" if self._of_trace else "Log"]

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, lambda line: line.number, empty="Nothing is written yet.")
        yield FilterLine("text  level:warning")
        yield Line(id="number")
        yield Prose(id="whole")

    def look(self, engine: Pulse) -> _Seen:
        followed, of_trace = self._followed, self._of_trace
        account = self.service.accounts.get(self.account.id) if self.account else None
        return _Seen(followed.news(), account, of_trace)

    def show(self, seen: _Seen) -> None:
        """New lines come at the end. Whoever stands there is taken along."""
        self.account = seen.account
        if seen.of_trace != self._of_trace:  # read while one went over to the other
            return
        self._lines.extend(seen.news)
        if seen.news or self._table.current is None:
            self._show_lines()
        self._show_number()

    def _show_lines(self) -> None:
        table, level, text = self._table, self._wanted.level, self._wanted.text
        following = table.marked >= len(table.rows) - 1
        about = self.account.id if self.account and not self._of_trace else None
        table.show([each for each in self._lines if wanted(each, account_id=about, level=level, text=text)])
        if following:
            table.marked = len(table.rows) - 1

    def _show_number(self) -> None:
        cells = [Cell(plural(len(self._table.rows), "line"))]
        if self._wanted.level != "debug":
            cells.append(Cell(f"level:{self._wanted.level}"))
        if self._wanted.text:
            cells.append(Cell(f"with “{self._wanted.text}”"))
        if self.account:
            traced = self.account.traced
            cells.append(Cell("traced now" if traced else "not traced: T begins", Tone.CARE if traced else Tone.QUIET))
        self.query_one("#number", Line).show(joined(cells))

    @on(Table.Marked)
    def _show_marked(self) -> None:
        line = self._table.current
        self.query_one("#whole", Prose).say(f"{line.at}  {line.who}  {line.text}" if line else "")

    @property
    def _table(self) -> Table[LogLine]:
        return self.query_one(Table)

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A trace is of an account."""
        return action not in ("switch", "trace") or self.account is not None

    def action_switch(self) -> None:
        self._of_trace = not self._of_trace
        self._begin()
        self._table.show([])
        self.refresh_now()

    def action_trace(self) -> None:
        if self.account:
            on = not self.account.traced
            self.act(partial(self.service.logs.set_trace, self.account.id, on=on), "traced" if on else "traced no more")

    @on(Input.Changed, "#filter")
    def _apply_filter(self, event: Input.Changed) -> None:
        found = parse(event.value)
        if found != self._wanted:
            self._wanted = found
            self._show_lines()
            self._show_number()
