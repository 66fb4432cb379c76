"""The audit trail on the screen: whose acts it shows, how far back, and what comes in while one reads."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, line, press, screen, shows, until
from tui_migrate.store.schema import event
from tui_migrate.ui.screens.events import EventsScreen, TrailFilter, parse
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.widgets.table import Table

MANY = 100_000
BOB = 2
DAY = [
    (-86_400.0, "admin", "imported plan.toml: accounts 18 added, 0 changed, 0 unchanged", 1, None),
    (-3_700.0, "admin", "started the migration", 1, None),
    (-3_000.0, "engine", "bob@old.example: done with failures. 18240 listed = 18100 copied + 137 excluded", 1, BOB),
    (-60.0, "engine", "carol@old.example: paused. The destination mailbox is full.", 1, 3),
    (-30.0, "petra", "started the migration", 3, None),
    (-10.0, "petra", "deleted the migration [Old] office", None, None),
]
"""Seconds before now, who, what, migration, account."""


def happen(
    service: office.OfficeService, events: list[tuple[float, str, str, int | None, int | None]], now: float = office.NOW
) -> None:
    with service.store.write() as connection:
        rows = [
            {"at": now + ago, "who": who, "what": what, "migration_id": migration, "account_id": account}
            for ago, who, what, migration, account in events
        ]
        connection.execute(insert(event), rows)


@pytest.fixture
def day(service: office.OfficeService, engine: None) -> office.OfficeService:
    happen(service, DAY)
    return service


async def test_screen(day: office.OfficeService) -> None:
    async with dashboard(day, "l", "j", "j") as pilot:
        await compare_at_both_sizes(pilot, "events")


async def test_of_a_migration_its_own_alone(day: office.OfficeService) -> None:
    async with dashboard(day, "enter", "l") as pilot:
        assert "Head office › Events" in screen(pilot)
        assert "carol@old.example: paused" in screen(pilot)
        assert "petra" not in screen(pilot)
        await press(pilot, "escape")
        await shows(pilot, "▸ alice@")


async def test_of_an_account_its_own_alone(day: office.OfficeService) -> None:
    async with dashboard(day, "enter", "j", "enter", "l") as pilot:
        assert "bob@old.example › Events" in screen(pilot)
        assert "1 event" in screen(pilot)
        assert "bob@old.example: done with failures" in screen(pilot)


@pytest.mark.parametrize(
    ("typed", "shown", "hidden"),
    [
        ("who:ENG", "carol@old.example: paused", "petra"),
        ("who:petra started", "started the migration", "deleted"),
        ("FULL", "carol@old.example: paused", "bob@old.example"),
        ("[old]", "deleted the migration [Old] office", "started"),
        ("100%", "No events.", "carol"),
    ],
)
async def test_a_filter_shows_some(day: office.OfficeService, typed: str, shown: str, hidden: str) -> None:
    async with dashboard(day, "l", "slash") as pilot:
        await pilot.press(*typed)
        await shows(pilot, shown)
        await press(pilot, "enter")
        table = "\n".join(screen(pilot).splitlines()[1:-1])
        assert hidden not in table
        await press(pilot, "escape")
        await shows(pilot, "imported plan.toml")
        assert "6 events" in screen(pilot)


async def test_walking_down_while_a_filter_is_being_read(
    day: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(day, "l", "slash") as pilot:
        monkeypatch.setattr(pilot.app.screen, "refresh_now", lambda: None)
        await press(pilot, *"full", "enter", "j", "j")
        assert "carol@old.example: paused" in line(pilot, "▸")
        monkeypatch.undo()
        pilot.app.screen.refresh_now()  # type: ignore[attr-defined]
        await shows(pilot, "1 event")


def test_a_filter_is_read_as_it_is_meant() -> None:
    assert parse("") == TrailFilter()
    assert parse("  quota   who:engine full ") == TrailFilter("engine", "quota full")
    assert parse("WHO:anna") == TrailFilter("anna", "")
    assert parse("somewho:anna") == TrailFilter("", "somewho:anna")


async def test_what_happens_now_comes_in_on_top(day: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "LOOK_SECONDS", 0.01)
    async with dashboard(day, "l") as pilot:
        assert "deleted the migration" in line(pilot, "▸")
        happen(day, [(0, "anna", "paused the migration", 1, None)])
        await shows(pilot, "7 events")
        assert "paused the migration" in line(pilot, "▸")
        await press(pilot, "j", "j")
        assert "started the migration" in line(pilot, "▸")
        happen(day, [(0, "anna", "started the migration", 2, None)])
        await shows(pilot, "8 events")
        assert "Test run" in line(pilot, "▸")


async def test_a_burst_that_does_not_fit_a_page_leaves_no_gap(
    day: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "LOOK_SECONDS", 0.01)
    async with dashboard(day, "l") as pilot:
        happen(day, [(0, "engine", f"burst {number}", 1, None) for number in range(500)])
        await shows(pilot, "burst 499")
        seen = rows(pilot.app.screen)
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == 1 + seen[0] - seen[-1]


async def test_a_hundred_thousand_are_read_as_one_comes_to_them(service: office.OfficeService) -> None:
    happen(service, [(0, "engine", f"event {number}", 1, None) for number in range(MANY)])
    async with dashboard(service, "l") as pilot:
        first = len(rows(pilot.app.screen))
        assert first < 1000
        assert "older ones follow" in screen(pilot)
        await press(pilot, "G")
        await until(pilot, lambda: len(rows(pilot.app.screen)) > first)
        await press(pilot, "slash", *"9999")
        await shows(pilot, "event 9999")


async def test_all_is_there_at_the_end(day: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    happen(day, [(0, "engine", f"event {number}", 1, None) for number in range(700)])
    async with dashboard(day, "l") as pilot:
        for _ in range(5):
            await press(pilot, "G")
        assert "706 events" in screen(pilot)
        assert "older ones" not in screen(pilot)
        assert "imported plan.toml" in line(pilot, "▸")


async def test_events_of_an_account_that_somebody_deleted_lead_back(day: office.OfficeService) -> None:
    async with dashboard(day, "enter", "j", "enter", "l") as pilot:
        day.accounts.delete([BOB])
        await shows(pilot, "▸ carol@")
        assert not isinstance(pilot.app.screen, EventsScreen)


def rows(shown: object) -> list[int]:
    """Ids of the events that the screen has read."""
    assert isinstance(shown, EventsScreen)
    return [each.id for each in shown.query_one(Table).rows]
