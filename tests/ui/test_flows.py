"""What keys do: to the screen, and to the store that the engine reads."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.ui import office
from tests.ui.dashboard import compare, dashboard, line, press, screen, shows, until
from tui_migrate.errors import StoreUnusable
from tui_migrate.model import AccountState, Counts, Wanted
from tui_migrate.ui.app import GOES_ON
from tui_migrate.ui.screens.migrations import MigrationsScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse


def wanted(service: office.OfficeService, title: str) -> Wanted:
    (found,) = [each.migration.wanted for each in service.migrations.listing() if each.migration.title == title]
    return found


def watch(monkeypatch: pytest.MonkeyPatch, room: Room[object], looks: list[Room[object]]) -> None:
    """Note in `looks` each time that this room reads the store."""
    look = room.look

    def noted(engine: Pulse) -> object:
        looks.append(room)
        return look(engine)

    monkeypatch.setattr(room, "look", noted)


async def test_a_migration_is_started_and_paused(service: office.OfficeService) -> None:
    async with dashboard(service, "j") as pilot:
        assert "□ not started" in line(pilot, "▸ Branch Ghent")
        await press(pilot, "s")
        await shows(pilot, "Branch Ghent: started")
        assert wanted(service, "Branch Ghent") is Wanted.RUN
        assert service.engine.starts == 1
        assert "▲ no engine" in line(pilot, "▸ Branch Ghent")
        await press(pilot, "p")
        await shows(pilot, "Branch Ghent: pausing")
        assert wanted(service, "Branch Ghent") is Wanted.PAUSE
        assert "‖ paused" in line(pilot, "▸ Branch Ghent")
        assert {event.who for event in service.logs.events()} == {"admin"}


@pytest.mark.usefixtures("engine")
async def test_an_account_that_copies_pauses_and_goes_on(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "j", "j", "j") as pilot:
        assert "▶ copying" in line(pilot, "▸ dave@old.example")
        await press(pilot, "p")
        await shows(pilot, "dave@old.example: pausing")
        assert "‖ pausing" in line(pilot, "▸ dave@old.example")
        assert "▶ copying" in line(pilot, "  erin@old.example")
        await press(pilot, "s")
        await shows(pilot, "dave@old.example: started")
        assert "▶ copying" in line(pilot, "▸ dave@old.example")


async def test_a_failed_account_is_tried_again(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", *"jjjjjj") as pilot:
        assert "✖ failed" in line(pilot, "▸ grace@")
        await press(pilot, "s")
        await shows(pilot, "grace@old.example: started")
        assert "○ waiting" in line(pilot, "▸ grace@")
        assert service.engine.starts == 1


async def test_all_accounts_pause_and_start(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "P") as pilot:
        await shows(pilot, "Head office: pausing")
        assert wanted(service, "Head office") is Wanted.PAUSE
        assert "‖ paused" in line(pilot, "dave@old.example")
        await press(pilot, "S")
        await shows(pilot, "Head office: started")
        assert wanted(service, "Head office") is Wanted.RUN
        assert service.engine.starts == 1


async def test_two_keys_lead_from_a_red_number_to_the_servers_words(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "enter") as pilot:
        assert "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)" in screen(pilot)
        assert "Raise the quota of the destination mailbox" in screen(pilot)


async def test_escape_leads_back_to_where_one_was(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "j", "enter", "enter") as pilot:
        assert "Message contains NUL characters" in screen(pilot)
        await press(pilot, "escape")
        assert "18,240 listed = 18,100 copied + 137 excluded + 3 failed" in screen(pilot)
        await press(pilot, "escape")
        assert "▸ bob@old.example" in screen(pilot)
        await press(pilot, "escape")
        assert "▸ Head office" in screen(pilot)
        await press(pilot, "escape")
        assert "▸ Head office" in screen(pilot)


async def test_progress_is_seen_as_the_engine_writes_it(service: office.OfficeService, engine: None) -> None:
    dave = next(account.id for account in service.accounts.listing(1) if account.source_user.startswith("dave"))
    async with dashboard(service, "enter") as pilot:
        assert "4,630/12.8k" in line(pilot, "dave@old.example")
        octets = (4 * office.GB, 4 * office.GB)
        office.set_account(service, dave, AccountState.DONE, Counts(12_880, 12_880), octets)
        await shows(pilot, "dave@old.example      ✔ done")
        assert "12.8k/12.8k ██████" in line(pilot, "dave@old.example")


async def test_without_an_engine_nothing_is_said_to_copy(service: office.OfficeService) -> None:
    async with dashboard(service) as pilot:
        assert "○ engine not running" in screen(pilot)
        assert "f5 starts one" in screen(pilot)
        assert "▲ no engine" in line(pilot, "Head office")
        assert "copying" not in screen(pilot)
        await press(pilot, "enter")
        assert "f5 starts one" in screen(pilot)
        assert "△ interrupted" in line(pilot, "dave@old.example")
        assert "MB/s" not in screen(pilot)


async def test_an_engine_that_went_silent_is_noticed(service: office.OfficeService, engine: None) -> None:
    async with dashboard(service, "enter") as pilot:
        assert "5.1 MB/s" in line(pilot, "dave@old.example")
        office.beat(service, office.NOW - 300, connections=12, rates=(85.2, 8.4 * office.MB))
        await shows(pilot, "▲ engine silent since 13:57")
        assert "MB/s" not in screen(pilot)


async def test_an_empty_store_says_what_comes_first(empty_service: office.OfficeService) -> None:
    async with dashboard(empty_service, *"spf", "enter") as pilot:
        compare(pilot, "empty")


async def test_what_the_service_cannot_do_is_said_in_words(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/data/log/engine.out")

    monkeypatch.setattr(service.engine, "ensure_running", refuse)
    async with dashboard(service, "s") as pilot:
        await shows(pilot, "No such file or directory:")
        await press(pilot, "s")
        assert "▸ Head office" in screen(pilot)


async def test_a_store_that_cannot_be_read_is_said_for_as_long_as_it_is_so(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "LOOK_SECONDS", 0.01)
    reads = service.migrations.listing

    def refuse() -> None:
        raise StoreUnusable("The store cannot be used: disk I/O error.")

    async with dashboard(service) as pilot:
        monkeypatch.setattr(service.migrations, "listing", refuse)
        await shows(pilot, "✖ the store cannot be read")
        await shows(pilot, "The store cannot be used: disk I/O")
        assert "▸ Head office" in screen(pilot)
        monkeypatch.setattr(service.migrations, "listing", reads)
        await shows(pilot, "engine not running")


async def test_a_migration_that_somebody_else_deleted_leads_back_home(service: office.OfficeService) -> None:
    async with dashboard(service, "j", "enter") as pilot:
        service.migrations.delete(2)
        await shows(pilot, "There is no migration 2.")
        await shows(pilot, "▸ Test run")
        assert isinstance(pilot.app.screen, MigrationsScreen)


async def test_a_failure_that_is_solved_meanwhile_stays_readable(service: office.OfficeService) -> None:
    async with dashboard(service, "f", "enter", "enter") as pilot:
        with service.store.write() as connection:
            connection.execute(text("DELETE FROM failure"))
        await shows(pilot, "This is no longer open")
        assert "Quota exceeded" in screen(pilot)


async def test_the_palette_does_what_the_keys_do(service: office.OfficeService) -> None:
    async with dashboard(service, "j", "ctrl+p", *"start") as pilot:
        await shows(pilot, "Start the migration or go on")
        await press(pilot, "enter")
        await shows(pilot, "Branch Ghent: started")
        assert wanted(service, "Branch Ghent") is Wanted.RUN


async def test_help_is_about_the_screen_that_one_comes_from(service: office.OfficeService) -> None:
    async with dashboard(service, "question_mark") as pilot:
        assert "The accounts of the migration" in screen(pilot)
        await press(pilot, "question_mark", "G")
        assert str(service.store.paths.database)[:50] in screen(pilot)
        await press(pilot, "escape", "enter", "question_mark")
        assert "Folders and failures of the account" in screen(pilot)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_who_leaves_is_told_that_the_engine_goes_on(
    service: office.OfficeService, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with dashboard(service, "enter") as pilot:
        await pilot.press(key)
    assert pilot.app.return_code == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said == GOES_ON


async def test_who_leaves_after_the_engine_is_told_nothing(
    service: office.OfficeService, capsys: pytest.CaptureFixture[str]
) -> None:
    with office.engine_at_work(service, rates=(85.2, 8.4 * office.MB)):
        async with dashboard(service) as pilot:
            await shows(pilot, "engine running")
            await press(pilot, "enter")
            service.store.paths.lock_file.unlink()
            await shows(pilot, "engine not running")
            await pilot.press("q")
    assert capsys.readouterr().err == ""


async def test_a_screen_that_nobody_sees_does_not_read_the_store(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "LOOK_SECONDS", 0.01)
    async with dashboard(service, "enter") as pilot:
        home, accounts = pilot.app.screen_stack
        assert isinstance(home, Room)
        assert isinstance(accounts, Room)
        looks: list[Room[object]] = []
        watch(monkeypatch, home, looks)
        watch(monkeypatch, accounts, looks)
        await until(pilot, lambda: looks.count(accounts) > 5)
        assert home not in looks
        await press(pilot, "escape")
        await until(pilot, lambda: looks.count(home) > 5)


async def test_no_secret_is_on_any_screen(service: office.OfficeService) -> None:
    async with dashboard(service) as pilot:
        for keys in (["enter"], ["enter"], ["escape", "f"], ["enter"], ["question_mark"]):
            await press(pilot, *keys)
            assert "shown-nowhere" not in screen(pilot)
