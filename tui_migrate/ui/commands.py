"""Every command of the user, declared once: its key, its word in the footer, its sentence in help and palette.

A screen lists the ones that it has in BINDINGS, and has a method `action_…` for each. Help and palette are made from
what is bound at the moment, so they cannot disagree with the keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from textual.binding import Binding, BindingType
from textual.screen import Screen


def _command(keys: str, action: str, word: str, sentence: str, *, footer: bool = True) -> Binding:
    """A binding with an id, by which help and palette know it from Textual's own."""
    shown = key_name(keys.partition(",")[0])
    return Binding(keys, action, word, show=footer, key_display=shown, tooltip=sentence, id=f"{action}.{word}")


def key_name(key: str) -> str:
    """A key as it is written on keyboards, in ASCII."""
    return {"question_mark": "?", "escape": "esc", "pagedown": "page down", "pageup": "page up"}.get(key, key)


QUIT = _command("q", "app.quit", "quit", "Leave the dashboard; the engine goes on")
HELP = _command("question_mark", "app.help", "help", "Keys of this screen, glyphs, and where the files lie")
BACK = _command("escape", "back", "back", "Back to the screen before")
PALETTE = _command("ctrl+p", "app.command_palette", "palette", "All commands of the screen, by name", footer=False)
EVERYWHERE: list[BindingType] = [BACK, HELP, PALETTE, replace(QUIT, show=False)]
"""What every screen below the first has. At home, quitting is in the footer."""

OPEN_MIGRATION = _command("enter", "open", "open", "The accounts of the migration")
START_MIGRATION = _command("s", "start", "start", "Start the migration or go on; failed and done accounts run again")
PAUSE_MIGRATION = _command("p", "pause", "pause", "Pause the migration; what is in flight is finished first")

OPEN_ACCOUNT = _command("enter", "open", "open", "Folders and failures of the account")
START_ACCOUNT = _command("s", "start", "start", "Start the account, go on with it, or try it again")
PAUSE_ACCOUNT = _command("p", "pause", "pause", "Pause the account; what is in flight is finished first")
START_ALL = _command("S", "start_all", "start all", "Start the whole migration or go on with it")
PAUSE_ALL = _command("P", "pause_all", "pause all", "Pause the whole migration")

FAILURES = _command("f", "failures", "failures", "All failures of the migration, in the server's words")
OPEN_FAILURE = _command("enter", "open", "open", "What failed, what the server said, and what can be done")
SWITCH = _command("tab,shift+tab", "app.focus_next", "other list", "From the one list on the screen to the other")

MOVING: list[BindingType] = [
    _command("down,j", "down", "down", "One line down", footer=False),
    _command("up,k", "up", "up", "One line up", footer=False),
    _command("pagedown", "page_down", "page down", "One screen down", footer=False),
    _command("pageup", "page_up", "page up", "One screen up", footer=False),
    _command("home,g", "top", "first", "To the first line", footer=False),
    _command("end,G", "bottom", "last", "To the last line", footer=False),
]


class Command(NamedTuple):
    """A command that can be given now."""

    word: str
    sentence: str
    keys: list[str]
    call: Callable[[], Awaitable[object]]
    moves: bool
    """It only moves about."""


def commands(screen: Screen[Any]) -> list[Command]:
    """What can be done on this screen now, each command once."""
    found: dict[str, Command] = {}
    for key, (node, binding, enabled, sentence) in screen.active_bindings.items():
        if binding.id is None or not enabled:
            continue
        if binding.id not in found:
            call = partial(screen.app.run_action, binding.action, node)
            moves = binding.id in {each.id for each in MOVING if isinstance(each, Binding)}
            found[binding.id] = Command(binding.description, sentence, [], call, moves)
        found[binding.id].keys.append(key_name(key))
    return sorted(found.values(), key=lambda command: command.moves)
