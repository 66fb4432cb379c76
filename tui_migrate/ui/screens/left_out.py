"""What an account counts as excluded, and why; and what is not as it was, and is no failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.model import Account, LeftOut, LeftOutMail, LeftOutMessages, Migration, Remark, TooLarge
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import UNKNOWN, Cell, Tone, count, moment, plural, size
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the store has read."""

    migration: Migration
    mail: LeftOutMail
    counted: int
    """Excluded by the account's numbers, which know of a folder before its turn comes."""
    remarks: list[Remark]


COLUMNS: list[Column[LeftOutMessages]] = [
    Column("Folder", lambda row, _: Cell(row.folder)),
    Column("Why", lambda row, _: Cell(row.reason), 10, wide=14),
    Column("Messages", lambda row, _: Cell(count(row.messages)), 8, right=True),
    Column("Size", lambda row, _: Cell(size(row.bytes)), 8, right=True),
]
LARGE_COLUMNS: list[Column[TooLarge]] = [
    Column("Too large, in folder", lambda row, _: Cell(row.folder)),
    Column("UID", lambda row, _: Cell(str(row.uid)), 10, right=True),
    Column("Size", lambda row, _: Cell(size(row.size)), 8, right=True),
    Column("Arrived", lambda row, _: Cell(moment(row.instant) if row.instant else UNKNOWN), 23),
]


REMARK_COLUMNS: list[Column[Remark]] = [
    Column("Not as it was", lambda row, _: Cell(row.kind), 22),
    Column("Folder", lambda row, _: Cell(row.folder), 16, wide=30),
    Column("What", lambda row, _: Cell(row.what)),
    Column("Messages", lambda row, _: Cell(count(row.messages) if row.messages else ""), 8, right=True),
]


class LeftOutScreen(Room[_Seen]):
    """Folders and reasons; below them the messages above the size limit, each of which somebody may miss; and flags,
    dates and names that are not what they were."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.NEXT_LIST, *commands.EVERYWHERE]

    def __init__(self, service: Service, migration: Migration, account: Account) -> None:
        super().__init__(service)
        self.migration = migration
        self.account = account

    def path(self) -> list[str]:
        return [self.migration.title, self.account.source_user, "Excluded, remarks"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="said")
        yield Prose(id="chosen")
        yield Table(COLUMNS, lambda row: (row.folder, row.reason), empty="Nothing by day or size.", id="reasons")
        yield Table(LARGE_COLUMNS, lambda row: (row.folder, row.uid), empty="", id="large")
        yield Table(REMARK_COLUMNS, lambda row: (row.folder, row.kind, row.what), empty="", id="remarks")

    def look(self, engine: Pulse) -> _Seen:
        migration = self.service.migrations.get(self.migration.id).migration
        counted = self.service.accounts.get(self.account.id).counts.excluded
        remarks = self.service.passes.remarks(account_id=self.account.id)
        return _Seen(migration, self.service.passes.left_out(self.account.id), counted, remarks)

    def show(self, seen: _Seen) -> None:
        mail = seen.mail
        self.query_one("#said", Line).show(summary(mail, seen.counted))
        self.query_one("#chosen", Prose).say(chosen(seen.migration))
        self.query_one("#reasons", Table).show(mail.selection)
        large = self.query_one("#large", Table)
        large.show(mail.too_large)
        large.display = bool(mail.too_large)
        remarks = self.query_one("#remarks", Table)
        remarks.show(seen.remarks)
        remarks.display = bool(seen.remarks)


def summary(mail: LeftOutMail, counted: int) -> list[Cell]:
    """How many messages count as excluded, and why."""
    reasons = dict.fromkeys([*map(str, LeftOut), *(row.reason for row in mail.selection)])
    by_reason = [(sum(row.messages for row in mail.selection if row.reason == reason), reason) for reason in reasons]
    numbers = [*by_reason, (mail.in_excluded_folders, "in excluded folders"), (mail.skipped, "skipped by you")]
    known = sum(number for number, _ in numbers)
    total = max(known, counted)
    numbers.append((total - known, "in folders whose turn comes"))
    cells = [Cell(f"{number:,} {what}") for number, what in numbers if number]
    return joined([Cell(f"{plural(total, 'message')} excluded", Tone.CARE if total else Tone.QUIET), *cells])


def chosen(migration: Migration) -> str:
    """What is copied, in words; the rest comes in the next pass when that is changed."""
    selection = migration.selection
    words = []
    if selection.since:
        words.append(f"from {selection.since} on")
    if selection.before:
        words.append(f"before {selection.before}")
    if selection.max_size:
        words.append(f"up to {size(selection.max_size)}")
    if not words:
        return "Mail of all days and sizes is copied."
    what = f"Copied is mail {', '.join(words)} (days in UTC)."
    return f"{what} Choose more in the migration's form: the next pass brings it."
