"""The form of a migration: what follows what, what is wrong and where it is said, and that nothing typed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tests.servers.certificates import Certificates
from tests.support.servers import network
from tests.ui import office
from tests.ui.dashboard import (
    SMALL,
    compare_at_both_sizes,
    dashboard,
    field,
    fill,
    line,
    press,
    problem,
    screen,
    settle,
    shows,
)
from tui_migrate.model import AdminLogin, ImapServer, MigrationSpec, Secret, Security
from tui_migrate.store import migrations
from tui_migrate.ui.screens.migration_form import MigrationFormScreen
from tui_migrate.ui.screens.migrations import MigrationsScreen
from tui_migrate.ui.widgets.field import Field

ADMIN = AdminLogin("root", Secret("shown-nowhere"), "separator:*")


def titles(service: office.OfficeService) -> list[str]:
    return [each.migration.title for each in service.migrations.listing()]


def add_with_admin(service: office.OfficeService) -> int:
    spec = MigrationSpec(
        "With admin",
        ImapServer("imap.old.example", admin=ADMIN),
        ImapServer("imap.new.example", security=Security.STARTTLS, port=1143, path_prefix="INBOX."),
        ("Junk", "Smith, John"),
    )
    with service.store.write() as connection:
        return migrations.create(connection, spec, service.store.vault)


@pytest.mark.usefixtures("engine")
async def test_a_new_form(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await compare_at_both_sizes(pilot, "migration-form")


@pytest.mark.usefixtures("engine")
async def test_a_form_with_mistakes(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, title="Head office", source__host="imap.old.example:993", source__port="99999")
        field(pilot, "source.login").control.focus()
        await press(pilot, "right", "ctrl+s")
        await shows(pilot, "Not saved: 6 fields to correct.")
        await compare_at_both_sizes(pilot, "migration-form-mistakes")


@pytest.mark.usefixtures("engine")
async def test_a_form_that_edits(service: office.OfficeService) -> None:
    add_with_admin(service)
    async with dashboard(service, "G", "e") as pilot:
        await compare_at_both_sizes(pilot, "migration-form-edit")


async def test_the_field_with_the_focus_says_what_it_is_for(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        assert (
            shown_sentence(pilot)
            == "What you call the migration. Running a plan with the same title again goes on \
with the same migration."
        )
        await press(pilot, "tab")
        assert shown_sentence(pilot) == "How the mailboxes are reached, or what files they are."
        field(pilot, "destination.blackouts").control.focus()
        await settle(pilot)
        assert shown_sentence(pilot).startswith("When the server is left alone: weekdays,")
        await pilot.resize_terminal(80, 14)
        await settle(pilot)
        assert "left alone" not in screen(pilot)  # the room is for the fields


def shown_sentence(pilot: Pilot[object]) -> str:
    """The two lines above the keys."""
    return " ".join(" ".join(screen(pilot).splitlines()[-3:-1]).split())


async def test_a_form_without_utf8_is_ascii(service: office.OfficeService) -> None:
    add_with_admin(service)
    async with dashboard(service, "G", "e", ascii_only=True) as pilot:
        await fill(pilot, source__admin__password="secret", title="Bürö")
        assert "******" in line(pilot, "Admin password")
        assert screen(pilot).isascii()


async def test_a_migration_is_made_by_keys_alone(empty_service: office.OfficeService) -> None:
    async with dashboard(empty_service, "n", *"Zürich", "enter", "down", *"old.example", *["tab"] * 19) as pilot:
        await press(pilot, *"new.example", "enter", "space", *["tab"] * 17)
        await press(pilot, *"Junk, Tr*", "enter", *'"Smith, J"', "ctrl+s")
        await shows(pilot, "Zürich: saved")
        (overview,) = empty_service.migrations.listing()
    assert overview.migration.title == "Zürich"
    assert overview.migration.source == ImapServer("old.example")
    assert overview.migration.destination == ImapServer("new.example", security=Security.STARTTLS, port=143)
    assert overview.migration.excluded_folders == ("Junk", "Tr*", "Smith, J")
    (event,) = empty_service.logs.events()
    assert (event.who, event.what) == ("admin", "created the migration Zürich")


async def test_keys_that_come_all_at_once_go_where_they_belong(empty_service: office.OfficeService) -> None:
    """A stalled line delivers a whole form in one piece; no password may land in the field before its own."""
    keys = [
        *"Ghent",
        "enter",
        "down",
        *"olt",
        "backspace",
        "d",
        "tab",
        "space",
        *["down"] * 4,
        *"socks5",
        "tab",
        *"bob",
    ]
    keys += ["tab", *"geheim", *["down"] * 2, *"al", "enter", *"secret", *["up"] * 7, *"INBOX."]
    async with dashboard(empty_service, "n") as pilot:
        app = pilot.app
        for key in keys:
            app.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))
        await settle(pilot)
        texts = {name: field(pilot, name).text for name in ("title", "source.host", "source.trial.user")}
        assert texts == {"title": "Ghent", "source.host": "old", "source.trial.user": "al"}
        assert field(pilot, "source.trial.password").text == "secret"
        at_proxy = [
            field(pilot, f"source.{name}").text for name in ("proxy", "proxy_login.user", "proxy_login.password")
        ]
        assert at_proxy == ["socks5", "bob", "geheim"]
        assert field(pilot, "source.security").text == "starttls"
        assert field(pilot, "source.path_prefix").text == "INBOX."


async def test_the_port_follows_until_it_is_typed(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        security, port = field(pilot, "source.security"), field(pilot, "source.port")
        security.control.focus()
        ports = []
        for key in ("right", "right", "right", "left"):
            await press(pilot, key)
            ports.append(port.text)
        assert ports == ["143", "143", "993", "143"]
        await fill(pilot, source__port="1143")
        security.control.focus()
        await press(pilot, "left")
        assert port.text == "1143"
        await fill(pilot, source__port="")
        assert port.text == "143"
        security.control.focus()
        await press(pilot, "left")
        assert port.text == "993"


async def test_a_stored_port_that_is_not_the_usual_one_does_not_follow(service: office.OfficeService) -> None:
    add_with_admin(service)
    async with dashboard(service, "G", "e") as pilot:
        field(pilot, "destination.security").control.focus()
        await press(pilot, "left")
        assert field(pilot, "destination.security").text == "tls"
        assert field(pilot, "destination.port").text == "1143"


async def test_what_is_wrong_is_said_at_the_field_as_it_is_left(service: office.OfficeService) -> None:
    mistakes = [
        ("title", "", "must not be empty"),
        ("title", "Test run", "another migration has this title"),
        ("source.host", "", "must not be empty"),
        ("source.host", "imap://old", "must be a host name or an address alone; the port has a place of its own"),
        ("source.port", "imaps", "must be a whole number from 1 to 65535"),
        ("destination.port", "70000", "must be a whole number from 1 to 65535"),
        ("destination.max_connections", "0", "must be a whole number from 1"),
        ("source.ca_file", "/nowhere/ca.pem", "/nowhere/ca.pem cannot be read: No such file or directory"),
    ]
    async with dashboard(service, "n") as pilot:
        judged = {"title"}  # where one begins
        for name, text, sentence in mistakes:
            await fill(pilot, **{name.replace(".", "__"): text})
            assert problem(pilot, name) == f"✖ {sentence}"
            judged.add(name)
            others = {each.called for each in pilot.app.screen.query(Field)} - judged
            assert {problem(pilot, other) for other in others} == {""}


async def test_a_complaint_goes_when_the_field_is_right(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, source__host="old example")
        assert problem(pilot, "source.host")
        await fill(pilot, source__host="old.example")
        assert not problem(pilot, "source.host")


async def test_a_ca_file_may_be_named_from_home(
    service: office.OfficeService, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(certificates.ca_file.parent))
    async with dashboard(service, "n") as pilot:
        await fill(pilot, title="Private", source__host="a", destination__host="b", source__ca_file="~/ca.pem")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Private: saved")
    assert Path(network(service.migrations.get(4).migration.source).ca_file) == certificates.ca_file


async def test_a_refused_form_keeps_what_was_typed_and_leads_to_the_mistake(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, title="New", source__host="imap.old.example", source__path_prefix="INBOX.")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Not saved: 1 field to correct.")
        assert pilot.app.focused is field(pilot, "destination.host").control
        assert field(pilot, "source.path_prefix").text == "INBOX."
        assert "New" not in titles(service)
        await press(pilot, *"new", "ctrl+s")
        await shows(pilot, "New: saved")
        assert "New" in titles(service)


async def test_the_complaint_about_the_last_field_is_in_sight(service: office.OfficeService) -> None:
    async with dashboard(service, "e", *["pagedown"] * 8, "tab", *"yesterday", "ctrl+s") as pilot:
        await shows(pilot, "Not saved: 1 field to correct.")
        await shows(pilot, "✖ must be")


async def test_an_admin_login_is_asked_for_only_where_there_is_one(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        assert "Admin user" not in screen(pilot)
        await fill(pilot, title="Admin", source__host="a", destination__host="b")
        field(pilot, "source.login").control.focus()
        await press(pilot, "right")
        assert "Admin user" in screen(pilot)
        await fill(pilot, source__admin__user="root", source__admin__password="shown-nowhere")
        assert "•••••" in line(pilot, "Admin password")
        await fill(pilot, source__admin__style="separator")
        assert "separator:*" in problem(pilot, "source.admin.style")
        await fill(pilot, source__admin__style="separator:*")
        assert "shown-nowhere" not in screen(pilot)
        await press(pilot, "ctrl+s")
        await shows(pilot, "Admin: saved")
    assert service.migrations.get(4).migration.source.admin == ADMIN
    assert service.migrations.get(4).migration.destination.admin is None


async def test_a_password_is_kept_when_none_is_typed(service: office.OfficeService) -> None:
    migration_id = add_with_admin(service)
    async with dashboard(service, "G", "e") as pilot:
        assert "kept; type to replace it" in line(pilot, "Admin password")
        await fill(pilot, title="Renamed", source__host="imap.older.example")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Renamed: saved")
        assert isinstance(pilot.app.screen, MigrationsScreen)
        found = service.migrations.get(migration_id).migration
        assert (found.title, found.source) == ("Renamed", ImapServer("imap.older.example", admin=ADMIN))
        assert found.excluded_folders == ("Junk", "Smith, John")
        assert service.logs.events(migration_id=migration_id)[0].what == "changed title and source host"
        await press(pilot, "e")
        await fill(pilot, source__admin__password="another")
        await press(pilot, "ctrl+s")
        await shows(pilot, "saved")
    admin = service.migrations.get(migration_id).migration.source.admin
    assert admin is not None
    assert admin.password == Secret("another")


async def test_leaving_asks_when_something_would_be_lost(service: office.OfficeService) -> None:
    async with dashboard(service, "n", *"Lost", "escape") as pilot:
        assert "Leave without saving?" in screen(pilot)
        assert "What was typed in 1 field would be lost." in screen(pilot)
        await press(pilot, "n")
        assert field(pilot, "title").text == "Lost"
        await press(pilot, "ctrl+q", "n")
        assert field(pilot, "title").text == "Lost"
        await press(pilot, "f1", "ctrl+q")
        assert "Leave without saving?" in screen(pilot)
        await press(pilot, "escape", "escape", "escape", "y")
        assert isinstance(pilot.app.screen, MigrationsScreen)
        assert "Lost" not in titles(service)
        assert service.logs.events() == []


async def test_leaving_does_not_ask_when_nothing_was_changed(service: office.OfficeService) -> None:
    async with dashboard(service, "e") as pilot:
        await fill(pilot, source__trial__user="alice", source__trial__password="shown-nowhere")
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MigrationsScreen)


async def test_who_leaves_the_program_without_saving_means_it(service: office.OfficeService) -> None:
    async with dashboard(service, "n", *"Lost", "ctrl+q") as pilot:
        await pilot.press("y")
    assert pilot.app.return_code == 0
    assert "Lost" not in titles(service)


@pytest.mark.usefixtures("engine")
async def test_a_migration_that_copies_is_not_changed_and_what_was_typed_stays(service: office.OfficeService) -> None:
    async with dashboard(service, "e") as pilot:
        await fill(pilot, source__host="imap.other.example")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Head office is being copied: pause it first, and wait")
        assert isinstance(pilot.app.screen, MigrationFormScreen)
        assert field(pilot, "source.host").text == "imap.other.example"
    assert service.migrations.get(1).migration.source.place == "imap.old.example"


async def test_a_migration_that_is_gone_when_it_is_saved_loses_nothing_typed(service: office.OfficeService) -> None:
    async with dashboard(service, "j", "e") as pilot:
        service.migrations.delete(2)
        await fill(pilot, title="Saved too late")
        await press(pilot, "ctrl+s")
        await shows(pilot, "There is no migration 2.")
        assert field(pilot, "title").text == "Saved too late"


async def test_the_form_explains_its_keys(service: office.OfficeService) -> None:
    async with dashboard(service, "n", "f1") as pilot:
        assert "Keep all that was typed, if it is right" in screen(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MigrationFormScreen)


async def test_no_terminal_is_too_small(service: office.OfficeService) -> None:
    async with dashboard(service, "n", *"Small") as pilot:
        for width, height in [(60, 15), (40, 10), (20, 5), (5, 2), SMALL]:
            await pilot.resize_terminal(width, height)
            await settle(pilot)
        assert field(pilot, "title").text == "Small"
        assert "Small" in line(pilot, "Title")


async def test_page_keys_lead_from_part_to_part(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        down = ["source.protocol", "source.login", "source.max_connections"]
        down += ["destination.protocol", "destination.login", "destination.max_connections"]
        down += ["excluded_folders", "start_at", "start_at"]
        back = down[-3::-1]
        steps = [*(("pagedown", name) for name in down), *(("pageup", name) for name in [*back, "title"])]
        for key, name in steps:
            await press(pilot, key)
            assert pilot.app.focused is field(pilot, name).control
        await press(pilot, "f1")
        assert "To the next part" in screen(pilot)


async def test_page_keys_pass_over_what_is_not_asked_for(service: office.OfficeService) -> None:
    async with dashboard(service, "n", "pagedown", "right", *["pagedown"] * 6) as pilot:
        assert pilot.app.focused is field(pilot, "newest_first").control
        assert "What is copied" in screen(pilot)


async def test_a_form_is_whole_whatever_was_seen_before_it(service: office.OfficeService) -> None:
    async with dashboard(service, "enter", "escape", "e", *["pagedown"] * 3, *["tab"] * 5) as pilot:
        assert pilot.app.focused is field(pilot, "source.blackouts").control
        await press(pilot, *"sun 08:00-09:00 UTC")
        assert "sun 08:00-09:00 UTC" in line(pilot, "Blackouts")


async def test_a_comma_in_a_folder_is_explained(service: office.OfficeService) -> None:
    async with dashboard(service, "n", *["pagedown"] * 7) as pilot:
        assert 'Junk, Trash/*, "Smith, John" (a comma needs quotes)' in screen(pilot)
        assert screen(pilot).count("next field") == 1


async def test_the_keys_stay_while_the_terminal_is_not_looked_at(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        keys = line(pilot, "next field")
        pilot.app.post_message(events.AppBlur())
        await settle(pilot)
        assert pilot.app.focused is None
        assert line(pilot, "next field") == keys
