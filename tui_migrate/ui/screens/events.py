"""The audit trail: who did what, and when; live, the newest first.

Pages are read as one comes to them, so that a hundred thousand events open as fast as ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.errors import MigrateError
from tui_migrate.model import Account, Event, Migration
from tui_migrate.service import Service
from tui_migrate.service.logs import EVENTS_PAGE
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, moment, plural, when
from tui_migrate.ui.screens.filtered import Filtered, FilterLine
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table

NEAR_THE_END = 40
"""Rows below the mark; with fewer, the next page is read."""


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What of the trail is wanted."""

    who: str = ""
    """The beginning of a name."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the store has read."""

    wanted: TrailFilter
    after: int
    """The newest event that was known."""
    newer: list[Event]


def parse(text: str) -> TrailFilter:
    """A filter as it is typed: `quota who:engine`."""
    terms = text.split()
    names = [term.partition(":")[2] for term in terms if term.lower().startswith("who:")]
    return TrailFilter(
        names[-1] if names else "", " ".join(term for term in terms if not term.lower().startswith("who:"))
    )


class EventsScreen(Filtered[_Seen]):
    """All events, those of a migration, or those of an account."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.FILTER_EVENTS, *commands.EVERYWHERE]
    AUTO_FOCUS = "Table"

    def __init__(self, service: Service, migration: Migration | None = None, account: Account | None = None) -> None:
        super().__init__(service)
        self.migration = migration
        self.account = account
        self._wanted = TrailFilter()
        self._events: list[Event] = []
        self._all_read = False
        """The oldest event is among them."""
        self._titles: dict[int, str] = {}

    def path(self) -> list[str]:
        migration = [self.migration.title] if self.migration else []
        return [*migration, *([self.account.source_user] if self.account else []), "Events"]

    def body(self) -> Iterable[Widget]:
        about = [] if self.migration else [Column("Migration", self._title, 16, wide=24, least=60)]
        columns: list[Column[Event]] = [
            Column("When", lambda event, _: Cell(when(event.at, self.now()), Tone.QUIET), 6),
            Column("Who", _who, 10, wide=14),
            *about,
            Column("What", lambda event, _: Cell(event.what)),
        ]
        yield Table(columns, lambda event: event.id, empty="No events.")
        yield FilterLine("text  who:NAME  who:engine")
        yield Line(id="number")
        yield Prose(id="whole")

    def look(self, engine: Pulse) -> _Seen:
        if self.account:
            self.service.accounts.get(self.account.id)
        elif self.migration:
            self.service.migrations.get(self.migration.id)
        wanted, after = self._wanted, self._events[0].id if self._events else 0
        return _Seen(wanted, after, self._read(wanted, after=after))

    def show(self, seen: _Seen) -> None:
        """New events come on top. Whoever stands there stays there."""
        if seen.wanted != self._wanted:  # another filter was typed meanwhile
            return
        following = self._table.marked == 0
        if not seen.after or len(seen.newer) >= EVENTS_PAGE:  # there may be a gap: begin anew
            self._events, self._all_read = seen.newer, len(seen.newer) < EVENTS_PAGE
        else:
            self._events = seen.newer + self._events
        self._table.show(self._events)
        if following:
            self._table.marked = 0
        self._show_number()

    def _show_number(self) -> None:
        number = plural(len(self._events), "event")
        scope = f"who:{self._wanted.who}" if self._wanted.who else ""
        text = f"with “{self._wanted.text}”" if self._wanted.text else ""
        more = "" if self._all_read else "older ones follow"
        self.query_one("#number", Line).show(joined([Cell(number), Cell(scope), Cell(text), Cell(more, Tone.QUIET)]))

    @on(Table.Marked)
    def _show_marked(self) -> None:
        event = self._table.current
        self.query_one("#whole", Prose).say(f"{moment(event.at)}  {event.who}: {event.what}" if event else "")
        # None while another filter's first page is read: the table still shows what the former one let through.
        if event and self._events and not self._all_read and self._table.marked > len(self._events) - NEAR_THE_END:
            self._read_older(self._wanted, self._events[-1].id)

    @work(group="older", exclusive=True)
    async def _read_older(self, wanted: TrailFilter, oldest: int) -> None:
        """Add the next page at the end."""
        try:
            older = await asyncio.to_thread(self._read, wanted, before=oldest)
        except MigrateError as error:
            if self.is_seen:
                self.complain(error)
            return
        if self.is_seen and wanted == self._wanted and self._events and self._events[-1].id == oldest:
            self._all_read = len(older) < EVENTS_PAGE
            self._events = [*self._events, *older]
            self._table.show(self._events)
            self._show_number()

    def _read(self, wanted: TrailFilter, *, after: int = 0, before: int | None = None) -> list[Event]:
        found = self.service.logs.events(
            migration_id=self.migration.id if self.migration else None,
            account_id=self.account.id if self.account else None,
            who=wanted.who,
            text=wanted.text,
            after=after,
            before=before,
        )
        if not self.migration and not {event.migration_id for event in found if event.migration_id} <= {*self._titles}:
            self._titles = {each.migration.id: each.migration.title for each in self.service.migrations.listing()}
        return found

    def _title(self, event: Event, width: int) -> Cell:
        return Cell(self._titles.get(event.migration_id or 0, ""), Tone.QUIET)

    @property
    def _table(self) -> Table[Event]:
        return self.query_one(Table)

    # Commands

    @on(Input.Changed, "#filter")
    def _apply_filter(self, event: Input.Changed) -> None:
        wanted = parse(event.value)
        if wanted != self._wanted:
            self._wanted, self._events, self._all_read = wanted, [], False
            self.refresh_now()


def _who(event: Event, width: int) -> Cell:
    return Cell(event.who, Tone.QUIET if event.who == "engine" else Tone.BUSY)
