"""The servers of a mail domain, found by themselves, to choose one from. Nothing is sent a password by that."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui_migrate.errors import BadInput, MigrateError
from tui_migrate.model.discovery import Discovery, Found
from tui_migrate.model.servers import SECURITIES
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell, Tone
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.table import Column, Table

_CHOOSE = "Each was reached, and its certificate is good for its name. None was sent a password."
_NONE = "No server was found that can be used: type its name as the host."


def _server(found: Found, cells: int) -> Cell:
    security = SECURITIES.words[found.server.security]
    text = f"{found.server.host}:{found.server.port} {found.server.kind.label} {security}"
    return Cell(text, Tone.QUIET if found.refusal else Tone.PLAIN)


def _way(found: Found, cells: int) -> Cell:
    if found.refusal:
        return Cell("✖ cannot be used", Tone.CARE)
    return Cell(f"{found.way}; {found.preset.name}" if found.preset else found.way)


COLUMNS: list[Column[Found]] = [Column("Server", _server, 40, 54), Column("Found by", _way)]


class FindServer(ModalScreen[Found]):
    """Looks, and asks which it is to be. Gives None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.TAKE_SERVER, commands.LEAVE_IT]

    def __init__(self, where: str, look: Callable[[], Discovery]) -> None:
        """`where`: the domain or the address that was typed."""
        super().__init__()
        self._where = where
        self._look = look

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Prose(f"Servers of {self._where}", id="question")
            yield Prose("◌ asking DNS, autoconfig, and the servers themselves …", id="why")
            yield Table(COLUMNS, _key, empty="")
            yield Prose(id="said")
            yield Line(id="answers")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        keys = [Cell("enter take this one", Tone.QUIET), Cell("esc take none", Tone.QUIET)]
        self.query_one("#answers", Line).show(joined(keys))
        self.run_worker(self._find())

    async def _find(self) -> None:
        found: tuple[Found, ...] = ()
        try:
            discovery = await aside(self._look)
        except BadInput as bad:
            why = "; ".join(f"{problem.place}: {problem.text}" for problem in bad.problems)
        except MigrateError as error:
            why = error.sentence
        else:
            why, found = " ".join([_CHOOSE if discovery.usable else _NONE, *discovery.unheard]), discovery.found
        if still_there(self):
            self.query_one("#why", Prose).say(why)
            self.query_one(Table).show(found)
            self._say()

    @property
    def _marked(self) -> Found | None:
        marked: Found | None = self.query_one(Table).current
        return marked

    @on(Table.Marked)
    def _say(self) -> None:
        """What is known of the marked one."""
        if (marked := self._marked) is not None:
            quirks = marked.preset.quirks if marked.preset else ()
            self.query_one("#said", Prose).say(" ".join([f"{marked.said_by}.", marked.refusal, *quirks]))

    def action_take(self) -> None:
        if (marked := self._marked) is not None and not marked.refusal:
            self.dismiss(marked)

    def action_no(self) -> None:
        self.dismiss(None)


def _key(found: Found) -> tuple[str, ...]:
    return found.server.kind_name, found.server.key, found.server.security
