"""What every screen has: the line with the engine's state, the keys, and its own look into the store once a second.

A look reads one snapshot in a short thread; the screen then says what is new. A screen that nobody sees does not look.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Generic, NamedTuple, TypeVar

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.events import Resize, ScreenResume
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from tui_migrate.errors import MigrateError, NotFound
from tui_migrate.model import EngineStatus, Migration
from tui_migrate.service import Service
from tui_migrate.ui.aside import still_there
from tui_migrate.ui.format import Cell, Tone, fit
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.states import Pulse, Shown, engine_line, engine_trouble, pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.keys import Keys
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.tones import words

S = TypeVar("S")

LEAST_PLACE = 12
"""Cells of a place in the top line that is cut."""
PATH = Cell(" › ", Tone.QUIET)
FIRST = 500
"""Rows of a long list that a screen shows first, while the others are read."""


class EngineSeen(NamedTuple):
    """The engine as one look has found it."""

    status: EngineStatus
    missing: bool = False
    """None runs, and work waits for one."""
    trouble: str = ""
    """What is wrong with it, and what to do."""


class Room(Screen[None], Generic[S]):
    """A screen on a part of the store; `S` is the snapshot that it shows."""

    LOOK_SECONDS: ClassVar[float] = 1.0
    """Between two looks; more where a look takes long, so that looking never costs more than a tenth of a processor."""

    marks: ClassVar[Mapping[Shown, str]] = {}
    """Marks of this screen alone, with what they mean, for the help."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.engine = EngineStatus(running=False)
        """As it was at the last look."""
        self.engine_missing = False
        """None runs, and work waits for one."""
        self._timer: Timer | None = None
        self.partial = False
        """What is shown is the beginning of a long list: all of it is read at once."""
        self._blind = False
        """The last look failed: what is shown is older."""
        self._was_seen = False
        self._was_sized = False
        self._looked: EngineSeen | None = None
        """The engine at the last look."""

    def now(self) -> float:
        """The present time in epoch seconds."""
        return time.time()

    @property
    def is_seen(self) -> bool:
        """True while the screen is on the terminal. One that was left, or whose app ends, may have no widgets any more
        when a thread returns."""
        return self.app.is_running and self.is_active

    # What a screen brings

    @abstractmethod
    def path(self) -> list[str]:
        """Where one is, from the outside in, for the top line."""

    @abstractmethod
    def body(self) -> Iterable[Widget]:
        """The widgets between the top line and the keys."""

    @abstractmethod
    def look(self, engine: Pulse) -> S:
        """Read the store and make of it what is to be shown. Called in a thread. Raises MigrateError, OSError."""

    @abstractmethod
    def show(self, seen: S) -> None:
        """Show what a look has read."""

    # Looking

    def compose(self) -> ComposeResult:
        # The classes of its size before it has widgets: with them, each would be given all its styles a second time.
        (width, height), app = self.app.size, self.app
        for cells, breakpoints in ((width, app.HORIZONTAL_BREAKPOINTS), (height, app.VERTICAL_BREAKPOINTS)):
            _, name = max(each for each in breakpoints or () if each[0] <= cells)
            self.add_class(name)
        yield Line(id="top")
        yield Prose(id="trouble")
        yield from self.body()
        yield Keys()

    def on_screen_resume(self, event: ScreenResume) -> None:
        event.refresh_styles = self._was_seen  # a new screen has just been given all its styles
        self._was_seen = True
        self.refresh_now()

    def on_resize(self, event: Resize) -> None:
        """A new screen is told of the size in which it has just been laid out: it is not laid out a second time. In
        another size the lines have as many words as fit there: the top one at once, and the others by another look."""
        if not self._was_sized and event.size == self.size:
            event.prevent_default()
        else:
            self.call_after_refresh(self._fit)
        self._was_sized = True

    def _fit(self) -> None:
        if self._looked is not None and still_there(self) and not self._blind:
            self._show_engine(self._looked)
            self.refresh_now()

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.stop()

    @work(group="look", exclusive=True)
    async def refresh_now(self) -> None:
        """Look, show, and look again a little later."""
        if not self.is_seen:  # the timer struck just before it was left
            return
        began = time.monotonic()
        try:
            engine, seen = await asyncio.to_thread(self._look)
        except (MigrateError, OSError) as error:
            if self.is_seen:
                self._show_blindness(error)
        else:
            if self.is_seen:
                self._blind = False
                with self.app.batch_update():
                    self._show_engine(engine)
                    self.show(seen)
        if self._timer is not None:
            self._timer.stop()
        if self.is_seen:
            again = 0.01 if self.partial else max(self.LOOK_SECONDS, 10 * (time.monotonic() - began))
            self._timer = self.set_timer(again, self.refresh_now)

    def _show_blindness(self, error: MigrateError | OSError) -> None:
        """Say once why nothing new can be shown, and at the top for as long as it is so. What is gone is left."""
        if not self._blind:
            self.complain(error)
        self._blind = True
        self._show_top(Cell("✖ the store cannot be read", Tone.BAD))
        if isinstance(error, NotFound):
            self.dismiss()

    def _look(self) -> tuple[EngineSeen, S]:
        status, now = self.service.engine.status(), self.now()
        missing = not status.running and self.service.engine.is_missing()
        last_words = self.service.engine.trouble() if missing else ""
        trouble = engine_trouble(status, now, missing, last_words)
        return EngineSeen(status, missing, trouble), self.look(pulse(status, now))

    def _show_engine(self, engine: EngineSeen) -> None:
        self._looked, self.engine = engine, engine.status
        self._show_top(engine_line(engine.status, self.now(), self.size.width))
        self.query_one("#trouble", Prose).say(engine.trouble)
        if engine.missing != self.engine_missing:
            self.engine_missing = engine.missing
            self.refresh_bindings()

    def _show_top(self, engine: Cell) -> None:
        places = [Cell("tui-migrate", Tone.BUSY), *map(Cell, self.path())]
        while (over := sum(cell_len(each.text) + 3 for each in (*places, engine)) - self.size.width) > 0:
            room = cell_len(places[0].text) - over
            if len(places) == 1 or (len(places) == 2 and self.path()[1:] and room >= LEAST_PLACE):
                places[0] = Cell(fit(places[0].text, max(0, room)), places[0].tone)
                break
            places.pop(0)  # where one is says more than from where
        self.query_one("#top", Line).show(joined(places, PATH), [engine])

    # Acting

    def start_engine(self) -> None:
        """Start the engine that work waits for."""
        self.act(self.service.engine.start, "The engine is starting")

    @work(group="act")
    async def act(self, wish: Callable[[], object], done: str, seconds: float = 3) -> None:
        """Carry out a wish in a thread, say for some seconds that it is done, and look at once."""
        try:
            await asyncio.to_thread(wish)
        except (MigrateError, OSError) as error:
            self.complain(error)
        else:
            self.notify(words(self, done), markup=False, timeout=seconds)
            self.refresh_now()

    def complain(self, error: MigrateError | OSError) -> None:
        """Say what went wrong."""
        sentence = error.sentence if isinstance(error, MigrateError) else _system_words(error)
        self.notify(words(self, sentence), severity="error", markup=False, timeout=10)

    def say_blackout(self, migration: Migration) -> None:
        """Say that what was asked for by hand reaches into a blackout."""
        if said := self.service.logins.blackout(migration):
            self.notify(words(self, said), severity="warning", markup=False, timeout=8)

    @property
    def unsaved(self) -> str:
        """What leaving would lose, in a sentence; empty: nothing."""
        return ""

    def action_back(self) -> None:
        self.if_nothing_is_lost(self.dismiss)

    def if_nothing_is_lost(self, leave: Callable[[], object]) -> None:
        """Leave: at once, or after a yes where something would be lost."""
        if not self.unsaved:
            leave()
            return
        if isinstance(self.app.screen, Ask):  # it is being asked
            return

        def answered(yes: bool | None) -> None:
            if yes:
                leave()

        self.app.push_screen(Ask("Leave without saving?", self.unsaved, "leave"), answered)


def _system_words(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}"
