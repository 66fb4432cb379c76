"""Account lists: the CSV that says which mailbox goes where, as Excel, an export or a hand writes it.

Headings in any order and case, English or Dutch:

    Source, Password, Destination, Destination Password, Priority, Excluded Folders
    Bron,   Wachtwoord, Doel,      Doelwachtwoord,       Prioriteit, Uitgesloten mappen

The last three are optional. Excluded Folders holds several names or patterns with `|` between them; blanks around each
are dropped, so a name that begins or ends with a blank, or holds a `|`, goes into the plan's excluded_folders instead.
Cells may be quoted but hold no line breaks. Passwords are taken as they stand, blanks included. No cell's text is ever
part of a problem's text: in a row with one cell too few, any cell may be the password.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import AccountSpec, Secret

DEFAULT_PRIORITY = 5


class Column(StrEnum):
    """The columns of an account list, by their English headings."""

    SOURCE = "Source"
    PASSWORD = "Password"
    DESTINATION = "Destination"
    DESTINATION_PASSWORD = "Destination Password"
    PRIORITY = "Priority"
    EXCLUDED_FOLDERS = "Excluded Folders"


_COLUMNS = {column.casefold(): column for column in Column} | {
    "bron": Column.SOURCE,
    "wachtwoord": Column.PASSWORD,
    "doel": Column.DESTINATION,
    "doelwachtwoord": Column.DESTINATION_PASSWORD,
    "prioriteit": Column.PRIORITY,
    "uitgesloten mappen": Column.EXCLUDED_FOLDERS,
}
_SEP_LINE = re.compile(r'"?sep=(\t|[^\w\s"])"?', re.IGNORECASE)
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def load_accounts(path: Path, *, source_admin: bool = False, destination_admin: bool = False) -> list[AccountSpec]:
    """Read an account list. `source_admin`, `destination_admin`: that side has one login for all mailboxes.

    Raises: BadInput with every mistake of the file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput([Problem(path.name, f"cannot be read: {error.strerror}")]) from error
    return parse_accounts(data, path.name, source_admin=source_admin, destination_admin=destination_admin)


def parse_accounts(
    data: bytes, name: str, *, source_admin: bool = False, destination_admin: bool = False
) -> list[AccountSpec]:
    """Read an account list from the bytes of the file `name`; see `load_accounts`.

    Raises: BadInput with every mistake, each with the physical line on which its row starts.
    """
    problems: list[Problem] = []
    rows = _rows(_decode(data, name), name, problems)
    line, headings = next(rows, (0, []))
    if problems or not headings:
        raise BadInput(problems or [Problem(name, f"is empty; its first line must name {_wanted_headings()}")])
    columns = _read_headings(headings, f"{name} line {line}", source_admin, destination_admin, problems)

    accounts: list[AccountSpec] = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        mistakes = _shape_mistakes(cells, headings)
        if not mistakes:
            row = {column: cell for column, cell in zip(columns, cells, strict=True) if column}
            mistakes = _mistakes(row, source_admin, destination_admin)
            # Most servers fold the case of user names: Alice and alice would be one mailbox, copied twice.
            source = row[Column.SOURCE].strip().casefold()
            if source and (earlier := seen.setdefault(source, line)) != line:
                mistakes.append(f"the same source as line {earlier}")
            if not mistakes:
                accounts.append(_account(row, line))
        problems += (Problem(f"{name} line {line}", mistake) for mistake in mistakes)
    if not accounts and not problems:
        problems.append(Problem(name, "has headings but no accounts"))
    if problems:
        raise BadInput(problems)
    return accounts


def invisible_character(text: str) -> str:
    """The first control or format character, as `U+200B`, else nothing. Pasted into a name, it breaks every login."""
    return next((f"U+{ord(char):04X}" for char in text if unicodedata.category(char) in ("Cc", "Cf")), "")


def _decode(data: bytes, name: str) -> str:
    """The text of the file: by its byte order mark, else UTF-8, else Windows-1252."""
    marked = [encoding for bom, encoding in _BOMS.items() if data.startswith(bom)]
    for encoding in marked or ["utf-8", "cp1252"]:
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" not in text:
                return text
    raise BadInput([Problem(name, "is not a text file; in Excel, save it as CSV UTF-8")])


def _rows(text: str, name: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with the line on which it starts. Rows that cannot be read go to `problems`."""
    lines = list(io.StringIO(text, newline=""))
    first = 0
    if lines and (sep := _SEP_LINE.fullmatch(lines[0].rstrip("\r\n"))):
        first, delimiter = 1, sep[1]
    else:
        delimiter = _delimiter(next((line for line in lines if line.strip()), ""))
    # Strict, because the lenient reader quietly joins `"pass"word` to another password.
    reader = csv.reader(lines[first:], delimiter=delimiter, strict=True)
    while True:
        line = first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            sentence = "the quotation marks do not match; inside a quoted cell, each one is written twice"
            problems.append(Problem(f"{name} line {line}", sentence))
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _delimiter(heading_line: str) -> str:
    """The one of comma, semicolon and tab that shows most known headings."""
    return max(",;\t", key=lambda mark: sum(_normal(cell.strip(' "')) in _COLUMNS for cell in heading_line.split(mark)))


def _normal(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _wanted_headings() -> str:
    return f"{Column.SOURCE}, {Column.PASSWORD} and {Column.DESTINATION}"


def _read_headings(
    headings: list[str], place: str, source_admin: bool, destination_admin: bool, problems: list[Problem]
) -> list[Column | None]:
    """The column of each cell, None for unknown ones and those without a name.

    Raises: BadInput when a column is missing without which no row makes sense.
    """
    columns = [_COLUMNS.get(_normal(heading)) for heading in headings]
    known = {column for column in columns if column}
    if not known - {Column.PASSWORD}:
        # Probably the first account of a list without headings: quoting it could show its password.
        sentence = f"is no heading line: it must name {_wanted_headings()}, with comma, semicolon or tab between them"
        raise BadInput([Problem(place, sentence)])
    for heading, column in zip(headings, columns, strict=True):
        if column is None and heading.strip():
            near = get_close_matches(_normal(heading), _COLUMNS, 1)
            hint = f"did you mean {near[0].title()}?" if near else f"known are {', '.join(Column)}"
            problems.append(Problem(place, f"unknown heading {' '.join(heading.split())}; {hint}"))
    problems += (Problem(place, f"{column} is there twice") for column in Column if columns.count(column) > 1)

    required = {Column.SOURCE, Column.DESTINATION}
    if not source_admin:
        required.add(Column.PASSWORD)
    elif not destination_admin and Column.PASSWORD not in known:
        required.add(Column.DESTINATION_PASSWORD)
    if missing := [column for column in Column if column in required - known]:
        problems += (Problem(place, f"the heading {column} is missing") for column in missing)
        raise BadInput(problems)
    return columns


def _shape_mistakes(cells: list[str], headings: list[str]) -> list[str]:
    """Cells that do not fit the headings. Nothing is guessed: the cells behind a mistake may be in wrong columns."""
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


def _mistakes(row: dict[Column, str], source_admin: bool, destination_admin: bool) -> list[str]:
    """All that is wrong with one row, seen by itself."""
    mistakes = []
    for column in (Column.SOURCE, Column.DESTINATION):
        user = row[column].strip()
        if not user:
            mistakes.append(f"{column} is empty")
        if code := invisible_character(user):
            mistakes.append(f"{column} has an invisible character in it ({code})")
    password, destination_password = row.get(Column.PASSWORD, ""), row.get(Column.DESTINATION_PASSWORD, "")
    if not password and not source_admin:
        mistakes.append(f"{Column.PASSWORD} is empty")
    elif not password and not destination_password and not destination_admin:
        mistakes.append(f"{Column.DESTINATION_PASSWORD} is empty, and so is {Column.PASSWORD}")
    if not re.fullmatch("[1-9]?", row.get(Column.PRIORITY, "").strip()):
        mistakes.append(
            f"{Column.PRIORITY} must be a whole number from 1 (first) to 9, or empty for {DEFAULT_PRIORITY}"
        )
    return mistakes


def _account(row: dict[Column, str], line: int) -> AccountSpec:
    destination_password = row.get(Column.DESTINATION_PASSWORD, "")
    excluded = (entry.strip() for entry in row.get(Column.EXCLUDED_FOLDERS, "").split("|"))
    return AccountSpec(
        source_user=row[Column.SOURCE].strip(),
        source_password=Secret(row.get(Column.PASSWORD, "")),
        destination_user=row[Column.DESTINATION].strip(),
        destination_password=Secret(destination_password) if destination_password else None,
        priority=int(row.get(Column.PRIORITY, "").strip() or DEFAULT_PRIORITY),
        excluded_folders=tuple(entry for entry in excluded if entry),
        line=line,
    )
