"""The headers of a message that failed, as the source has them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import MigrateError, quoted
from tui_migrate.model import Failure
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Page, Prose


class HeadersScreen(Room[None]):
    """The header block, fetched once, when the screen is opened."""

    BINDINGS: ClassVar[list[BindingType]] = commands.EVERYWHERE

    def __init__(self, service: Service, failure: Failure) -> None:
        super().__init__(service)
        self.failure = failure

    def path(self) -> list[str]:
        return [self.failure.account, "Failure", "Headers"]

    def body(self) -> Iterable[Widget]:
        yield Page(Prose("◌ fetching the message from the source …", id="asking"), id="lines")

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""

    def on_mount(self) -> None:
        self._fetch()

    @work(group="fetch")
    async def _fetch(self) -> None:
        try:
            text = await aside(partial(self.service.messages.headers, self.failure.id))
            lines = text.splitlines() or ["The message has no headers."]
        except MigrateError as error:
            lines = [f"✖ {error.sentence}", *filter(None, [quoted(error)])]
        if still_there(self):
            page = self.query_one(Page)
            await page.remove_children()
            await page.mount(*(Prose(line) for line in lines))
