"""A page of facts, each a label and a text of any length, that is read and scrolled with the keys of the tables."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui_migrate.ui.commands import MOVING
from tui_migrate.ui.widgets.tones import words


class Prose(Static):
    """A text as it is, whatever brackets it has, wrapped; a widget without a word takes no room."""

    def __init__(self, text: str = "", *, id: str | None = None, classes: str = "") -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._text = text

    def on_mount(self) -> None:
        self._say()

    def say(self, text: str) -> None:
        """Show this text from now on."""
        if text != self._text:
            self._text = text
            self._say()

    def _say(self) -> None:
        self.display = bool(self._text)
        self.update(Content(words(self, self._text)))


class Passage(Prose):
    """A text of several lines, as it is."""

    def _say(self) -> None:
        self.display = bool(self._text)
        self.update(Content("\n".join(words(self, line) for line in self._text.splitlines())))


class Fact(HorizontalGroup):
    """A label and what there is to say under it; without that, the label is not shown either."""

    DEFAULT_CSS = """
    Fact {
        & > .label { width: 20; padding: 0 1; color: $text-muted; }
        & > .text { width: 1fr; padding: 0 1 0 0; }
    }
    """

    def __init__(self, label: str, text: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._label = Prose(label, classes="label")
        self._text = Prose(text, classes="text")
        self.display = bool(text)

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._text

    def say(self, text: str) -> None:
        """Show this text from now on."""
        self._text.say(text)
        self.display = bool(text)


class Page(VerticalScroll):
    """A page that is scrolled by keys."""

    BINDINGS = MOVING

    def action_down(self) -> None:
        self.scroll_down(animate=False)

    def action_up(self) -> None:
        self.scroll_up(animate=False)

    def action_page_down(self) -> None:
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.scroll_page_up(animate=False)

    def action_top(self) -> None:
        self.scroll_home(animate=False)

    def action_bottom(self) -> None:
        self.scroll_end(animate=False)
