"""Migrations and accounts in the palette: typed by name, opened at once."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.command import Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.markup import escape

from tui_migrate.errors import MigrateError
from tui_migrate.model import Account, Migration
from tui_migrate.service import Service
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.widgets.tones import words


class Places(Provider):
    """Finds migrations and accounts. It asks the store at each key; of thousands of accounts it takes a few."""

    async def search(self, query: str) -> Hits:
        """The migrations and accounts with `query` in their names."""
        room = self.screen
        if not isinstance(room, Room):
            return
        try:
            found = await asyncio.to_thread(room.service.migrations.find, query)
        except MigrateError:  # the screen behind the palette says so
            return
        matcher = self.matcher(query)
        for migration, account in found:
            name = words(room, account.source_user if account else migration.title)
            about = words(room, f"Account of {migration.title}" if account else "Accounts of the migration")
            opened = partial(open_place, room, migration, account)
            # The matcher's own highlight, and the help, take brackets for markup.
            yield Hit(matcher.match(name) or _LEAST_SCORE, _marked(matcher, name), opened, help=escape(about))


def open_place(room: Room[object], migration: Migration, account: Account | None) -> None:
    """Open a place; going back leads here again."""
    from tui_migrate.ui.screens.account import AccountScreen
    from tui_migrate.ui.screens.accounts import AccountsScreen

    service: Service = room.service
    screen = AccountScreen(service, migration, account) if account else AccountsScreen(service, migration)
    room.app.push_screen(screen)


def _marked(matcher: Matcher, name: str) -> Content:
    at = name.casefold().find(matcher.query.casefold())
    content = Content(name)
    return content if at < 0 else content.stylize(matcher.match_style, at, at + len(matcher.query))


_LEAST_SCORE = 0.01
"""Of what was found by the name of the destination's user, which is not shown."""
