"""Letting accounts start whatever their check has found, on every screen that has some."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

from textual import work

from tui_migrate.errors import MigrateError
from tui_migrate.model import Account, AccountLine
from tui_migrate.ui.format import plural
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.room import Room

S = TypeVar("S")


class Waiving(Room[S]):
    """A screen on which what holds accounts back can be waived."""

    def ask_waiver(self, accounts: Sequence[Account | AccountLine]) -> None:
        """Waive what holds accounts back, after a question."""
        if not accounts:
            return
        name = accounts[0].source_user if len(accounts) == 1 else plural(len(accounts), "account")

        def answered(yes: bool | None) -> None:
            if yes:
                self._waive([each.id for each in accounts], name)

        consequence = (
            "A refused login or a full mailbox then stops it while it is copied; what has arrived by then stays. The "
            "events say who has waived what."
        )
        self.app.push_screen(Ask(f"Let {name} start whatever the check has found?", consequence, "waive"), answered)

    @work(group="act")
    async def _waive(self, account_ids: list[int], name: str) -> None:
        try:
            found = await asyncio.to_thread(partial(self.service.checks.waive, account_ids))
        except MigrateError as error:
            self.complain(error)
            return
        said = f"{plural(len(found), 'account')} waived" if found else f"{name}: no check holds it back"
        self.notify(said, markup=False, timeout=3)
        self.refresh_now()
