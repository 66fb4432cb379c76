"""The messages of one folder that are not the same at both ends."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import MigrateError
from tui_migrate.model import Account
from tui_migrate.service import Service
from tui_migrate.service.verifications import Finding, FindingKind, FolderReport
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.rows.verify_messages import message_columns, message_words
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Table


class VerifyFolderScreen(Room[None]):
    """A folder as it was when it was compared."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.SUBJECTS, *commands.EVERYWHERE]

    def __init__(self, service: Service, account: Account, folder: FolderReport) -> None:
        super().__init__(service)
        self.account = account
        self.folder = folder
        self._subjects: dict[int, str] = {}
        self._asking = False

    def path(self) -> list[str]:
        return [self.account.source_user, "Verify mail", self.folder.source or self.folder.destination]

    def body(self) -> Iterable[Widget]:
        yield Line(id="said")
        yield Table(message_columns(self._subjects), _key, empty="")
        yield Prose(id="words")

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        numbers = self.folder.sum
        cells = [
            Cell(f"{number:,} {what}" if number else "", tone)
            for number, what, tone in (
                (numbers.wrong[FindingKind.MISSING], "missing", Tone.BAD),
                (numbers.wrong[FindingKind.DIFFERENT], "different", Tone.CARE),
                (numbers.wrong[FindingKind.EXTRA], "extra", Tone.CARE),
                (numbers.wrong[FindingKind.UNREAD], "not handed out", Tone.BAD),
            )
        ]
        held = f"{numbers.source:,} at the source, {numbers.destination:,} at the destination"
        asking = Cell("◌ reading the subjects …" if self._asking else "", Tone.BUSY)
        self.query_one("#said", Line).show(joined([*cells, Cell(held)]), [asking])
        self.query_one(Table).show(self.folder.findings)
        self._show_marked()

    @on(Table.Marked)
    def _show_marked(self) -> None:
        finding: Finding | None = self.query_one(Table).current
        self.query_one("#words", Prose).say(message_words(finding, self._subjects) if finding else "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Subjects are the source's."""
        return action != "subjects" or any(finding.source for finding in self.folder.findings)

    def action_subjects(self) -> None:
        if not self._asking:
            self._asking = True
            self.show(None)
            self._ask()

    @work(group="ask")
    async def _ask(self) -> None:
        try:
            self._subjects.update(await aside(partial(self.service.messages.subjects, self.account.id, self.folder)))
        except MigrateError as error:
            self.complain(error)
        self._asking = False
        if still_there(self):
            self.refresh_now()


def _key(finding: Finding) -> tuple[object, ...]:
    """What names a message, at either end."""
    return finding.kind, finding.source and finding.source.uid, finding.destination and finding.destination.uid
