"""The form of a migration from POP: what is asked for follows the kind of mailbox, and comes back with it."""

from __future__ import annotations

import pytest

from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, field, fill, line, press, problem, screen, shows
from tui_migrate.model import AdminLogin, ImapServer, MigrationSpec, PopServer, Secret, Security
from tui_migrate.store import migrations

ADMIN = AdminLogin("root", Secret("shown-nowhere"), "separator:*")


@pytest.mark.usefixtures("engine")
async def test_a_form_for_pop(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        field(pilot, "source.protocol").control.focus()
        await press(pilot, "right")
        await compare_at_both_sizes(pilot, "migration-form-pop")


async def test_pop_says_what_it_cannot_carry_and_asks_for_no_folders(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, title="Pop", source__host="pop.old.example", destination__host="new.example")
        field(pilot, "source.protocol").control.focus()
        await press(pilot, "right")
        assert "● POP" in line(pilot, "Protocol")
        assert "▲ INBOX alone: POP has no folders, read state or sent mail" in screen(pilot)
        assert field(pilot, "source.port").text == "995"
        assert not field(pilot, "source.path_prefix").display
        assert not field(pilot, "excluded_folders").display
        assert field(pilot, "destination.path_prefix").display
        await press(pilot, "ctrl+s")
        await shows(pilot, "Pop: saved")
    assert service.migrations.get(4).migration.source == PopServer("pop.old.example", port=995)


async def test_pop_can_be_taken_back(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        field(pilot, "source.protocol").control.focus()
        await press(pilot, "right", "left")
        assert "INBOX alone" not in screen(pilot)
        assert field(pilot, "source.port").text == "993"
        assert field(pilot, "source.path_prefix").display


async def test_a_stored_pop_source_can_become_imap_and_pop_again(service: office.OfficeService) -> None:
    """What is not asked for is neither judged nor lost."""
    pop = PopServer("pop.old.example", admin=ADMIN, max_connections=4)
    with service.store.write() as connection:
        spec = MigrationSpec("Pop", pop, ImapServer("imap.new.example"), ("Junk",))
        number = migrations.create(connection, spec, service.store.vault)
    async with dashboard(service, "G", "e") as pilot:
        assert (field(pilot, "source.protocol").text, field(pilot, "source.port").text) == ("pop", "995")
        assert not field(pilot, "source.account_connections").display
        field(pilot, "source.protocol").control.focus()
        await press(pilot, "left")
        assert (field(pilot, "source.protocol").text, field(pilot, "source.port").text) == ("imap", "993")
        await fill(pilot, source__path_prefix="Mail/", source__account_connections="many")
        assert "whole number" in problem(pilot, "source.account_connections")
        field(pilot, "source.protocol").control.focus()
        await press(pilot, "right")
        assert field(pilot, "source.port").text == "995"
        await press(pilot, "ctrl+s")
        await shows(pilot, "Pop: saved")
    stored = service.migrations.get(number).migration
    assert (stored.source, stored.excluded_folders) == (pop, ("Junk",))
    async with dashboard(service, "G", "e") as pilot:
        field(pilot, "source.protocol").control.focus()
        await press(pilot, "left")
        field(pilot, "source.security").control.focus()
        await press(pilot, "right")
        assert field(pilot, "source.port").text == "143"
        await press(pilot, "ctrl+s")
        await shows(pilot, "Pop: saved")
    source = service.migrations.get(number).migration.source
    assert source == ImapServer("pop.old.example", security=Security.STARTTLS, admin=ADMIN, max_connections=4)
