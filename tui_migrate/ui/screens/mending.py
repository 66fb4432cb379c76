"""What can be done about failures, the same on every screen that has some: retry, skip for good, write to files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from textual import on, work
from textual.message import Message
from textual.widget import Widget

from tui_migrate.errors import MailboxChanged, MigrateError
from tui_migrate.model import Failure, Scope
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.ask_path import AskPath
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.widgets.line import Line
from tui_migrate.ui.widgets.table import Table
from tui_migrate.ui.widgets.tones import words

S = TypeVar("S")

FOLDER = "./failed-messages"


class Written(Message):
    """Messages have been dealt with."""

    def __init__(self, number: int, of: int) -> None:
        super().__init__()
        self.number, self.of = number, of


class Mending(Room[S]):
    """A screen on which some failures are marked."""

    _writing = False
    _left = False

    @abstractmethod
    def chosen(self) -> Sequence[Failure]:
        """The failures that a command is about now; none before the first look."""

    @property
    def messages(self) -> list[Failure]:
        """The chosen failures that are messages: only these can be skipped or written."""
        return [each for each in self.chosen() if each.scope is Scope.MESSAGE and each.uid is not None]

    @property
    def replaced(self) -> list[Failure]:
        """The chosen failures that are folders which were replaced at the destination."""
        return [each for each in self.chosen() if each.kind == MailboxChanged.kind]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Commands for messages need one that is chosen, and so does that for replaced folders."""
        if action == "refill":
            return bool(self.replaced)
        return action not in ("skip", "write") or bool(self.messages)

    @on(Table.Marked)
    def _show_commands(self) -> None:
        self.refresh_bindings()

    def progress_line(self) -> Iterable[Widget]:
        """The widget for how far the writing is, where the body wants it; without a word it takes no room."""
        line = Line(id="progress")
        line.display = False
        yield line

    def on_unmount(self) -> None:
        self._left = True

    # Retry

    def action_retry(self) -> None:
        accounts = {each.account_id: each.account for each in self.chosen()}
        if accounts:
            who = next(iter(accounts.values())) if len(accounts) == 1 else plural(len(accounts), "account")
            self.act(partial(self.service.accounts.start, list(accounts)), f"{who}: tried again")

    # Fill again

    def action_refill(self) -> None:
        replaced = self.replaced
        number = plural(len(replaced), "folder")

        def answered(yes: bool | None) -> None:
            if yes:
                wish = partial(self.service.failures.refill, [each.id for each in replaced])
                self.act(wish, f"{number} filled again")

        consequence = (
            "All that is missing there at the destination is copied again, also what a user has deleted. The log says "
            "who agreed to that."
        )
        self.app.push_screen(Ask(f"Fill {number} again?", consequence, "fill again"), answered)

    # Skip

    def action_skip(self) -> None:
        messages = self.messages
        number = plural(len(messages), "message")

        def answered(yes: bool | None) -> None:
            if yes:
                self.act(partial(self.service.failures.skip, [each.id for each in messages]), f"{number} skipped")

        consequence = (
            "What is skipped is not copied, now or later, and counts as excluded. It stays at the source; the log says "
            "who skipped it."
        )
        self.app.push_screen(Ask(f"Skip {number} for good?", consequence, "skip"), answered)

    # Write

    def action_write(self) -> None:
        messages = self.messages
        if self._writing:
            self.notify("Messages are being written already; leaving the screen ends that.", timeout=3)
            return
        only = messages[0] if len(messages) == 1 else None

        def answered(path: Path | None) -> None:
            if path and only:
                self._write_one(only, path)
            elif path:
                self._write_all(messages, path)

        saves = self.service.messages
        if only:
            name = f"./{saves.file_name(only)}"
            ask = AskPath("Write the message, as it is at the source, to", name, saves.check_file)
        else:
            ask = AskPath(f"Write {plural(len(messages), 'message')} into the folder", FOLDER, saves.check_folder)
        self.app.push_screen(ask, answered)

    @work(group="write")
    async def _write_one(self, failure: Failure, path: Path) -> None:
        self._show_progress("◌ fetching the message from the source …")
        try:
            await aside(partial(self.service.messages.save, failure.id, path))
        except MigrateError as error:
            self.complain(error)
        else:
            self._say(f"Written to {path.absolute()}")
        finally:
            self._show_progress("")

    @work(group="write")
    async def _write_all(self, messages: Sequence[Failure], folder: Path) -> None:
        self._show_progress(f"◌ writing {plural(len(messages), 'message')} …")
        try:
            troubles = await aside(partial(self._save, messages, folder))
        except MigrateError as error:
            self.complain(error)
        else:
            if written := len(messages) - len(troubles):
                self._say(f"{plural(written, 'message')} written to {folder.absolute()}")
            if troubles:
                not_written = f"{plural(len(troubles), 'message')} not written. The first: {troubles[0].sentence}"
                self.notify(words(self, not_written), severity="error", markup=False, timeout=10)
        finally:
            self._show_progress("")

    def _save(self, messages: Sequence[Failure], folder: Path) -> list[MigrateError]:
        """Write, tell how far, and stop when nobody looks any more. Called in a thread."""
        troubles = []
        for number, (_, trouble) in enumerate(self.service.messages.save_each(messages, folder), 1):
            if trouble is not None:
                troubles.append(trouble)
            self.post_message(Written(number, len(messages)))
            if self._left:
                break
        return troubles

    def on_written(self, message: Written) -> None:
        if self._writing:
            self._show_progress(f"◌ {message.number:,} of {message.of:,} written; leaving the screen ends that")

    def _show_progress(self, text: str) -> None:
        self._writing = bool(text)
        if still_there(self) and not self._left:
            line = self.query_one("#progress", Line)
            line.display = self._writing
            line.show([Cell(text, Tone.BUSY)])

    def _say(self, done: str) -> None:
        self.notify(words(self, done), markup=False, timeout=5)
