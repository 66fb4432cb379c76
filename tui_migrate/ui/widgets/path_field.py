"""The path of a file, completed while it is typed as shells do; below it the choices there are, or what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.message import Message
from textual.widgets import Input

from tui_migrate.ui import commands
from tui_migrate.ui.paths import complete
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.field import TextEntry


class PathEntry(TextEntry):
    """The entry of a path, whose key for enter says what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        replace(commands.TAKE_PATH, action="submit"),
        *(each for each in Input.BINDINGS if not (isinstance(each, Binding) and each.key == "enter")),
    ]


class PathField(VerticalGroup):
    """A field for one path. Enter says that it is complete."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.COMPLETE, commands.FORM_HELP]
    DEFAULT_CSS = """
    PathField {
        & .label { width: 20; padding: 0 1; color: $text-muted; }
        & TextEntry { width: 1fr; margin: 0 1 0 0; }
        & .choices { padding: 0 1 0 20; color: $text-muted; max-height: 3; }
        & .problem { padding: 0 1 0 20; color: $text-error; text-style: bold; }
    }
    """

    class Given(Message):
        """A path was given."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, label: str, path: str = "") -> None:
        super().__init__()
        self._label = Prose(label, classes="label")
        self._entry = PathEntry()
        self._entry.value = path
        self._choices = Prose(classes="choices")
        self._problem = Prose(classes="problem")

    def compose(self) -> ComposeResult:
        with HorizontalGroup():
            yield self._label
            yield self._entry
        yield self._choices
        yield self._problem

    def complain(self, problem: str) -> None:
        """Say what is wrong; empty: nothing."""
        self._problem.say(f"✖ {problem}" if problem else "")

    @on(Input.Changed)
    def _begin_anew(self, event: Input.Changed) -> None:
        event.stop()
        self._choices.say("")
        self.complain("")

    def action_complete(self) -> None:
        """Completes the path as far as it is certain, and shows the names between which it is not."""
        with self._entry.prevent(Input.Changed):
            self._entry.value, choices = complete(self._entry.value)
        self._entry.cursor_position = len(self._entry.value)
        self._choices.say("   ".join(choices))

    @on(Input.Submitted)
    def _take(self) -> None:
        self.post_message(self.Given(Path(self._entry.value.strip()).expanduser()))
