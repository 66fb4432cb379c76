"""The fields of one account: what is typed, what is wrong with it, and nothing of what becomes of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import BadInput, MigrateError, Problem
from tui_migrate.model import AccountSpec, Migration, Secret
from tui_migrate.service import Service
from tui_migrate.service.account_lists import Heading as Heading
from tui_migrate.ui import commands
from tui_migrate.ui.format import Cell, Tone, route
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Fact, Prose
from tui_migrate.ui.widgets.field import Field, TextEntry
from tui_migrate.ui.widgets.line import Line

FORM_KEYS: list[BindingType] = [commands.NEXT_FIELD, commands.FIELD_BEFORE, commands.FORM_HELP, commands.CANCEL]


class AccountFields(Room[None], inherit_bindings=False):
    """Fields for the logins of an account, its priority and its user's address. No password is filled in: empty keeps
    what there is."""

    BINDINGS: ClassVar[list[BindingType]] = FORM_KEYS
    FIRST: ClassVar[str]
    """What is said below the fields to begin with."""

    def __init__(self, service: Service, migration: Migration, start: AccountSpec) -> None:
        """`start` fills the fields, except for passwords."""
        super().__init__(service)
        self.migration = migration
        self._start = start
        self._excluded = set(start.excluded_folders)
        self._followed = ""
        self._done = False

    def body(self) -> Iterable[Widget]:
        kept = "unchanged when left empty" if self._start.source_user else ""
        yield Line(id="servers")
        yield Field(Heading.SOURCE, "Source user", TextEntry())
        if self.migration.source.own_passwords:
            yield Field(Heading.PASSWORD, "Source password", TextEntry(kept, secret=True))
        if self.migration.source.own_paths:
            yield Field(Heading.PATH, "Path", TextEntry("in the source's folder; empty: by its pattern"))
        yield Field(Heading.DESTINATION, "Destination user", TextEntry())
        if self.migration.destination.own_passwords:
            same = "the same when left empty" if self.migration.source.own_passwords else ""
            hint = kept or same
            yield Field(Heading.DESTINATION_PASSWORD, "Its password", TextEntry(hint, secret=True))
        yield Field(Heading.PRIORITY, "Priority", TextEntry("1 runs first, 9 last"))
        yield Field(Heading.NOTIFY, "Notify", TextEntry("told there when it is done; else the destination user"))
        yield Fact("Excluded folders", ", ".join(sorted(self._excluded)), id="excluded")
        yield Prose(self.FIRST, id="status")

    def on_mount(self) -> None:
        self.query_one("#servers", Line).show([Cell(route(self.migration), Tone.QUIET)])
        self._field(Heading.SOURCE).text = self._start.source_user
        self._field(Heading.DESTINATION).text = self._start.destination_user
        self._field(Heading.PRIORITY).text = str(self._start.priority)
        self._field(Heading.NOTIFY).text = self._start.notify
        if self.migration.source.own_paths:
            self._field(Heading.PATH).text = self._start.path

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""

    @property
    def unsaved(self) -> str:
        typed = self._typed() != replace(self._start, source_password=Secret(""), destination_password=None)
        return "What was typed here would be lost." if typed and not self._done else ""

    # What is typed

    def _field(self, heading: Heading) -> Field:
        return next(field for field in self.query(Field) if field.called == heading)

    def _text(self, heading: Heading) -> str:
        return next((field.text for field in self.query(Field) if field.called == heading), "")

    def _typed(self) -> AccountSpec:
        """The account as typed; passwords as they stand, users without blanks around them."""
        priority = self._text(Heading.PRIORITY).strip()
        password = self._text(Heading.DESTINATION_PASSWORD)
        return AccountSpec(
            source_user=self._text(Heading.SOURCE).strip(),
            source_password=Secret(self._text(Heading.PASSWORD)),
            destination_user=self._text(Heading.DESTINATION).strip(),
            destination_password=Secret(password) if password else None,
            priority=int(priority) if priority.isascii() and priority.isdigit() else 5 if not priority else 0,
            excluded_folders=tuple(sorted(self._excluded)),
            line=self._start.line,
            notify=self._text(Heading.NOTIFY).strip(),
            path=self._text(Heading.PATH).strip(),
        )

    @on(Field.Changed)
    def _follow(self, event: Field.Changed) -> None:
        """The destination user is the same until it is changed."""
        if event.field.called == Heading.SOURCE:
            if self._text(Heading.DESTINATION) == self._followed:
                self._field(Heading.DESTINATION).text = event.field.text
            self._followed = event.field.text

    def _complain(self, problems: Iterable[Problem]) -> None:
        """Say each problem at its field; the first of these fields gets the cursor."""
        found: dict[str, list[str]] = {}
        for problem in problems:
            found.setdefault(problem.place or Heading.SOURCE, []).append(problem.text)
        for field in self.query(Field):
            field.complain("; ".join(found.get(field.called, [])))
        if first := next((field for field in self.query(Field) if field.called in found), None):
            first.control.focus()

    def _checked(self) -> AccountSpec | None:
        """What is to be stored; None when something is wrong with it, which is said at its field."""
        try:
            spec = self._complete(self._typed())
            problems = [] if 1 <= spec.priority <= 9 else [Problem(Heading.PRIORITY, "must be from 1 (first) to 9")]
            try:
                self._check(spec)
            except BadInput as error:
                problems = error.problems + problems
        except MigrateError as error:
            self.complain(error)
            return None
        self._complain(problems)
        return None if problems else spec

    def _complete(self, typed: AccountSpec) -> AccountSpec:
        """What was typed, with what need not be typed."""
        return typed

    @abstractmethod
    def _check(self, spec: AccountSpec) -> None:
        """Check what was typed. Raises BadInput."""
