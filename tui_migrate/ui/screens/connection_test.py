"""Both servers of a form, tried as they are typed: what they show, what stands in the way, what to expect of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.widget import Widget

from tui_migrate.errors import BadInput, MigrateError
from tui_migrate.model import KINDS, Secret, Side
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.probing import findings
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Fact, Page, Prose


class ConnectionTestScreen(Room[None]):
    """Two tests at once; each shows what it found when it is done."""

    BINDINGS: ClassVar[list[BindingType]] = [commands.TEST_AGAIN, *commands.EVERYWHERE]

    def __init__(
        self,
        service: Service,
        texts: Mapping[str, str],
        passwords: Mapping[str, Secret],
        migration_id: int | None,
        labels: Mapping[str, str],
    ) -> None:
        """`labels`: what the fields are called in the form."""
        super().__init__(service)
        self._texts = texts
        self._passwords = passwords
        self._migration_id = migration_id
        self._labels = labels

    def path(self) -> list[str]:
        return [self._texts["title"].strip() or "New migration", "Connection test"]

    def body(self) -> Iterable[Widget]:
        yield Page(VerticalGroup(*(VerticalGroup(id=side, classes="server") for side in Side), id="servers"))

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""

    def on_mount(self) -> None:
        self.action_test()

    def action_test(self) -> None:
        for side in Side:
            self.run_worker(self._test(side), group=side, exclusive=True)

    async def _test(self, side: Side) -> None:
        await self._say(side, [("Connection", f"◌ asking {self._where(side) or 'nobody'} …")])
        try:
            ask = partial(self.service.servers.test_form, side, self._texts, self._passwords, self._migration_id)
            found = list(findings(side, await aside(ask), self.now()))
        except BadInput as bad:
            found = [
                ("Not tried", f"{self._labels.get(problem.place, problem.place)} {problem.text}")
                for problem in bad.problems
            ]
        except MigrateError as error:
            found = [("Not tried", error.sentence)]
        if still_there(self):
            await self._say(side, found)

    def _where(self, side: Side) -> str:
        """What must be said of a server: without it there is nobody to ask."""
        declared = KINDS[self._texts[f"{side}.protocol"]].settings()
        return " ".join(self._texts[f"{side}.{each.key}"].strip() for each in declared if each.required)

    async def _say(self, side: Side, found: Iterable[tuple[str, str]]) -> None:
        part = self.query_one(f"#{side}")
        with self.app.batch_update():
            await part.remove_children()
            await part.mount(Prose(side.capitalize(), classes="heading"), *(Fact(label, text) for label, text in found))
