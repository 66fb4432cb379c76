"""Account lists: the CSV that says which mailbox goes where, as Excel, an export or a hand writes it.

Headings in any order and case, English or Dutch:

    Source, Password, Destination, Destination Password, Priority, Excluded Folders, Notify, Path
    Bron,   Wachtwoord, Doel,      Doelwachtwoord,       Prioriteit, Uitgesloten mappen, Berichten aan, Pad

The last five are optional, and a row may end before them. Excluded Folders holds several names or patterns with `|`
between them; blanks around each are dropped, so a name that begins or ends with a blank, or holds a `|`, stands in
quotation marks: "a|b" | "c ". Notify is the address at which the user is told that the move is done. Path says where a
mailbox lies in the source's folder, in place of the plan's pattern, where the source is a folder of files.
Cells may be quoted but hold no line breaks. Passwords are taken as they stand, blanks included. No cell's text is ever
part of a problem's text: in a row with one cell too few, any cell may be the password.

An account that is stored already keeps its passwords where Password is empty.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from tui_migrate.config.encoding import AMBIGUOUS, is_ambiguous, read_text
from tui_migrate.config.folders import names
from tui_migrate.config.table import invisible_character
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AccountSpec, Secret, Server
from tui_migrate.model.kinds.files import INSIDE, INSIDE_RULE

DEFAULT_PRIORITY = 5
FOLDER_MARK = "|"
"""Between folders in a cell."""


class Heading(StrEnum):
    """The columns of an account list, by their English headings."""

    SOURCE = "Source"
    PASSWORD = "Password"
    DESTINATION = "Destination"
    DESTINATION_PASSWORD = "Destination Password"
    PRIORITY = "Priority"
    EXCLUDED_FOLDERS = "Excluded Folders"
    NOTIFY = "Notify"
    PATH = "Path"


_COLUMNS = {column.casefold(): column for column in Heading} | {
    "bron": Heading.SOURCE,
    "wachtwoord": Heading.PASSWORD,
    "doel": Heading.DESTINATION,
    "doelwachtwoord": Heading.DESTINATION_PASSWORD,
    "prioriteit": Heading.PRIORITY,
    "uitgesloten mappen": Heading.EXCLUDED_FOLDERS,
    "berichten aan": Heading.NOTIFY,
    "pad": Heading.PATH,
}


@dataclass(frozen=True, slots=True)
class ListNeeds:
    """What a list has to say of each account."""

    source_password: bool = True
    """False: all mailboxes have one login, or none."""
    destination_password: bool = True
    path: bool = False
    """True: it may say where the mailbox lies."""

    @classmethod
    def of(cls, source: Server, destination: Server) -> ListNeeds:
        """For a move from here to there."""
        return cls(source.own_passwords, destination.own_passwords, source.own_paths)


ALL_PASSWORDS = ListNeeds()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a row, and the cell that it is in; None: the row as a whole."""

    column: Heading | None
    text: str
    is_double: bool = False
    """It is about another row too, and may be gone when that one changes."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of an account list, be it good or bad."""

    line: int
    """The physical line on which it starts."""
    spec: AccountSpec
    """As far as it could be read."""
    mistakes: tuple[Mistake, ...] = ()


_NOTHING: Mapping[str, AccountSpec] = {}
_UNREADABLE = "the quotation marks do not match; inside a quoted cell, each one is written twice"
_PRIORITY = re.compile("[1-9]?")
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_SEP_LINE = re.compile(r'"?sep=(\t|[^\w\s"])"?', re.IGNORECASE)
_TYPE_LINE = re.compile(r'"?#TYPE [^,;\t"]*"?')
"""What PowerShell's Export-Csv writes before the headings."""
_LAST = {None, Heading.DESTINATION_PASSWORD, Heading.PRIORITY, Heading.EXCLUDED_FOLDERS, Heading.NOTIFY, Heading.PATH}
"""Columns whose empty cells a spreadsheet may leave out at the end of a row."""


def load_accounts(path: Path, needs: ListNeeds = ALL_PASSWORDS) -> list[AccountSpec]:
    """Read an account list.

    Raises: BadInput with every mistake of the file.
    """
    return _specs(load_rows(path, needs), path.name)


def parse_accounts(
    data: bytes,
    name: str,
    needs: ListNeeds = ALL_PASSWORDS,
    *,
    encoding: str = "",
    stored: Mapping[str, AccountSpec] = _NOTHING,
) -> list[AccountSpec]:
    """Read an account list from the bytes of the file `name`; see `load_accounts`, and `load_rows` for `stored`.
    `encoding`: the one that the admin says it has; empty: to be recognised.

    Raises: BadInput with every mistake, each with the physical line on which its row starts.
    """
    return _specs(parse_rows(data, name, needs, encoding=encoding, stored=stored), name)


def load_rows(
    path: Path,
    needs: ListNeeds = ALL_PASSWORDS,
    *,
    encoding: str = "",
    stored: Mapping[str, AccountSpec] = _NOTHING,
) -> list[ListRow]:
    """Read an account list with its good and its bad rows. `stored`: what is known already, by source; its passwords
    are kept where a row has none. `encoding`: as in `parse_accounts`.

    Raises: BadInput when there is nothing that could be a row: no such file, no text, no headings, no accounts.
    """
    return parse_rows(read_list(path), path.name, needs, encoding=encoding, stored=stored)


def read_list(path: Path) -> bytes:
    """The octets of an account list. Raises: BadInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput([Problem(path.name, f"cannot be read: {error.strerror}")]) from error


def parse_rows(
    data: bytes,
    name: str,
    needs: ListNeeds = ALL_PASSWORDS,
    *,
    encoding: str = "",
    stored: Mapping[str, AccountSpec] = _NOTHING,
) -> list[ListRow]:
    """The rows of an account list from the bytes of the file `name`; see `load_rows` and `parse_accounts`."""
    problems: list[Problem] = []
    try:
        lines = _rows(read_text(data, encoding))
    except ValueError as error:
        raise BadInput([Problem(name, str(error))]) from None
    line, headings = next(lines, (0, []))
    if any(map(is_ambiguous, headings)):
        raise BadInput([Problem(f"{name} line {line}", AMBIGUOUS)])
    if not headings:
        sentence = _UNREADABLE if line else f"is empty; its first line must name {_wanted_headings()}"
        raise BadInput([Problem(f"{name} line {line}" if line else name, sentence)])
    columns = _read_headings(headings, f"{name} line {line}", needs, problems)
    rows = [_row(line, cells, columns, headings, needs, stored) for line, cells in lines]
    if problems:
        raise BadInput(problems + _problems(mark_doubles(rows), name))
    if not rows:
        raise BadInput([Problem(name, "has headings but no accounts")])
    return mark_doubles(rows)


def mark_doubles(rows: Sequence[ListRow]) -> list[ListRow]:
    """The rows, with a mistake in each whose source an earlier row has, and in no other for that reason."""
    # Most servers fold the case of user names: Alice and alice would be one mailbox, copied twice.
    first: dict[str, int] = {}
    marked = []
    for row in rows:
        mistakes = tuple(mistake for mistake in row.mistakes if not mistake.is_double)
        source = row.spec.source_user.casefold()
        if source and (earlier := first.setdefault(source, row.line)) != row.line:
            double = Mistake(Heading.SOURCE, f"the same source as line {earlier}", is_double=True)
            mistakes = (*mistakes, double)
        marked.append(row if mistakes == row.mistakes else replace(row, mistakes=mistakes))
    return marked


def check_account(spec: AccountSpec, needs: ListNeeds = ALL_PASSWORDS) -> list[Mistake]:
    """All that is wrong with one account, seen by itself, whoever typed it."""
    mistakes = []
    for column, user in ((Heading.SOURCE, spec.source_user), (Heading.DESTINATION, spec.destination_user)):
        if not user:
            mistakes.append(Mistake(column, f"{column} is empty"))
        if code := invisible_character(user):
            mistakes.append(Mistake(column, f"{column} has an invisible character in it ({code})"))
    if spec.notify and not _ADDRESS.fullmatch(spec.notify):
        mistakes.append(Mistake(Heading.NOTIFY, f"{Heading.NOTIFY} must be one mail address, or empty"))
    has_password = spec.source_password != Secret("")
    if not has_password and needs.source_password:
        mistakes.append(Mistake(Heading.PASSWORD, f"{Heading.PASSWORD} is empty"))
    elif not has_password and spec.destination_password is None and needs.destination_password:
        sentence = f"{Heading.DESTINATION_PASSWORD} is empty, and so is {Heading.PASSWORD}"
        mistakes.append(Mistake(Heading.DESTINATION_PASSWORD, sentence))
    if spec.path and not needs.path:
        mistakes.append(Mistake(Heading.PATH, f"{Heading.PATH} must be empty: the source is no folder of files"))
    elif spec.path and not re.fullmatch(INSIDE, spec.path):
        mistakes.append(Mistake(Heading.PATH, f"{Heading.PATH} {INSIDE_RULE}"))
    return mistakes


def _specs(rows: Sequence[ListRow], name: str) -> list[AccountSpec]:
    """The accounts of rows that are all good. Raises: BadInput."""
    if problems := _problems(rows, name):
        raise BadInput(problems)
    return [row.spec for row in rows]


def _problems(rows: Sequence[ListRow], name: str) -> list[Problem]:
    return [Problem(f"{name} line {row.line}", mistake.text) for row in rows for mistake in row.mistakes]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with the line on which it starts; without cells where it cannot be read."""
    lines = list(io.StringIO(text, newline=""))
    first = 0
    if lines and _TYPE_LINE.fullmatch(lines[0].rstrip("\r\n")):
        first = 1
    if lines and (sep := _SEP_LINE.fullmatch(lines[0].rstrip("\r\n"))):
        first, delimiter = 1, sep[1]
    else:
        delimiter = _delimiter(next((line for line in lines[first:] if line.strip()), ""))
    # Strict, because the lenient reader quietly joins `"pass"word` to another password.
    reader = csv.reader(lines[first:], delimiter=delimiter, strict=True)
    while True:
        line = first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, []
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _delimiter(heading_line: str) -> str:
    """The one of comma, semicolon and tab that shows most known headings."""
    return max(",;\t", key=lambda mark: sum(_normal(cell.strip(' "')) in _COLUMNS for cell in heading_line.split(mark)))


def _normal(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _wanted_headings() -> str:
    return f"{Heading.SOURCE}, {Heading.PASSWORD} and {Heading.DESTINATION}"


def _read_headings(headings: list[str], place: str, needs: ListNeeds, problems: list[Problem]) -> list[Heading | None]:
    """The column of each cell, None for unknown ones and those without a name.

    Raises: BadInput when a column is missing without which no row makes sense.
    """
    columns = [_COLUMNS.get(_normal(heading)) for heading in headings]
    known = {column for column in columns if column}
    if not known - {Heading.PASSWORD}:
        # Probably the first account of a list without headings: quoting it could show its password.
        sentence = f"is no heading line: it must name {_wanted_headings()}, with comma, semicolon or tab between them"
        raise BadInput([Problem(place, sentence)])
    for heading, column in zip(headings, columns, strict=True):
        if column is None and heading.strip():
            from difflib import get_close_matches

            near = get_close_matches(_normal(heading), _COLUMNS, 1)
            hint = f"did you mean {near[0].title()}?" if near else f"known are {', '.join(Heading)}"
            problems.append(Problem(place, f"unknown heading {' '.join(heading.split())}; {hint}"))
    problems += (Problem(place, f"{column} is there twice") for column in Heading if columns.count(column) > 1)

    required = {Heading.SOURCE, Heading.DESTINATION}
    if needs.source_password:
        required.add(Heading.PASSWORD)
    elif needs.destination_password and Heading.PASSWORD not in known:
        required.add(Heading.DESTINATION_PASSWORD)
    if missing := [column for column in Heading if column in required - known]:
        problems += (Problem(place, f"the heading {column} is missing") for column in missing)
        raise BadInput(problems)
    return columns


def _filled_up(cells: list[str], columns: list[Heading | None]) -> list[str]:
    """The row with the empty cells at its end that spreadsheets leave out, where none of them had to be filled in."""
    left_out = columns[len(cells) :] if cells else []
    return cells + [""] * len(left_out) if _LAST.issuperset(left_out) else cells


def _shape_mistakes(cells: list[str], headings: list[str]) -> list[str]:
    """Cells that do not fit the headings. Nothing is guessed: the cells behind a mistake may be in wrong columns."""
    if not cells:
        return [_UNREADABLE]
    if any(map(is_ambiguous, cells)):
        return [AMBIGUOUS]
    if len(cells) != len(headings):
        return [
            f"has {len(cells)} cells and the heading line {len(headings)}; "
            "a cell with a comma, semicolon or tab in it must be in quotation marks"
        ]
    # One forgotten quotation mark swallows the rows up to the next one, without an error, into one long cell.
    if any(re.search(r"[\r\n]", cell) for cell in cells):
        return ["has a line break inside a cell; is a quotation mark missing?"]
    if any(cell.strip() for cell, heading in zip(cells, headings, strict=True) if not heading.strip()):
        return ["has a cell in a column without heading"]
    return []


def _row(
    line: int,
    cells: list[str],
    columns: list[Heading | None],
    headings: list[str],
    needs: ListNeeds,
    stored: Mapping[str, AccountSpec],
) -> ListRow:
    cells = _filled_up(cells, columns)
    shape = _shape_mistakes(cells, headings)
    if shape:
        # Any cell may be the password: none of them is read, and none is shown.
        return ListRow(line, AccountSpec("", Secret(""), "", line=line), tuple(Mistake(None, text) for text in shape))
    row = {column: cell for column, cell in zip(columns, cells, strict=True) if column}
    spec = _with_passwords(_account(row, line), stored)
    mistakes = check_account(spec, needs)
    if not _PRIORITY.fullmatch(row.get(Heading.PRIORITY, "").strip()):
        sentence = f"{Heading.PRIORITY} must be a whole number from 1 (first) to 9, or empty for {DEFAULT_PRIORITY}"
        mistakes.append(Mistake(Heading.PRIORITY, sentence))
    return ListRow(line, spec, tuple(mistakes))


def _with_passwords(spec: AccountSpec, stored: Mapping[str, AccountSpec]) -> AccountSpec:
    known = stored.get(spec.source_user)
    if known is None or spec.source_password != Secret(""):
        return spec
    destination = spec.destination_password or known.destination_password
    return replace(spec, source_password=known.source_password, destination_password=destination)


def _account(row: dict[Heading, str], line: int) -> AccountSpec:
    destination_password = row.get(Heading.DESTINATION_PASSWORD, "")
    priority = row.get(Heading.PRIORITY, "").strip()
    return AccountSpec(
        source_user=row[Heading.SOURCE].strip(),
        source_password=Secret(row.get(Heading.PASSWORD, "")),
        destination_user=row[Heading.DESTINATION].strip(),
        destination_password=Secret(destination_password) if destination_password else None,
        priority=int(priority) if priority and _PRIORITY.fullmatch(priority) else DEFAULT_PRIORITY,
        excluded_folders=tuple(names(row.get(Heading.EXCLUDED_FOLDERS, ""), FOLDER_MARK)),
        line=line,
        notify=row.get(Heading.NOTIFY, "").strip(),
        path=row.get(Heading.PATH, "").strip(),
    )
