"""The word that lets held mail to users go, on every screen on which a migration is meant."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from functools import partial
from typing import TypeVar

from textual import work

from tui_migrate.errors import MigrateError
from tui_migrate.model import Migration
from tui_migrate.ui.format import plural
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.widgets.tones import words

S = TypeVar("S")

OFF = "Mail to users is off for this migration; M turns it on."


class Releasing(Room[S]):
    """A screen on which a migration is meant."""

    @abstractmethod
    def meant(self) -> Migration | None:
        """The migration that is meant; None where there is none."""

    @work(group="ask")
    async def action_release_mails(self) -> None:
        migration = self.meant()
        if migration is None:
            return
        try:
            found = await asyncio.to_thread(self.service.notices.to_release, migration.id)
        except MigrateError as error:
            self.complain(error)
            return
        if found is None or not found:
            said = OFF if found is None else "No mail to a user is held."
            self.notify(words(self, said), markup=False, timeout=5)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.act(partial(self.service.notices.release, migration.id), f"{migration.title}: mails released")

        consequence = f"{plural(found, 'user')} will be told that the account is done. Mail cannot be called back."
        self.app.push_screen(Ask(f"Release the mails of {migration.title}?", consequence, "send"), answered)
