"""A migration from a plan file: all that is wrong with it shown at once, or stored without being started."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import BadInput, MigrateError, Problem
from tui_migrate.service.plans import Plan
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside
from tui_migrate.ui.format import plural
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Page, Prose
from tui_migrate.ui.widgets.path_field import PathField
from tui_migrate.ui.widgets.tones import words

HELLO = (
    "A plan (TOML) as `tui-migrate run` takes it, or as X writes it. A migration of the same title is changed, after a "
    "question; an account that is stored already keeps its password where the list has none. Nothing is started."
)


class ImportPlanScreen(Room[None], inherit_bindings=False):
    """An import, from the path of the plan to the stored migration."""

    BINDINGS: ClassVar[list[BindingType]] = [*commands.MISTAKES, *commands.EVERYWHERE]

    def path(self) -> list[str]:
        return ["Import a plan"]

    def body(self) -> Iterable[Widget]:
        yield PathField("Plan file")
        yield Prose(HELLO, id="hello")
        page = Page(id="mistakes")
        page.can_focus = False  # the path is what one goes back to
        yield page

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to scroll where there are mistakes."""
        return action != "scroll" or any(page.children for page in self.query(Page))

    def action_scroll(self, pages: int) -> None:
        page = self.query_one(Page)
        (page.action_page_down if pages > 0 else page.action_page_up)()

    @on(PathField.Given)
    @work(group="read", exclusive=True)
    async def _read(self, event: PathField.Given) -> None:
        await self._show_mistakes([])
        try:
            plan = await aside(partial(self.service.plans.read, event.path))
            news = await aside(partial(self.service.plans.compare, plan))
        except BadInput as error:
            await self._show_mistakes(error.problems)
            return
        except MigrateError as error:
            self.complain(error)
            return
        if news is None:
            self._store(plan)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._store(plan)

        told = ", ".join(f"{number:,} {novelty}" for novelty, number in sorted(news.items()))
        consequence = f"Its settings become those of the plan. Accounts: {told}; those that it does not name stay."
        self.app.push_screen(Ask(f"Change {plan.migration.title} as the plan says?", consequence, "change"), answered)

    @work(group="store", exclusive=True)
    async def _store(self, plan: Plan) -> None:
        try:
            _, imported = await aside(partial(self.service.plans.save, plan))
        except MigrateError as error:
            self.complain(error)
            return
        added = f"{plural(len(imported.added), 'account')} added, {len(imported.changed):,} changed"
        self.notify(words(self, f"{plan.migration.title}: {added}. s starts it."), markup=False, timeout=5)
        if self.is_seen:
            self.dismiss()

    async def _show_mistakes(self, problems: Sequence[Problem]) -> None:
        """Show all mistakes, one below the other."""
        lines = [f"Nothing was stored. {len(problems):,} to correct:", *map(str, problems)] if problems else []
        self.query_one("#hello", Prose).display = not lines
        page = self.query_one(Page)
        await page.remove_children()
        await page.mount(*map(Prose, lines))
        page.scroll_home(animate=False)
        self.refresh_bindings()
