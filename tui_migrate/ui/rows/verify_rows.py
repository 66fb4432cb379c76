"""What a comparison of source and destination has come to, as rows and lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_migrate.errors import MigrateError, quoted
from tui_migrate.service.verifications import AccountReport, Aspect, BeingRead, FindingKind, FolderReport, Hidden, Sum
from tui_migrate.ui.format import UNKNOWN, Cell, Tone, count, plural, some
from tui_migrate.ui.states import Shown
from tui_migrate.ui.widgets.line import joined
from tui_migrate.ui.widgets.table import WIDE, Column

_NAMED = 10
"""UIDs that a line names."""

SAME = Shown("✔", "same", Tone.GOOD)
MORE = Shown("▲", "different", Tone.CARE)
LESS = Shown("✖", "missing", Tone.BAD)
MARKS = {
    SAME: "all of it is there as it is at the source, and nothing else",
    MORE: "all of it is there, but something differs or lies there besides",
    LESS: "something is missing, or could not be read",
}
"""What the mark of a folder means, for the help."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """One folder of an account; without a folder, the account itself, which could not be read to its end."""

    account: AccountReport
    folder: FolderReport | None
    deep: bool
    """Every byte was compared."""

    @property
    def key(self) -> tuple[int, str, str]:
        """What names the row."""
        folder = self.folder
        return self.account.account.id, folder.source if folder else "", folder.destination if folder else ""

    @property
    def error(self) -> MigrateError | None:
        """Why the folder could not be read."""
        return self.folder.error if self.folder else self.account.error or next(iter(self.account.doubts), None)

    @property
    def same(self) -> bool:
        """True when there is nothing to say of the folder."""
        return self.folder is not None and self.folder.same

    @property
    def is_told(self) -> bool:
        """True when the admin is to see the folder without asking."""
        return not self.same or (
            self.folder is not None and bool(self.folder.is_empty_extra or self.folder.listings.found_by)
        )

    def mark(self) -> Cell:
        """What has come of the folder, in one cell."""
        folder = self.folder
        if (
            folder is None
            or folder.error
            or folder.listings.absent
            or folder.listings.hidden
            or folder.listings.doubts
            or folder.sum.wrong[FindingKind.MISSING]
            or folder.sum.wrong[FindingKind.UNREAD]
        ):
            shown = LESS
        else:
            shown = SAME if folder.same and not folder.is_empty_extra else MORE
        return Cell(shown.glyph, shown.tone)

    def name(self) -> Cell:
        """The name of the source folder, or of the one that only the destination has."""
        if self.folder is None:
            return Cell("not read" if self.account.error else "in doubt", Tone.BAD)
        return Cell(self.folder.source or self.folder.destination)

    def about(self) -> list[Cell]:
        """All there is to say of the folder but the numbers."""
        cells = [Cell(self.account.account.source_user)]
        if folder := self.folder:
            names = dict.fromkeys(filter(None, (folder.source, folder.destination)))
            cells.append(Cell(" → ".join(names)))
            cells.append(Cell("" if folder.source else "only at the destination", Tone.CARE))
            cells.append(
                Cell(f"shown by {folder.listings.found_by} alone" if folder.listings.found_by else "", Tone.CARE)
            )
            cells.append(Cell("the folder is missing at the destination" if folder.listings.absent else "", Tone.BAD))
            wrong = folder.sum.wrong
            cells += [
                _some(folder.listings.unlisted, "not listed", Tone.BAD),
                _some(wrong[FindingKind.UNREAD], "not handed out", Tone.BAD),
                _some(wrong[Aspect.HEADER], "with other headers", Tone.CARE),
                _some(wrong[Aspect.UNTOLD], "not told", Tone.CARE),
                _some(wrong[Aspect.UNKEPT], "with flags that cannot be kept there", Tone.CARE),
                _some(folder.sum.left_out, "excluded as you wished"),
            ]
        return joined(cells)

    def reason(self) -> str:
        """Why the folder could not be read, in the server's words too."""
        if self.error is None:
            hidden = self.folder.listings.hidden if self.folder else ()
            doubts = (
                (*self.folder.listings.doubts, *(f"{each.words}{_named(each)}" for each in hidden))
                if self.folder
                else ()
            )
            return f"✖ {'; '.join(doubts)}" if doubts else ""
        return f"✖ {self.error.sentence} {quoted(self.error)}".rstrip()

    def excluded(self) -> str:
        """What was not compared of the account."""
        names = self.account.excluded
        said = f"excluded, so not compared: {', '.join(names)}" if names else ""
        return " ".join(filter(None, [*self.account.notes, said]))


def _some(number: int, what: str, tone: Tone = Tone.PLAIN) -> Cell:
    """A number; empty for none, of which there is nothing to say."""
    return Cell(f"{count(number)} {what}" if number else "", tone)


def _named(hidden: Hidden) -> str:
    return (
        f"; UID {', '.join(map(str, hidden.uids[:_NAMED]))}{' …' if len(hidden.uids) > _NAMED else ''}"
        if hidden.uids
        else ""
    )


def rows(reports: Sequence[AccountReport], *, deep: bool, everything: bool) -> list[FolderRow]:
    """Folders that are not the same first; the others too with `everything`."""
    found = [row for report in reports for row in _rows(report, deep) if everything or row.is_told]
    return sorted(found, key=lambda row: row.same)


def _rows(report: AccountReport, deep: bool) -> Iterator[FolderRow]:
    if report.error or report.doubts:
        yield FolderRow(report, None, deep)
    yield from (FolderRow(report, folder, deep) for folder in report.folders)


def total(reports: Sequence[AccountReport]) -> Sum:
    """The numbers of all accounts together."""
    return sum((report.sum for report in reports), Sum())


def progress(reports: Sequence[AccountReport], reading: Sequence[BeingRead], accounts: int) -> list[Cell]:
    """How far the comparison is."""
    numbers = total(reports)
    read = numbers.source + numbers.destination + sum(each.messages for each in reading)
    where = f"{reading[0].account} {reading[0].folder}".strip() if reading else ""
    known = Cell(f"◌ comparing {len(reports):,}/{plural(accounts, 'account')}", Tone.BUSY)
    return joined([known, Cell(f"{count(read)} messages read"), *_troubles(reports), Cell(where, Tone.QUIET)])


def verdict(reports: Sequence[AccountReport], accounts: int) -> list[Cell]:
    """What has come of the whole comparison."""
    if len(reports) == accounts and all(report.same for report in reports):
        numbers = total(reports)
        compared = f"{plural(accounts, 'account')}, {plural(numbers.source, 'message')}"
        return joined([Cell("✔ the same at both ends", Tone.GOOD), Cell(compared), *_noted(reports)])
    different = accounts - sum(report.same for report in reports)
    where = f" in {different:,} of {plural(accounts, 'account')}" if accounts > 1 else ""
    return joined([Cell(f"✖ not the same{where}", Tone.BAD), *_troubles(reports), *_noted(reports)])


def compared_by(reports: Sequence[AccountReport], *, deep: bool) -> list[Cell]:
    """By what all is the same; where it is not, the differences need the room."""
    how = "every byte" if deep else "headers, flags, dates, sizes"
    return [Cell(how, Tone.QUIET)] if all(report.same for report in reports) else []


def _noted(reports: Sequence[AccountReport]) -> list[Cell]:
    number = sum(len(report.notes) for report in reports)
    return [Cell(plural(number, "note"), Tone.CARE)] if number else []


def _troubles(reports: Sequence[AccountReport]) -> list[Cell]:
    numbers = total(reports)
    unread = sum(report.error is not None for report in reports)
    folders = sum(folder.error is not None for report in reports for folder in report.folders)
    absent = sum(folder.listings.absent for report in reports for folder in report.folders)
    told = (
        (unread, "accounts not read" if unread > 1 else "account not read", Tone.BAD),
        (folders, "folders not read" if folders > 1 else "folder not read", Tone.BAD),
        (absent, "folders missing" if absent > 1 else "folder missing", Tone.BAD),
        (sum(len(report.doubts) for report in reports), "in doubt", Tone.BAD),
        (numbers.wrong[FindingKind.MISSING], "missing", Tone.BAD),
        (sum(folder.listings.unlisted for report in reports for folder in report.folders), "not listed", Tone.BAD),
        (numbers.wrong[FindingKind.UNREAD], "not handed out", Tone.BAD),
        (numbers.wrong[FindingKind.DIFFERENT], "different", Tone.CARE),
        (numbers.wrong[FindingKind.EXTRA], "extra", Tone.CARE),
    )
    return [_some(number, what, tone) for number, what, tone in told if number]


def _number(row: FolderRow, what: FindingKind | Aspect, tone: Tone) -> Cell:
    return Cell(some(row.folder.sum.wrong[what]) if row.folder else "", tone)


def _held(row: FolderRow, name: str) -> Cell:
    """The number of messages at one end; not known of what could not be read."""
    if row.folder is None or row.folder.error or (name == "source" and not row.folder.source):
        return Cell(UNKNOWN, Tone.QUIET)
    return Cell(count(getattr(row.folder.sum, name)))


def folder_columns(*, accounts: bool) -> list[Column[FolderRow]]:
    """The columns of folders. `accounts`: say of which account, where there are several."""
    who: Column[FolderRow] = Column("Account", lambda row, _: Cell(row.account.account.source_user))
    return [
        Column("", lambda row, _: row.mark(), 1),
        *([who] if accounts else []),
        Column("Folder", lambda row, _: row.name()),
        Column(
            "Destination", lambda row, _: Cell(row.folder.destination if row.folder else "", Tone.QUIET), least=WIDE
        ),
        Column("Source", lambda row, _: _held(row, "source"), 6, right=True),
        Column("Dest.", lambda row, _: _held(row, "destination"), 6, right=True),
        Column("Missing", lambda row, _: _number(row, FindingKind.MISSING, Tone.BAD), 7, right=True),
        Column("Extra", lambda row, _: _number(row, FindingKind.EXTRA, Tone.CARE), 5, right=True),
        Column("Flags", _flags, 5, right=True),
        Column("Date", lambda row, _: _number(row, Aspect.DATE, Tone.CARE), 5, right=True),
        Column("Size", lambda row, _: _number(row, Aspect.SIZE, Tone.CARE), 5, right=True),
        Column("Bytes", _bytes, 5, right=True),
    ]


def _flags(row: FolderRow, width: int) -> Cell:
    numbers = row.folder.sum if row.folder else Sum()
    return Cell(some(max(numbers.wrong[Aspect.FLAGS], numbers.wrong[Aspect.UNKEPT])), Tone.CARE)


def _bytes(row: FolderRow, width: int) -> Cell:
    return _number(row, Aspect.BYTES, Tone.BAD) if row.deep else Cell(UNKNOWN, Tone.QUIET)
