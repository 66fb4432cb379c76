"""A field of a form: what it is called, what was typed, and under it what is wrong with that."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.events import DescendantBlur, Key
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, TextArea

from tui_migrate.ui.commands import FIELD_BEFORE, NEXT_FIELD
from tui_migrate.ui.widgets.choice import Choice, obey
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.tones import words


class TextEntry(Input):
    """One line of text; a `secret` one shows how long it is, and no more."""

    # Not by `compact=True`, and valid from the start: Textual gives a class for either to a widget that has its styles
    # already, and then gives it all its styles once more.
    DEFAULT_CSS = """
    TextEntry { border: none !important; height: 1; padding: 0; }
    """

    def __init__(self, hint: str = "", *, secret: bool = False) -> None:
        super().__init__(placeholder=hint, password=secret, max_length=1000, classes="-valid")
        self.cursor_blink = False

    async def on_key(self, event: Key) -> None:
        await obey(self, event)

    def render_line(self, y: int) -> Strip:
        return _printable(self, super().render_line(y))


class Lines(TextArea):
    """A few lines of text. Tab leads out of it."""

    DEFAULT_CSS = """
    Lines { border: none !important; height: 3; padding: 0; background: $surface; }
    """

    def __init__(self, hint: str = "") -> None:
        super().__init__(placeholder=hint, show_line_numbers=False)
        self.cursor_blink = False

    def render_line(self, y: int) -> Strip:
        return _printable(self, super().render_line(y))


class Field(VerticalGroup):
    """A label, a control and a complaint. `name` is what the field is called where it is judged."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: a key that leads on must not queue behind the field that it leads out of, while what was typed
        # after it is handed to that field. A stalled line delivers many keys at once, a password among them.
        replace(NEXT_FIELD, key="tab", action="leave(1)", priority=True),
        replace(NEXT_FIELD, key="enter,down", action="step(1)", priority=True, show=False),
        replace(FIELD_BEFORE, key="shift+tab", action="leave(-1)", priority=True),
        replace(FIELD_BEFORE, key="up", action="step(-1)", priority=True, show=False),
    ]

    class Changed(Message):
        """Somebody has typed or chosen."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Left(Message):
        """Somebody has left the field."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    DEFAULT_CSS = """
    Field {
        color: $text-muted;
        & TextEntry, & Choice, & Lines { width: 1fr; margin: 0 1 0 20; }
        & Choice { color: $foreground; }
        & .note { padding: 0 1 0 20; color: $text-warning; }
        & .problem { padding: 0 1 0 20; color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, name: str, label: str, control: TextEntry | Lines | Choice, sentence: str = "") -> None:
        super().__init__(name=name)
        self.called = name
        self.label = label
        self.control = control
        self.sentence = sentence
        """What it is for; a `FieldHelp` shows it while the field has the focus."""
        self._note: Prose | None = None
        self._problem: Prose | None = None
        """Neither is there before it says something: a form of forty fields opens in less than half the time."""

    def compose(self) -> ComposeResult:
        if self.display:
            yield self.control
        if self._note is not None:
            yield self._note

    def ask(self, asked: bool) -> None:
        """Show the field or not. One that was never asked for has no control on the screen: it would cost as much as
        one that is seen."""
        self.display = asked
        if asked and self.is_mounted and not self.control.is_attached:
            self.mount(self.control, before=0)

    def render(self) -> Content:
        return Content(words(self, f" {self.label}"))

    @property
    def text(self) -> str:
        """What was typed or chosen."""
        return self.control.text if isinstance(self.control, Lines) else self.control.value

    @text.setter
    def text(self, text: str) -> None:
        """Put it there; nobody has typed it."""
        with self.control.prevent(Input.Changed, TextArea.Changed):
            if isinstance(self.control, Lines):
                self.control.text = text
            else:
                self.control.value = text

    def note(self, text: str) -> None:
        """Say what follows from what is chosen; empty: nothing."""
        if self._note is not None:
            self._note.say(f"▲ {text}" if text else "")
        elif text:
            self._note = Prose(f"▲ {text}", classes="note")
            if self.is_mounted:
                self.mount(self._note, after=self.control)

    def complain(self, problem: str) -> None:
        """Say what is wrong; empty: nothing."""
        if self._problem is not None:
            self._problem.say(f"✖ {problem}" if problem else "")
        elif problem:
            self._problem = Prose(f"✖ {problem}", classes="problem")
            self.mount(self._problem)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a field of several lines, up, down and enter move among them."""
        return action != "step" or not isinstance(self.control, Lines)

    def action_leave(self, step: int) -> None:
        if step > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    action_step = action_leave

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Choice.Changed)
    def _tell_of_change(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed(self))

    def on_resize(self) -> None:
        """What is said under the control that has the focus is kept in sight."""
        if self.has_focus_within:
            self.scroll_visible(animate=False)

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        self.post_message(self.Left(self))


def _printable(widget: Widget, strip: Strip) -> Strip:
    shown = [segment._replace(text=words(widget, segment.text)) for segment in strip]
    return Strip(shown).adjust_cell_length(strip.cell_length)
