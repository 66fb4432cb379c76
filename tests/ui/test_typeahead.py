"""Keys that are typed ahead reach the screen that they are meant for."""

from __future__ import annotations

from textual import events

from tests.ui import office
from tests.ui.dashboard import dashboard, field, settle, until
from tui_migrate.ui.screens.migration_form import MigrationFormScreen


async def test_keys_that_come_with_the_one_that_opens_the_form_are_typed_into_it(
    empty_service: office.OfficeService,
) -> None:
    """On the list that it opens from, some of these letters are commands."""
    async with dashboard(empty_service) as pilot:
        for key in ["n", *"Ghent x", "tab", "right", "down", *"old"]:
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert isinstance(pilot.app.screen, MigrationFormScreen)
        assert field(pilot, "title").text == "Ghent x"
        assert field(pilot, "source.protocol").text == "pop"
        assert field(pilot, "source.host").text == "old"


async def test_keys_that_lead_through_screens_lead_there(empty_service: office.OfficeService) -> None:
    async with dashboard(empty_service) as pilot:
        for key in ["question_mark", "escape", "n", *"Ghent"]:
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(pilot.app.screen, MigrationFormScreen))
        await settle(pilot)
        assert field(pilot, "title").text == "Ghent"
