"""One account, live: as it reads in both sizes, and what its keys do."""

from __future__ import annotations

import time

import pytest

from tests.ui import office
from tests.ui.dashboard import LARGE, SMALL, compare, dashboard, line, press, screen, settle, shows
from tui_migrate.model import AccountState, Counts
from tui_migrate.store import events

DAVE = ("enter", "j", "j", "j", "enter")
BOB = ("enter", "j", "enter")

pytestmark = pytest.mark.usefixtures("engine")


def add_folders(service: office.OfficeService) -> None:
    """Dave's folders, and what was done with him."""
    dave = next(each for each in service.accounts.listing(1) if each.source_user.startswith("dave"))
    office.add_folder(service, dave.id, ("INBOX", "INBOX"), Counts(8_000, 4_000), (3 * office.GB, office.GB))
    office.add_folder(service, dave.id, ("Gesendet", "Sent"), Counts(4_880, 630), (office.GB, 400 * office.MB))
    with service.store.write() as connection:
        for who, what in (("admin", "started dave@old.example"), ("engine", "dave@old.example: copying")):
            events.add(connection, who, what, migration_id=1, account_id=dave.id)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
async def test_an_account_that_copies(
    service: office.OfficeService, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as still:
        still.setattr(time, "time", lambda: office.NOW - 60)
        add_folders(service)
    async with dashboard(service, *DAVE, size=size) as pilot:
        compare(pilot, "account-copying")


async def test_one_list_at_a_time_where_there_is_no_room(service: office.OfficeService) -> None:
    add_folders(service)
    async with dashboard(service, *DAVE) as pilot:
        assert "▸1 Folders 2   2 Failures 0   3 Events 2" in screen(pilot)
        assert "Gesendet" in screen(pilot)
        await press(pilot, "tab")
        assert "No failures." in screen(pilot)
        assert "Gesendet" not in screen(pilot)
        await press(pilot, "tab")
        assert "▸3 Events" in screen(pilot)
        assert "engine     copying" in line(pilot, "▸ ")
        await press(pilot, "tab")
        assert "▸4 Passes 1" in screen(pilot)
        assert "not ended" in line(pilot, "▸ ")
        await press(pilot, "tab")
        assert "Gesendet" in screen(pilot)
        await press(pilot, "shift+tab")
        assert "▸4 Passes" in screen(pilot)
        await press(pilot, "1")
        assert "▸1 Folders" in screen(pilot)


async def test_all_lists_where_there_is_room(service: office.OfficeService) -> None:
    async with dashboard(service, *BOB, size=LARGE) as pilot:
        for text in ("1 Folders 4", "▸2 Failures 3", "3 Events 0", "Verzonden items", "NO [TOOBIG]"):
            assert text in screen(pilot)
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        assert "NO [TOOBIG]" in screen(pilot)
        assert "Verzonden items" not in screen(pilot)


async def test_the_failures_of_an_account_are_grouped_and_lead_to_each(service: office.OfficeService) -> None:
    async with dashboard(service, *BOB) as pilot:
        assert "message refused            2 NO [CANNOT] Message contains NUL" in line(pilot, "NO [CANNOT]")
        await press(pilot, "enter")
        assert "2 failures · 1 account" in screen(pilot)
        await press(pilot, "enter")
        assert "Projecten.日本" in screen(pilot)
        await press(pilot, "escape", "escape", "1", "enter")
        assert "Verzonden items" in screen(pilot), "a folder opens nothing"


async def test_failures_of_the_migration_and_events_of_the_account_are_a_key_away(
    service: office.OfficeService,
) -> None:
    async with dashboard(service, *BOB, "f") as pilot:
        assert "login refused" in screen(pilot)
        await press(pilot, "escape", "l")
        assert "bob@old.example › Events" in screen(pilot)


async def test_what_failed_is_tried_again_from_here(service: office.OfficeService) -> None:
    async with dashboard(service, *DAVE, "r") as pilot:
        await shows(pilot, "Nothing has failed here")
        await press(pilot, "escape", "g", "j", "enter", "r")
        await shows(pilot, "bob@old.example: tried again")
    assert service.engine.starts == 1


async def test_a_refused_login_is_corrected_from_here(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", *"jjjjjj", "enter", "e") as pilot:
        assert "grace@old.example" in screen(pilot)
        assert "^s" in screen(pilot)


async def test_the_top_line_says_of_whom_and_what(service: office.OfficeService) -> None:
    long = "anneliese.van.den.berghe@vestiging-antwerpen.old.example"
    office.add_migration(service, "Long", [long], ("old", "new"))
    async with dashboard(service, "G", "enter", "enter", "l") as pilot:
        top = screen(pilot).splitlines()[0]
        assert top.startswith(" anneliese.van.den.")
        assert "… › Events" in top
        await press(pilot, "escape")
        assert screen(pilot).startswith(" anneliese.van.den.berghe@")


async def test_numbers_and_lists_change_as_the_engine_writes(service: office.OfficeService) -> None:
    async with dashboard(service, *DAVE) as pilot:
        assert "12,880 listed = 4,630 copied + 8,250 to go" in screen(pilot)
        dave = next(each.id for each in service.accounts.listing(1) if each.source_user.startswith("dave"))
        octets = (4 * office.GB, 4 * office.GB)
        office.set_account(service, dave, AccountState.DONE, Counts(12_880, 12_000, 800, 80), octets)
        await shows(pilot, "12,880 listed = 12,000 copied + 800 already there + 80 excluded")
        assert "✔ done" in screen(pilot)


async def test_an_account_that_has_not_begun_says_nothing_of_time(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "G", "enter") as pilot:
        assert "No folders listed yet." in screen(pilot)
        assert "in this pass" not in screen(pilot)
        assert "throughput" not in screen(pilot)


async def test_a_paused_account_says_what_goes_on_with_it(service: office.OfficeService) -> None:
    async with dashboard(service, *DAVE[:-1], "p", "enter") as pilot:
        dave = next(each for each in service.accounts.listing(1) if each.source_user.startswith("dave"))
        office.set_account(service, dave.id, AccountState.PAUSED, dave.counts, (4 * office.GB, office.GB))
        await shows(pilot, "Paused by hand: s goes on with it")


async def test_nothing_is_said_of_mail_that_nobody_has_listed(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", *"jjjjjj", "enter") as pilot:
        assert "✖ failed" in screen(pilot)
        assert "listed =" not in screen(pilot)


async def test_what_has_no_failures_opens_none(service: office.OfficeService) -> None:
    async with dashboard(service, *DAVE, "2") as pilot:
        assert "enter open" not in screen(pilot)
    async with dashboard(service, *BOB) as pilot:
        assert "enter open" in screen(pilot)


async def test_in_ascii(service: office.OfficeService) -> None:
    async with dashboard(service, *DAVE, ascii_only=True) as pilot:
        assert screen(pilot).isascii()
        assert "peak" in screen(pilot)
