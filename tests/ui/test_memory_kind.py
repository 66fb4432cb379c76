"""A kind of mailbox that no screen has heard of, on every screen: it has no host, no port, and nobody logs in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.doubles.memory import LockedServer, MemoryServer
from tests.doubles.moving import work
from tests.doubles.places import PLACES, Fault, Moment, Place, raising
from tests.servers.mailbox import Mailbox
from tests.support.sample_mail import mixed
from tests.ui.dashboard import dashboard, field, fill, line, open_list, press, problem, screen, shows
from tests.ui.mailboxes import make_migration
from tests.ui.office import OfficeService
from tui_migrate.errors import MessageRefused
from tui_migrate.model import AccountSpec, ImapServer, Migration, Secret
from tui_migrate.ui.widgets.field import TextEntry

pytestmark = pytest.mark.usefixtures("memory")

MAIL = mixed(40, 6, total=60_000)


def fill_places(*users: str) -> None:
    """Mail for each of them, and nothing where it goes."""
    for path in ("/old", "/new"):
        PLACES[path] = Place(*map(Mailbox, users))
    for mailbox in PLACES["/old"].mailboxes.values():
        mailbox.fill(MAIL)


def stored(service: OfficeService) -> Migration:
    (overview,) = service.migrations.listing()
    return overview.migration


async def test_its_form_asks_for_what_it_has_and_for_nothing_else(empty_service: OfficeService) -> None:
    async with dashboard(empty_service, "n") as pilot:
        await fill(pilot, title="Toys")
        for side in ("source", "destination"):
            field(pilot, f"{side}.protocol").control.focus()
            await press(pilot, *["left"] * 2)
            assert "● Memory" in screen(pilot)
            names = ("host", "port", "security", "ca_file", "path")
            assert {name for name in names if field(pilot, f"{side}.{name}").display} == {"path"}
            assert field(pilot, f"{side}.login").text == "none"
            assert not field(pilot, f"{side}.trial.password").display
        await fill(pilot, source__path="", destination__path="")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Not saved: 2 fields to correct.")
        assert problem(pilot, "source.path") == "✖ must not be empty"
        await fill(pilot, source__path="/old", destination__path="new")
        assert problem(pilot, "destination.path") == "✖ must begin with /"
        await fill(pilot, destination__path="/new")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Toys: saved")
    saved = stored(empty_service)
    assert (saved.source, saved.destination) == (MemoryServer("/old"), MemoryServer("/new"))


async def test_a_stored_one_can_become_another_kind_and_be_taken_back(empty_service: OfficeService) -> None:
    make_migration(empty_service, MemoryServer("/old", bytes_per_second=5_000_000), LockedServer("/new"))
    async with dashboard(empty_service, "e") as pilot:
        assert field(pilot, "source.path").text == "/old"
        assert field(pilot, "source.bytes_per_second").text == "5 MB"
        assert "● Memory" in screen(pilot)
        field(pilot, "source.protocol").control.focus()
        await press(pilot, *["right"] * 2)
        assert "● IMAP" in screen(pilot)
        assert field(pilot, "source.port").text == "993"
        field(pilot, "source.login").control.focus()
        await press(pilot, "right")
        assert field(pilot, "source.login").text == "admin"
        field(pilot, "source.protocol").control.focus()
        await press(pilot, *["left"] * 2)
        assert field(pilot, "source.login").text == "none"
        assert not field(pilot, "source.admin.user").display
        await fill(pilot, source__path="/older")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Test: saved")
    assert stored(empty_service).source == MemoryServer("/older", bytes_per_second=5_000_000)
    assert empty_service.logs.events()[0].what == "changed source path"
    async with dashboard(empty_service, "e") as pilot:
        field(pilot, "source.protocol").control.focus()
        await press(pilot, *["right"] * 2)
        await fill(pilot, source__host="imap.old.example")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Test: saved")
    assert stored(empty_service).source == ImapServer("imap.old.example", bytes_per_second=5_000_000)


async def test_a_look_at_it_says_what_it_has_to_say(empty_service: OfficeService) -> None:
    fill_places("ann")
    make_migration(empty_service, MemoryServer("/old"), LockedServer("/gone"))
    async with dashboard(empty_service, "e") as pilot:
        await fill(pilot, source__trial__user="ann")
        await press(pilot, "ctrl+t")
        await shows(pilot, "✔ reached /old")
        await shows(pilot, "✔ 40 messages")
        await shows(pilot, "✖ There is nothing under /gone.")
        assert "Encryption" not in screen(pilot)
        await press(pilot, "escape")
        await fill(pilot, destination__path="")
        await press(pilot, "ctrl+t")
        await shows(pilot, "Path must not be empty")


async def test_accounts_need_no_password_where_nobody_has_one(empty_service: OfficeService, tmp_path: Path) -> None:
    fill_places("ann", "bob")
    make_migration(empty_service, MemoryServer("/old"), MemoryServer("/new"))
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("Source,Destination\nann,ann\ncid,cid\n")
    async with dashboard(empty_service, "enter") as pilot:
        await open_list(pilot, accounts)
        await press(pilot, "v")
        await shows(pilot, "1 account proven, 1 refused")
        await press(pilot, "escape", "y")
        await press(pilot, "a", *"bob")
        assert "assword" not in screen(pilot)
        await press(pilot, "ctrl+s")
        await shows(pilot, "Both logins are accepted")
        assert "Archive/2020" in screen(pilot)
        await press(pilot, "ctrl+s")
        await shows(pilot, "bob: stored")
        await press(pilot, "a", *"dan", "ctrl+s")
        await shows(pilot, "dan is not let in. The server said: not known")
    assert [each.source_user for each in empty_service.accounts.listing(stored(empty_service).id)] == ["ann", "bob"]


async def before_the_start(service: OfficeService) -> None:
    """What is looked at before anything is copied."""
    async with dashboard(service, "enter", "c") as pilot:
        await shows(pilot, "1 fit · 40 messages")
        await press(pilot, "enter")
        assert "Every folder gets its own place" in line(pilot, "Folder names")
        await press(pilot, "escape", "escape", "m")
        await shows(pilot, "6 folders · 40 messages · 6 new there")


async def when_it_is_over(service: OfficeService, folder: Path) -> None:
    """One message has been refused."""
    async with dashboard(service) as pilot:
        assert "▲ failures" in line(pilot, "▸ Test")
        await press(pilot, "enter")
        assert "/old → /new" in screen(pilot)
        assert "▲ failures" in line(pilot, "▸ ann")
        await press(pilot, "f", "enter", "enter")
        assert "too large for /new" in line(pilot, "The server said")
        await press(pilot, "h")
        await shows(pilot, "Message-ID:")
        await press(pilot, *["escape"] * 4, "V")
        await shows(pilot, "✖ not the same · 1 missing")
        await press(pilot, "enter", "u")
        await shows(pilot, "report 31")
        await press(pilot, "escape", "escape", "x")
        pilot.app.screen.query_one(TextEntry).value = str(folder)
        await press(pilot, "enter")
        await shows(pilot, "Report written to")


def test_all_screens_from_the_check_to_the_report(empty_service: OfficeService, tmp_path: Path) -> None:
    fill_places("ann")
    migration = make_migration(empty_service, MemoryServer("/old"), MemoryServer("/new"))
    empty_service.accounts.add(migration.id, AccountSpec("ann", Secret(""), "ann"), proven=False)
    refused = raising(lambda: MessageRefused("Refused.", server_words="too large for /new"))
    PLACES["/new"].faults.append(Fault(Moment.STORE, refused, nth=7, folder="INBOX"))
    asyncio.run(before_the_start(empty_service))
    work(empty_service, migration.id)
    asyncio.run(when_it_is_over(empty_service, tmp_path / "report"))
    assert "/old" in (tmp_path / "report" / "1-Test.html").read_text(encoding="utf-8")
