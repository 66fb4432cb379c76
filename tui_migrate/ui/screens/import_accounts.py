"""A list of accounts, from the file to the store: every bad cell shown first, then each login proven, and stored as it
passes. What is refused stays here, to be corrected or dropped."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import BadInput, MigrateError, Problem
from tui_migrate.model import AccountSpec, Migration
from tui_migrate.service import Service
from tui_migrate.service.account_lists import ListRow, Novelty
from tui_migrate.service.logins import Proof, Proving
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside
from tui_migrate.ui.format import Cell, Tone, plural, route
from tui_migrate.ui.proofs import Progress, ProofTold, ProvingEnded
from tui_migrate.ui.rows.import_rows import NEEDS_ADMIN, OPEN, ImportRow, ImportRows, Stage, columns
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.ask_encoding import AskEncoding
from tui_migrate.ui.screens.edit_row import EditRowScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.path_field import PathField
from tui_migrate.ui.widgets.table import Table

_SHOWN_PROBLEMS = 6


def _hello(migration: Migration) -> str:
    """What a list for this migration has to say, and may say."""
    source, destination = migration.source, migration.destination
    needed, more = ["Source"], ["Path"] if source.own_paths else []
    if source.own_passwords:
        needed.append("Password")
    needed.append("Destination")
    if destination.own_passwords:
        (more if source.own_passwords else needed).append("Destination Password")
    return (
        f"A CSV file with the headings {', '.join(needed)}, and if you like {', '.join([*more, 'Priority'])} (1 to 9) "
        "and Excluded Folders (with | between them). tab completes the path, enter reads the file. Reading stores "
        "nothing."
    )


class ImportScreen(Room[None], inherit_bindings=False):
    """An import, from the path of the list to its last row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.PROVE_LIST,
        commands.EDIT_ROW,
        commands.DROP_ROW,
        commands.NEXT_BAD,
        commands.RETRY_ROW,
        commands.STORE_ALL,
        *commands.EVERYWHERE,
    ]

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service)
        self.migration = migration
        self._file = ""
        self._rows: ImportRows | None = None
        self._provings: list[Proving] = []
        self._progress = Progress(0)

    def path(self) -> list[str]:
        return [self.migration.title, "Import"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="about")
        yield PathField("CSV file")
        yield Prose(_hello(self.migration), id="hello")
        table: Table[ImportRow] = Table(
            columns(self.migration), lambda row: row.row.line, empty="All rows are dropped."
        )
        table.display = False
        yield table
        yield Line(id="counts")
        yield Prose(id="halted")
        yield Prose(id="mistakes")
        yield Prose(id="source")
        yield Prose(id="destination")

    def on_mount(self) -> None:
        self.query_one("#about", Line).show([Cell(route(self.migration), Tone.QUIET)])

    def on_unmount(self) -> None:
        """What is under way is not stored any more."""
        for proving in self._provings:
            proving.stop()

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""

    @property
    def unsaved(self) -> str:
        if self._rows is None:
            return ""
        left = len(self._rows) - len(self._rows.specs([Stage.STORED, Stage.SAME]))
        corrections = "They and your corrections of them are lost; the file stays as it is."
        return f"{plural(left, 'row')} of the list not stored. {corrections}" if left else ""

    # The file

    @on(PathField.Given)
    @work(group="read", exclusive=True)
    async def _look_into(self, event: PathField.Given) -> None:
        path = event.path
        try:
            readings = await aside(partial(self.service.lists.readings, self.migration, path))
        except BadInput as error:
            self._say_unreadable(error.problems)
            return

        def answered(encoding: str | None) -> None:
            if encoding:
                self._read(path, encoding)
            else:
                self.query_one(PathField).complain(
                    f"{path.name} was not read: choose its encoding, or save it as UTF-8 (in Excel: CSV UTF-8)."
                )

        if readings:
            self.app.push_screen(AskEncoding(path.name, readings), answered)
        else:
            self._read(path)

    @work(group="read", exclusive=True)
    async def _read(self, path: Path, encoding: str = "") -> None:
        try:
            rows = await aside(partial(self.service.lists.read, self.migration, path, encoding))
            known = await aside(partial(self._known, rows))
        except BadInput as error:
            self._say_unreadable(error.problems)
            return
        except MigrateError as error:
            self.complain(error)
            return
        self._file = f"{path.name}, read as {encoding}" if encoding else path.name
        self._rows = ImportRows(rows, known)
        self.query_one(PathField).display = self.query_one("#hello").display = False
        self._table.display = True
        self._table.focus()
        self._show_rows()
        self._mark_bad(0)

    def _known(self, rows: Iterable[ListRow]) -> dict[str, Novelty]:
        return self.service.lists.compare(self.migration.id, [row.spec for row in rows if not row.mistakes])

    def _say_unreadable(self, problems: list[Problem]) -> None:
        lines = [str(problem) for problem in problems[:_SHOWN_PROBLEMS]]
        if len(problems) > _SHOWN_PROBLEMS:
            lines.append(f"and {len(problems) - _SHOWN_PROBLEMS:,} more")
        self.query_one(PathField).complain("; ".join(lines))

    # The rows

    def _show_rows(self) -> None:
        if self._rows is None:
            return
        self._table.show(list(self._rows))
        self.query_one("#about", Line).show(self._about())
        self.query_one("#counts", Line).show(joined([Cell(plural(len(self._rows), "row")), *self._rows.counts()]))
        self._show_marked()

    def _about(self) -> list[Cell]:
        """The file and where it goes; while logins are proven and when they have been, how that goes."""
        if self._provings:
            return self._progress.cells()
        verdict = self._progress.numbers() if self._progress.total else ""
        tone = Tone.CARE if self._progress.refused else Tone.GOOD
        return joined([Cell(self._file), Cell(verdict, tone) if verdict else Cell(route(self.migration), Tone.QUIET)])

    @on(Table.Marked)
    def _show_marked(self) -> None:
        row = self._table.current
        source, destination = row.answers() if row else ("", "")
        self.query_one("#mistakes", Prose).say(row.mistakes() if row else "")
        self.query_one("#source", Prose).say(source)
        self.query_one("#destination", Prose).say(destination)

    @property
    def _table(self) -> Table[ImportRow]:
        return self.query_one(Table)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Before the file is read there is only its path; no row can be touched while it is being proven."""
        rows_only = {"prove", "edit", "drop", "next_bad", "retry", "unproven"}
        return action not in rows_only or self._rows is not None

    def _current(self) -> ImportRow | None:
        """The marked row, if something may be done to it now."""
        row = self._table.current
        if row is not None and row.stage is Stage.PROVING:
            self.notify("This row is being proven.", timeout=3)
        elif row is not None and row.stage is Stage.STORED:
            self.notify("This row is stored: change or delete it in the list of accounts.", timeout=5)
        else:
            return row
        return None

    def action_next_bad(self) -> None:
        self._mark_bad(self._table.marked + 1)

    def _mark_bad(self, start: int) -> None:
        rows = self._table.rows
        order = [*range(start, len(rows)), *range(min(start, len(rows)))]
        self._table.marked = next((index for index in order if rows[index].stage in NEEDS_ADMIN), self._table.marked)

    def action_edit(self) -> None:
        if row := self._current():
            problems = row.problems(self.migration)
            self.app.push_screen(EditRowScreen(self.service, self.migration, row.row, problems, self._correct))

    def action_drop(self) -> None:
        if (row := self._current()) and self._rows is not None:
            self._put([each for each in self._rows.list_rows if each.line != row.row.line])

    def _correct(self, changed: ListRow) -> None:
        if self._rows is not None:
            self._put(self._rows.list_rows, changed)

    @work(group="act")
    async def _put(self, rows: list[ListRow], changed: ListRow | None = None) -> None:
        """Take over a list that has changed: look again at what is wrong with it, and what is stored of it."""
        corrected = self.service.lists.corrected(self.migration, rows, changed)
        known = await aside(partial(self._known, corrected))
        if self._rows is not None:
            self._rows.put(corrected, known)
            self._show_rows()

    # Proving and storing

    def action_prove(self) -> None:
        self._prove(OPEN, "Nothing to prove: correct what is bad, or press r on a row that was refused.")

    def action_retry(self) -> None:
        if (row := self._current()) and self._rows is not None and not row.row.mistakes:
            self._begin({row.row.line: row.spec})

    def _prove(self, stages: tuple[Stage, ...], otherwise: str) -> None:
        specs = self._rows.specs(stages) if self._rows is not None else {}
        if specs:
            self._begin(specs)
        else:
            self.notify(otherwise, timeout=5)

    def _begin(self, specs: dict[int, AccountSpec]) -> None:
        if self._rows is None:
            return
        if not self._provings:
            self._progress = Progress(0)
            self.query_one("#halted", Prose).say("")
        self._progress.total += len(specs)
        self._rows.set_stage(specs, Stage.PROVING)
        self._provings.append(self.service.logins.prove_new(self.migration, specs, self._told, self._ended))
        self.say_blackout(self.migration)
        self._show_rows()

    def _told(self, proof: Proof) -> None:
        """Called from a thread."""
        self.post_message(ProofTold(proof))

    def _ended(self) -> None:
        """Called from a thread."""
        self.post_message(ProvingEnded())

    def on_proof_told(self, message: ProofTold) -> None:
        self._progress.count(message.proof)
        if self._rows is not None:
            self._rows.told(message.proof)
            self._show_rows()

    def on_proving_ended(self) -> None:
        self._provings = [each for each in self._provings if not each.is_over]
        if self._provings or self._rows is None:
            return
        self._rows.not_tried()
        self._show_rows()
        if self._progress.halted:
            self.query_one("#halted", Prose).say(f"✖ Stopped: {self._progress.halted} Then v goes on.")

    def action_unproven(self) -> None:
        specs = self._rows.specs([*OPEN, Stage.REFUSED]) if self._rows is not None else {}
        if not specs:
            self.notify("Nothing to store: correct what is bad first.", timeout=5)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._store_unproven(specs)

        question = f"Store {plural(len(specs), 'account')} although their logins are not proven?"
        refused = len(self._rows.specs([Stage.REFUSED])) if self._rows is not None else 0
        among = f"{refused:,} of them were refused by a server. " if refused else ""
        consequence = f"{among}Whether a login works is seen when its account runs."
        self.app.push_screen(Ask(question, consequence, "store"), answered)

    @work(group="act")
    async def _store_unproven(self, specs: dict[int, AccountSpec]) -> None:
        try:
            await aside(partial(self.service.accounts.add_unproven, self.migration.id, list(specs.values())))
        except (MigrateError, OSError) as error:
            self.complain(error)
            return
        if self._rows is not None:
            self._rows.set_stage(specs, Stage.STORED)
            self._show_rows()
            self.notify(f"{plural(len(specs), 'account')} stored without proof", timeout=5)
