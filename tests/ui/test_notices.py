"""The form for mail to users: what is wrong and where, how the notice reads, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from tests.servers.smtp import SmtpServer
from tests.ui import office
from tests.ui.dashboard import (
    LARGE,
    SMALL,
    compare,
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
from tui_migrate.model import NoticeSettings, NoticeState, Secret, Security
from tui_migrate.store import notices
from tui_migrate.ui.screens.notices import NoticesScreen
from tui_migrate.ui.widgets.field import Lines
from tui_migrate.ui.widgets.form import Form

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
SETTINGS = NoticeSettings(
    "smtp.new.example",
    "helpdesk@new.example",
    user="relay",
    password=Secret("shown-nowhere"),
    sender_name="The helpdesk",
    hold=True,
    summary_to="admin@new.example",
)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def head_office(service: office.OfficeService) -> int:
    return service.migrations.listing()[0].migration.id


def add_notice(service: office.OfficeService, number: int, state: NoticeState, error: str = "") -> None:
    with service.store.write() as connection:
        account = service.accounts.listing(head_office(service))[number]
        to = account.destination_user
        notices.put(connection, account.migration_id, account.id, NoticeState.DUE, to, {}, office.NOW)
        (notice,) = [each for each in notices.listing(connection, account.migration_id) if each.recipient == to]
        notices.end(connection, notice, state, office.NOW - 60, error)


async def choose(pilot: Pilot[object], name: str, turns: int) -> None:
    field(pilot, name).control.focus()
    await press(pilot, *["space"] * turns)


@pytest.mark.usefixtures("engine")
@SIZES
async def test_the_form(service: office.OfficeService, size: tuple[int, int]) -> None:
    service.notices.configure(head_office(service), SETTINGS)
    add_notice(service, 0, NoticeState.SENT)
    add_notice(service, 1, NoticeState.HELD)
    why = "The SMTP server does not take the recipient carol@new.example. 550 5.1.1 No such user"
    add_notice(service, 2, NoticeState.FAILED, why)
    async with dashboard(service, "M", size=size) as pilot:
        compare(pilot, "notices")
        await press(pilot, "pagedown")
        compare(pilot, "notices-preview")


@pytest.mark.usefixtures("engine")
async def test_mistakes_are_said_at_their_places(service: office.OfficeService) -> None:
    async with dashboard(service, "M") as pilot:
        await choose(pilot, "when", 1)
        await fill(pilot, host="smtp.example:25", sender="helpdesk", user="relay", subject="{sorce} has moved")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Not saved: 4 fields to correct.")
        assert problem(pilot, "sender") == "✖ must be one mail address, such as helpdesk@example.com"
        assert problem(pilot, "subject").startswith(
            "✖ has placeholders that there are not: {sorce} (did you mean {source}?); known are {source}, "
        )
        pilot.app.screen.query_one(Form).scroll_home(animate=False)  # where it stood depends on what came first
        await settle(pilot)
        await compare_at_both_sizes(pilot, "notices-mistakes")
    assert service.migrations.listing()[0].migration.notices is None


async def test_off_asks_for_nothing(service: office.OfficeService) -> None:
    async with dashboard(service, "M") as pilot:
        assert [each.called for each in pilot.app.screen.query(".-none, Field") if each.display] == ["when"]  # type: ignore[attr-defined]
        await press(pilot, "ctrl+t")
        await shows(pilot, "Mail to users is off")
        await press(pilot, "escape", "R")
        await shows(pilot, "Mail to users is off for this migration; M turns it on.")


async def test_what_is_saved_comes_back_without_the_password(service: office.OfficeService) -> None:
    async with dashboard(service, "M") as pilot:
        await choose(pilot, "when", 2)
        await choose(pilot, "security", 1)
        assert field(pilot, "port").text == "587"
        await fill(pilot, host="smtp.new.example", sender="help@new.example", user="relay", password="word")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Head office: mail to users: saved")
        stored = service.migrations.listing()[0].migration.notices
        assert stored == NoticeSettings(
            "smtp.new.example",
            "help@new.example",
            security=Security.STARTTLS,
            port=587,
            ca_file="",
            user="relay",
            password=Secret("word"),
            hold=True,
        )
        await press(pilot, "M")
        assert "kept; type to replace it" in line(pilot, "Password")
        await fill(pilot, sender_name="Helpdesk")
        await press(pilot, "ctrl+s")
        await shows(pilot, "saved")
        stored = service.migrations.listing()[0].migration.notices
        assert stored is not None
        assert (stored.password, stored.sender_name) == (Secret("word"), "Helpdesk")
        await press(pilot, "M")
        await fill(pilot, host="smtp.evil.example")
        await press(pilot, "ctrl+s")
        await shows(pilot, "Not saved: 1 field to correct.")
        assert "a stored password stays with the server" in problem(pilot, "password")
        await press(pilot, "escape", "y", "M")
        await choose(pilot, "when", 1)
        await press(pilot, "ctrl+s")
        await shows(pilot, "mail to users is off")
    assert service.migrations.listing()[0].migration.notices is None
    said = [event.what for event in reversed(service.logs.events()) if "mail to users" in event.what]
    assert said == ["turned on the mail to users", "changed the mail to users", "turned off the mail to users"]


async def test_the_notice_follows_what_is_typed(service: office.OfficeService) -> None:
    service.notices.configure(head_office(service), SETTINGS)
    async with dashboard(service, "M", size=LARGE) as pilot:
        await fill(pilot, subject="{source}: {arrived} of {listed}")
        text = field(pilot, "text").control
        assert isinstance(text, Lines)
        text.text = "[b]Hi[/b] {destination}, {unknown}"
        await settle(pilot)
        assert "Subject: alice@old.example: 4,512 of 4,512" in screen(pilot)
        assert "[b]Hi[/b] alice@new.example, {unknown}" in screen(pilot)
        assert "The mail, with numbers of an account" in screen(pilot)


async def test_a_test_mail_goes_to_the_admin(service: office.OfficeService, smtp: SmtpServer) -> None:
    async with dashboard(service, "M") as pilot:
        await choose(pilot, "when", 1)
        await choose(pilot, "security", 2)
        await fill(pilot, host="127.0.0.1", port=str(smtp.port), sender="help@new.example")
        await press(pilot, "ctrl+t")
        await shows(pilot, "Not saved: 1 field to correct.")
        assert problem(pilot, "summary_to") == "✖ must not be empty: the test mail goes there"
        await fill(pilot, summary_to="admin@new.example")
        smtp.replies["admin@new.example"] = ["550 5.7.1 Relaying denied"]
        await press(pilot, "ctrl+t")
        await shows(pilot, "Relaying")
        await press(pilot, "ctrl+t")
        await shows(pilot, "Test mail sent to admin@new.example")
    (received,) = smtp.received
    assert received.mail["Subject"] == "Test: Your mailbox has moved"
    assert "your mailbox alice@old.example has been copied" in received.text
    assert service.migrations.listing()[0].migration.notices is None


async def test_held_mail_is_released(service: office.OfficeService) -> None:
    service.notices.configure(head_office(service), SETTINGS)
    async with dashboard(service, "R") as pilot:
        await shows(pilot, "2 users will be told")  # alice, done, and bob, done with failures
        await compare_at_both_sizes(pilot, "notices-release")
        await press(pilot, "n", "enter", "R", "y")
        await shows(pilot, "Head office: mails released")
    assert {each.recipient: each.state for each in service.notices.listing(head_office(service))} == {
        "alice@new.example": NoticeState.DUE,
        "bob@new.example": NoticeState.DUE,
    }
    assert service.engine.starts == 1


async def test_what_failed_is_sent_once_more(service: office.OfficeService) -> None:
    service.notices.configure(head_office(service), SETTINGS)
    add_notice(service, 0, NoticeState.FAILED, "No.")
    add_notice(service, 1, NoticeState.IN_DOUBT, "Perhaps.")
    add_notice(service, 2, NoticeState.SENT)
    async with dashboard(service, "M", "ctrl+o", "y") as pilot:
        await shows(pilot, "What has failed is sent again")
        assert isinstance(pilot.app.screen, NoticesScreen)
    assert [each.state for each in service.notices.listing(head_office(service))] == [
        NoticeState.DUE,
        NoticeState.DUE,
        NoticeState.SENT,
    ]
