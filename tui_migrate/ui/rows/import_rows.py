"""The rows of an account list on their way into the store. Pure: what is known of each, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from tui_migrate.errors import MailError, Problem
from tui_migrate.model import AccountSpec, Migration, Secret
from tui_migrate.service.account_lists import Heading as Heading
from tui_migrate.service.account_lists import ListRow, Novelty
from tui_migrate.service.logins import Proof
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.proofs import answer, is_refused, login_problem
from tui_migrate.ui.widgets.table import Column


class Stage(Enum):
    """Where a row is: glyph, word, tone."""

    REFUSED = ("✖", "refused", Tone.BAD)
    BAD = ("✖", "bad", Tone.BAD)
    CHANGED = ("○", "changed", Tone.CARE)
    NEW = ("○", "new", Tone.PLAIN)
    PROVING = ("◌", "proving", Tone.BUSY)
    SAME = ("=", "unchanged", Tone.QUIET)
    STORED = ("✔", "stored", Tone.GOOD)

    @property
    def cell(self) -> Cell:
        """Glyph and word of the stage."""
        glyph, word, tone = self.value
        return Cell(f"{glyph} {word}", tone)

    @property
    def word(self) -> str:
        """The word of the stage, without its glyph."""
        return self.value[1]


OPEN = (Stage.NEW, Stage.CHANGED)
"""Good, and not proven yet."""
NEEDS_ADMIN = (Stage.BAD, Stage.REFUSED)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of a list and what is known of it."""

    row: ListRow
    stage: Stage
    open_stage: Stage
    """Where it is as long as nobody has tried it."""
    proof: Proof | None = None
    """What the servers said when it was last tried."""

    @property
    def spec(self) -> AccountSpec:
        """The account, as far as it could be read."""
        return self.row.spec

    def cell(self, heading: Heading, text: str, tone: Tone = Tone.PLAIN) -> Cell:
        """The text of a cell, marked when it is wrong."""
        if any(mistake.column in (heading, None) for mistake in self.row.mistakes):
            known = "" if heading is Heading.PRIORITY else text  # what is no number was not kept
            return Cell(f"✖ {known}".rstrip(), Tone.BAD)
        if heading is Heading.SOURCE and self._refused_by(source=True):
            return Cell(f"✖ {text}", Tone.BAD)
        if heading is Heading.DESTINATION and self._refused_by(source=False):
            return Cell(f"✖ {text}", Tone.BAD)
        return Cell(text, tone)

    def _refused_by(self, *, source: bool) -> bool:
        error = self.proof and (self.proof.source if source else self.proof.destination)
        return error is not None

    def password(self, heading: Heading) -> Cell:
        """Whether there is a password on this side."""
        secret = self.spec.source_password if heading is Heading.PASSWORD else self.spec.destination_password
        there = secret is not None and secret != Secret("")
        return self.cell(heading, "•••" if there else "", Tone.QUIET)

    def mistakes(self) -> str:
        """What is wrong with the row as it stands in the list, or why it could not be stored."""
        if self.row.mistakes:
            return f"Line {self.row.line}: {'; '.join(mistake.text for mistake in self.row.mistakes)}"
        return self.proof.trouble.sentence if self.proof and self.proof.trouble else ""

    def problems(self, migration: Migration) -> list[Problem]:
        """What is wrong with the row or was said to its logins, each at the field that it is about."""
        found = [Problem(mistake.column or Heading.SOURCE, mistake.text) for mistake in self.row.mistakes]
        if self.proof is not None:
            sides = (
                (Heading.PASSWORD, self.proof.source, migration.source),
                (Heading.DESTINATION_PASSWORD, self.proof.destination, migration.destination),
            )
            found += [
                login_problem(heading, error, has_password=server.own_passwords)
                for heading, error, server in sides
                if error is not None
            ]
        return found

    def answers(self) -> tuple[str, str]:
        """What source and destination said to the row's logins; nothing where they were accepted."""
        if self.proof is None:
            return "", ""
        return _answer("Source", self.proof.source), _answer("Destination", self.proof.destination)


def _answer(side: str, error: MailError | None) -> str:
    if error is None:
        return ""
    return f"{side}: {answer(error)}"


_PATH: Column[ImportRow] = Column(
    "Path", lambda row, _: row.cell(Heading.PATH, row.spec.path, Tone.QUIET), 20, least=60
)
_COLUMNS: list[Column[ImportRow]] = [
    Column("Line", lambda row, _: Cell(str(row.row.line), Tone.QUIET), 5, right=True),
    Column("Source", lambda row, _: row.cell(Heading.SOURCE, row.spec.source_user)),
    Column("Password", lambda row, _: row.password(Heading.PASSWORD), 8, least=60),
    Column("Destination", lambda row, _: row.cell(Heading.DESTINATION, row.spec.destination_user), least=40),
    Column("Its password", lambda row, _: row.password(Heading.DESTINATION_PASSWORD), 12, least=100),
    Column("Prio", lambda row, _: row.cell(Heading.PRIORITY, str(row.spec.priority), Tone.QUIET), 4, least=72),
    Column("Excluded", lambda row, _: Cell(", ".join(row.spec.excluded_folders), Tone.QUIET), 14, least=110),
    Column("Notify", lambda row, _: row.cell(Heading.NOTIFY, row.spec.notify, Tone.QUIET), 14, least=110),
    Column("State", lambda row, _: row.stage.cell, 11),
]


def columns(migration: Migration) -> list[Column[ImportRow]]:
    """What is shown of each row: of a source in files where a mailbox lies, and no password."""
    return [_PATH if migration.source.own_paths and each.label == "Password" else each for each in _COLUMNS]


class ImportRows:
    """All rows of a list, by line."""

    def __init__(self, rows: Iterable[ListRow], known: Mapping[str, Novelty]) -> None:
        self._rows: dict[int, ImportRow] = {}
        self.put(rows, known)

    def __iter__(self) -> Iterator[ImportRow]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, line: int) -> ImportRow:
        return self._rows[line]

    @property
    def list_rows(self) -> list[ListRow]:
        """The rows as the list has them."""
        return [each.row for each in self]

    def put(self, rows: Iterable[ListRow], known: Mapping[str, Novelty]) -> None:
        """What the list says now; `known`: what is stored of it. A row that is as it was keeps its stage."""
        before = self._rows
        self._rows = {
            row.line: earlier if (earlier := before.get(row.line)) and earlier.row == row else _fresh(row, known)
            for row in rows
        }

    def specs(self, stages: Sequence[Stage]) -> dict[int, AccountSpec]:
        """The accounts of rows in these stages, by line."""
        return {each.row.line: each.spec for each in self if each.stage in stages}

    def set_stage(self, lines: Iterable[int], stage: Stage) -> None:
        """Bring these rows to a stage."""
        for line in lines:
            self._rows[line] = replace(self._rows[line], stage=stage)

    def told(self, proof: Proof) -> None:
        """Take in what came of a row that was being proven."""
        if (row := self._rows.get(proof.key)) is None:
            return
        if is_refused(proof):
            self._rows[proof.key] = replace(row, stage=Stage.REFUSED, proof=proof)
        elif proof.errors:
            self._rows[proof.key] = replace(row, stage=row.open_stage, proof=None)
        else:
            self._rows[proof.key] = replace(row, stage=Stage.STORED, proof=proof)

    def not_tried(self) -> None:
        """Open the rows again that were in line: nobody proves any more."""
        for line in self.specs([Stage.PROVING]):
            self.set_stage([line], self._rows[line].open_stage)

    def counts(self) -> list[Cell]:
        """How many are in each stage, those that need the admin first."""
        numbers = dict.fromkeys(Stage, 0)
        for each in self:
            numbers[each.stage] += 1
        return [Cell(f"{number:,} {stage.word}", stage.value[2]) for stage, number in numbers.items() if number]


def _fresh(row: ListRow, known: Mapping[str, Novelty]) -> ImportRow:
    stages = {Novelty.NEW: Stage.NEW, Novelty.CHANGED: Stage.CHANGED, Novelty.SAME: Stage.SAME}
    stage = Stage.BAD if row.mistakes else stages[known.get(row.spec.source_user, Novelty.NEW)]
    return ImportRow(row, stage, stage)
