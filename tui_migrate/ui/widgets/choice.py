"""One of a few words, on one line: `● TLS  ○ STARTTLS  ○ none`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_migrate.ui.commands import CHOOSE, CHOOSE_BEFORE
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.widgets.tones import TONE_CLASSES, segments


async def obey(widget: Widget, event: Key) -> None:
    """Carry out one of the widget's own keys at once.

    Else a key is looked up later, for whatever has the focus by then: of several keys that a stalled line delivers at
    once, a backspace would change the field behind the one that it was meant for.
    """
    for binding in Binding.make_bindings(widget.BINDINGS):
        if binding.key == event.key:
            event.stop()
            event.prevent_default()
            await widget.run_action(binding.action)
            return


_GAPS = ("  ", " ")
"""Between two words: the first with which all fit, else the last."""
_MORE = "… "
"""Stands for words that there is no room for."""


class Option(NamedTuple):
    """One of the words that can be chosen."""

    value: str
    word: str


class Choice(Widget, can_focus=True):
    """A choice that left, right and space change."""

    class Changed(Message):
        """Another word was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [CHOOSE, CHOOSE_BEFORE]
    COMPONENT_CLASSES: ClassVar[set[str]] = TONE_CLASSES
    DEFAULT_CSS = """
    Choice {
        height: 1;
        &:focus { background: $surface; text-style: bold; }
        &:focus:ansi { text-style: bold reverse; }
    }
    """

    def __init__(self, options: Sequence[Option]) -> None:
        super().__init__()
        self._all = self._options = options
        self._chosen = 0

    @property
    def value(self) -> str:
        """The word that is chosen."""
        return self._options[self._chosen].value

    @value.setter
    def value(self, value: str) -> None:
        self._chosen = next(index for index, option in enumerate(self._options) if option.value == value)
        self.refresh()

    def offer(self, values: Iterable[str]) -> None:
        """Offer these words alone, in this order. A chosen one that is not among them gives way to the first."""
        chosen, known = self.value, {option.value: option for option in self._all}
        self._options = [known[value] for value in values]
        self._chosen = next((index for index, option in enumerate(self._options) if option.value == chosen), 0)
        self.refresh()

    async def on_key(self, event: Key) -> None:
        await obey(self, event)

    def action_turn(self, step: int) -> None:
        chosen = (self._chosen + step) % len(self._options)
        if chosen != self._chosen:
            self._chosen = chosen
            self.refresh()
            self.post_message(self.Changed())

    def render_line(self, y: int) -> Strip:
        first, width, gap = self._first, self.size.width, self._gap
        cells = [Cell(_MORE)] if first else []
        for index, option in enumerate(self._options[first:], first):
            chosen = index == self._chosen
            tone = Tone.BUSY if chosen and self.has_focus else Tone.PLAIN
            cells.append(Cell(f"{'●' if chosen else '○'} {option.word}{gap}", tone))
        strip = Strip(segments(self, cells))
        if strip.cell_length - len(gap) <= width:
            return strip.adjust_cell_length(width, self.rich_style)
        more = Strip(segments(self, [Cell(_MORE)]))
        return Strip.join([strip.crop(0, width - len(_MORE)), more]).adjust_cell_length(width, self.rich_style)

    @property
    def _gap(self) -> str:
        words = sum(cell_len(f"○ {option.word}") for option in self._options)
        fitting = (gap for gap in _GAPS if words + len(gap) * (len(self._options) - 1) <= self.size.width)
        return next(fitting, _GAPS[-1])

    @property
    def _first(self) -> int:
        """The first word that is shown: from there the chosen one can be seen, and that there are more behind it."""
        gap = self._gap
        ends = [*accumulate(cell_len(f"○ {option.word}{gap}") for option in self._options)]
        if ends[-1] - len(gap) <= self.size.width:
            return 0
        room = self.size.width - len(_MORE)
        starts = (0, *(end - len(_MORE) for end in ends))  # the sign in front of them takes room, too
        return next(
            first for first, start in enumerate(starts) if first == self._chosen or ends[self._chosen] - start <= room
        )
