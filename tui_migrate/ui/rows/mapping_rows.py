"""Folders as they will be: the rows of the two trees, and what there is to say of each. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui_migrate.service.folders import FolderMapping, FolderPreview
from tui_migrate.ui.format import Cell, Tone, count, plural
from tui_migrate.ui.states import Shown
from tui_migrate.ui.widgets.line import joined
from tui_migrate.ui.widgets.table import Column

EXCLUDED = Shown("–", "excluded", Tone.QUIET)
COLLISION = Shown("▲", "collision", Tone.CARE)
RULE = Shown("●", "your rule", Tone.BUSY)
RULE_FOR_ALL = Shown("●", "rule for all", Tone.BUSY, "for all")
FOLLOWS = Shown("→", "with its parent", Tone.PLAIN, "follows")
RENAMED = Shown("→", "renamed", Tone.PLAIN)
SPECIAL_USE = Shown("◇", "special use", Tone.GOOD)
NOTHING = Shown("", "", Tone.QUIET)

MARKS = {
    COLLISION: "another folder has the name: this one gets a number",
    RULE: "goes where you have said, of this account",
    RULE_FOR_ALL: "goes where you have said, of all accounts",
    FOLLOWS: "goes with the folder that it lies in",
    Shown(
        "◇", "special use", Tone.GOOD
    ): "meets the destination's folder for sent mail, drafts, trash, junk or archive",
    RENAMED: "gets another name there",
    EXCLUDED: "is not copied",
}
"""What each mark means, for the help."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source folder in its tree; outside of a tree under its whole path."""

    folder: FolderMapping
    in_tree: bool = True

    @property
    def name(self) -> str:
        """The folder's name as it stands in the list."""
        return _indented(self.folder.source) if self.in_tree else self.folder.source

    @property
    def place(self) -> str:
        """Where the folder goes, or what lies in it where it holds no mail; empty: nowhere, or nobody has said."""
        folder = self.folder
        rule = folder.decided.own_rule
        return (rule and folder.container and rule.target) or folder.goes.target

    def mark(self) -> Shown:
        """What is most to be known of the folder."""
        decided, goes = self.folder.decided, self.folder.goes
        if decided.stays:
            return EXCLUDED
        if goes.collision:
            return COLLISION
        if rule := decided.own_rule:
            return RULE if rule.account_id is not None else RULE_FOR_ALL
        if decided.role and goes.target and not goes.created:
            return replace(SPECIAL_USE, short=decided.role)
        if not goes.renamed:
            return NOTHING
        has_its_name = self.folder.source.rpartition("/")[2] == goes.target.rpartition("/")[2]
        return FOLLOWS if has_its_name else RENAMED

    def about(self) -> list[Cell]:
        """From where to where the folder goes, and how many messages."""
        folder = self.folder
        goes = "stays behind" if folder.decided.stays else f"→ {self.place}" if self.place else "holds folders only"
        mark = self.mark()
        shown = Cell("") if mark in (NOTHING, EXCLUDED) else mark.cell()
        number = Cell("" if folder.container else plural(folder.messages, "message"))
        new = Cell("new there" if folder.goes.created else "")
        return joined([Cell(f"{folder.source} {goes}"), shown, number, new])


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A destination folder in its tree, as it will be."""

    path: str
    gets: FolderMapping | None
    """What is copied into it."""
    is_there: bool
    in_tree: bool = True

    @property
    def name(self) -> str:
        """The folder's name as it stands in the list."""
        return _indented(self.path) if self.in_tree else self.path

    def origin(self, width: int) -> Cell:
        """Where the folder's mail comes from, when that is called otherwise."""
        return Cell(self.gets.source if self.gets and self.gets.source != self.path else "", Tone.QUIET)

    def state(self, width: int) -> Cell:
        """Whether the folder is to be made."""
        return Cell("" if self.is_there else "+ new", Tone.GOOD)

    def about(self) -> list[Cell]:
        """What the folder is and what it gets."""
        what = f"gets {self.gets.source}" if self.gets else "nothing is copied into it"
        return joined([Cell(self.path), Cell("is there already" if self.is_there else "will be made"), Cell(what)])


SOURCES: list[Column[SourceRow]] = [
    Column("Source folder", lambda row, _: Cell(row.name, Tone.QUIET if row.folder.decided.stays else Tone.PLAIN)),
    Column("Messages", lambda row, _: Cell("" if row.folder.container else count(row.folder.messages)), 8, right=True),
    Column("", lambda row, width: row.mark().cell(width) if row.mark() is not NOTHING else Cell(""), 11, wide=17),
]
PLACES: list[Column[PlaceRow]] = [
    Column("Destination folder", lambda row, _: Cell(row.name, Tone.PLAIN if row.gets else Tone.QUIET)),
    Column("From", PlaceRow.origin, 10, wide=20),
    Column("", PlaceRow.state, 5),
]


def source_rows(preview: FolderPreview, text: str) -> list[SourceRow]:
    """The source's folders; with a `text`, those that have it in their name, their place or their mark."""
    if not text.strip():
        return [SourceRow(folder) for folder in preview.folders]
    rows = [SourceRow(folder, in_tree=False) for folder in preview.folders]
    wanted = text.strip().casefold()
    return [
        row
        for row in rows
        if any(wanted in each.casefold() for each in (row.folder.source, row.folder.goes.target, row.mark().word))
    ]


def place_rows(preview: FolderPreview, shown: Sequence[SourceRow]) -> list[PlaceRow]:
    """The destination's tree; where only some source folders are shown, their places."""
    gets = {folder.goes.target: folder for folder in preview.folders if folder.goes.target}
    there = {*preview.there}
    if len(shown) < len(preview.folders):
        places = sorted({row.folder.goes.target for row in shown if row.folder.goes.target}, key=_order)
        return [PlaceRow(path, gets.get(path), path in there, in_tree=False) for path in places]
    paths = {parent for path in (*gets, *there) for parent in _with_parents(path)}
    exists = {parent for path in there for parent in _with_parents(path)}
    return [PlaceRow(path, gets.get(path), path in exists) for path in sorted(paths, key=_order)]


def summary(preview: FolderPreview) -> list[Cell]:
    """The whole mapping in numbers."""
    folders = [folder for folder in preview.folders if not folder.container]
    marks = [SourceRow(folder).mark() for folder in folders]
    excluded = sum(folder.messages for folder in folders if folder.decided.stays)
    cells = [Cell(plural(len(folders), "folder")), Cell(plural(sum(each.messages for each in folders), "message"))]
    if COLLISION in marks:
        cells.append(Cell(plural(marks.count(COLLISION), "collision"), COLLISION.tone))
    if EXCLUDED in marks:
        cells.append(Cell(f"{marks.count(EXCLUDED):,} excluded ({plural(excluded, 'message')})", Tone.CARE))
    new = sum(not row.is_there for row in place_rows(preview, source_rows(preview, "")))
    return joined([*cells, Cell(f"{new:,} new there" if new else "")])


def note(folder: FolderMapping) -> str:
    """What an admin should know of a mapping, in sentences; empty: nothing."""
    return " ".join(filter(None, [_why(folder), *(_copied(folder, folder.goes.target))]))


def before_change(folder: FolderMapping) -> str:
    """What a new place means for what lies in it, and for mail that is copied already."""
    before = folder.goes.copied_to
    copied = f"What was copied to {before} stays there, and the folder is copied anew to its new place."
    return "What lies in the folder goes with it. " + (copied if before else "")


def _why(folder: FolderMapping) -> str:
    rule, own, target = folder.decided.rule, folder.decided.own_rule, folder.goes.target
    if folder.decided.stays:
        if rule is None:
            return _VIEW if folder.decided.role in ("Flagged", "Important") else _AMONG_EXCLUDED
        where = f", with {rule.source}" if folder.decided.follows else ""
        return f"Stays behind by your rule for {_whose(folder)}{where}."
    if folder.goes.collision:
        return "Another folder has the name that it would have got, so it gets a number: enter gives it another place."
    if own and target and target != own.target and not _is_inbox(own.target):
        return f"Your rule says {own.target}; the destination cannot hold that name."
    if folder.container:
        return "Holds no mail itself; a place for it is one for all that lies in it."
    return f"Goes with {rule.source}, by your rule for {_whose(folder)}." if rule and folder.decided.follows else ""


_VIEW = "Stays behind: a view of mail that lies in other folders as well."
_AMONG_EXCLUDED = "Stays behind: it is among the excluded folders of the migration or the account."


def _whose(folder: FolderMapping) -> str:
    rule = folder.decided.rule
    return "all accounts" if rule is None or rule.account_id is None else "this account"


def _is_inbox(target: str | None) -> bool:
    return (target or "").upper().partition("/")[0] == "INBOX"


def _copied(folder: FolderMapping, target: str) -> Iterable[str]:
    if folder.goes.copied_to and folder.goes.copied_to != target:
        yield f"What was copied to {folder.goes.copied_to} stays there" + (
            f"; the next run copies the folder anew to {target}." if target else "."
        )


def _indented(path: str) -> str:
    *above, name = path.split("/")
    return "  " * len(above) + name


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _order(path: str) -> tuple[bool, list[tuple[str, str]]]:
    parts = path.split("/")
    return parts[0] != "INBOX", [(part.casefold(), part) for part in parts]
