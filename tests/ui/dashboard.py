"""The dashboard in a terminal that is not there: opened, driven by keys, read as text."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

import textual.app
import textual.pilot
from textual._context import visible_screen_stack
from textual.notifications import SeverityLevel
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tests.support.painting import paint
from tui_migrate.service import Service
from tui_migrate.ui.app import MigrateApp
from tui_migrate.ui.widgets.field import Field, TextEntry
from tui_migrate.ui.widgets.table import Table

SNAPSHOTS = Path(__file__).parent / "snapshots"
PATIENCE_SECONDS = 120.0
"""After so long, what has not come does not come."""
POLL_SECONDS = 0.02
SMALL, LARGE = (80, 24), (120, 40)


class Unhurried(MigrateApp):
    """What is said for some seconds is said for all of the test: how busy the machine is does not decide whether it is
    still there."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say it."""
        super().notify(message, title=title, severity=severity, timeout=PATIENCE_SECONDS, markup=markup)


@asynccontextmanager
async def dashboard(
    service: Service, *keys: str, size: tuple[int, int] = SMALL, ascii_only: bool = False
) -> AsyncIterator[Pilot[object]]:
    """The dashboard on this store, after these keys."""
    app = Unhurried(service, ascii_only=ascii_only)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        yield pilot


async def press(pilot: Pilot[object], *keys: str) -> None:
    """Press keys, each when the one before has had its effect; what is typed into a form, or moves the mark of a table,
    in one go."""
    waiting = deque(keys)
    while waiting:
        run = [waiting.popleft()]
        while waiting and _stays(pilot, run[-1]) and _stays(pilot, waiting[0]):
            run.append(waiting.popleft())
        await pilot.press(*run)
        await settle(pilot)


def _stays(pilot: Pilot[object], key: str) -> bool:
    """The key leads to no other screen from what has the focus."""
    focused = pilot.app.focused
    if isinstance(focused, Table):
        return key in ("j", "down", "up", "g", "G")
    in_form = focused is not None and isinstance(focused.parent, Field)
    return (in_form and key in _TO_FIELDS) or (isinstance(focused, Input | TextArea) and len(key) == 1)


_TO_FIELDS = {"tab", "shift+tab", "down", "up", "space", "backspace", *ascii_letters, *digits, *",.:-/"}


async def settle(pilot: Pilot[object]) -> None:
    """Until no thread reads the store and everything is painted."""
    await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))


async def unsaid(pilot: Pilot[object]) -> None:
    """What was said for some seconds is gone, with what it covered in sight."""
    pilot.app.clear_notifications()
    await settle(pilot)


async def until(pilot: Pilot[object], so: Callable[[], bool]) -> None:
    """Until it is so, and painted. Fails when it never is."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await at_rest(pilot)
        while not so():
            await asyncio.sleep(POLL_SECONDS)
            await at_rest(pilot)
        await at_rest(pilot)


async def at_rest(pilot: Pilot[object]) -> None:
    """Until each widget has dealt with what it was told, and all is painted.

    Pilot's own pause asks each widget to say so and then waits until the process computes little: which takes longer,
    and on a busy machine it may compute little at any time.
    """
    app = pilot.app
    while app._exception is None and not app._exit:
        await quiet()
        if app._resize_event or app._batch_count or any(map(_is_busy, (app, *app._registry))):
            await asyncio.sleep(POLL_SECONDS / 4)  # for what a thread brings, or a timer
        elif _has_to_paint(screen := app.screen):
            screen._on_timer_update()
        elif not paint(app):
            return


async def quiet(*seconds: float) -> None:
    """Until the event loop has nothing that it could do."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:  # type: ignore[attr-defined]
        await asyncio.sleep(0)


def _is_busy(pump: Any) -> bool:
    """It has a message, or deals with one."""
    queue = pump._message_queue
    waits = queue.empty() and queue.ready_event._waiters
    return bool(pump._running and not pump._closed and not waits)


def _has_to_paint(shown: Screen[object]) -> bool:
    layout = shown._layout_required or shown._scroll_required or shown._recompose_required
    return bool(layout or shown._repaint_required or shown._dirty_widgets or shown._callbacks)


textual.app.wait_for_idle = textual.pilot.wait_for_idle = quiet  # type: ignore[assignment,attr-defined]


async def shows(pilot: Pilot[object], text: str) -> None:
    """Until the screen shows `text`."""
    try:
        await until(pilot, lambda: text in screen(pilot))
    except TimeoutError:
        raise AssertionError(f"{text!r} is never shown:\n{screen(pilot)}") from None


def screen(pilot: Pilot[object]) -> str:
    """What an admin reads now."""
    visible_screen_stack.set(list(pilot.app._background_screens))  # what shows behind a question
    return "\n".join(strip.text.rstrip() for strip in pilot.app.screen._compositor.render_strips())


def line(pilot: Pilot[object], part: str) -> str:
    """The one line of the screen that has this in it."""
    (found,) = [each for each in screen(pilot).splitlines() if part in each]
    return found


def compare(pilot: Pilot[object], name: str) -> None:
    """What is on the screen is what was looked at and found good (UPDATE_SNAPSHOTS=1 keeps it: then look at it)."""
    width, height = pilot.app.size
    file = SNAPSHOTS / f"{name}-{width}x{height}.txt"
    now = screen(pilot) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8")
    assert now == file.read_text(encoding="utf-8")


async def compare_at_both_sizes(pilot: Pilot[object], name: str) -> None:
    """The same in the small terminal and in the large one, which it is from then on: to lay a form out for another
    size costs as much as opening it."""
    if pilot.app.size != SMALL:
        await resize(pilot, SMALL)
    compare(pilot, name)
    await resize(pilot, LARGE)
    compare(pilot, name)


async def resize(pilot: Pilot[object], size: tuple[int, int]) -> None:
    """Make the terminal larger or smaller."""
    await pilot.resize_terminal(*size)
    await settle(pilot)


def field(pilot: Pilot[object], name: str) -> Field:
    """The form's field of this name."""
    (found,) = [each for each in pilot.app.screen.query(Field) if each.called == name]
    return found


async def fill(pilot: Pilot[object], **texts: str) -> None:
    """Put texts into the fields, as by pasting, and leave each of them; `source__host` is `source.host`."""
    for name, text in texts.items():
        control = field(pilot, name.replace("__", ".")).control
        assert isinstance(control, TextEntry)
        control.focus()
        await settle(pilot)
        control.value = text
        await press(pilot, "tab")


def problem(pilot: Pilot[object], name: str) -> str:
    """What is said below the field."""
    return "".join(str(said.render()) for said in field(pilot, name).query(".problem") if said.display)


async def open_list(pilot: Pilot[object], path: Path) -> None:
    """From the list of accounts to the rows of the file."""
    await press(pilot, "i")
    pilot.app.screen.query_one(TextEntry).value = str(path)
    await press(pilot, "enter")
