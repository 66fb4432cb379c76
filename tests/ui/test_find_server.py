"""The servers of a mail domain found from the form: chosen from a list, filled in, changed as ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.imap.server import ImapDouble
from tests.servers.web import Page, WebServer
from tests.support.internet import Internet
from tests.ui import office
from tests.ui.dashboard import compare_at_both_sizes, dashboard, field, fill, press, screen, shows
from tui_migrate.mail.discovery.presets import of_domain
from tui_migrate.model import LoginKind, Side
from tui_migrate.ui.screens.migration_form import MigrationFormScreen


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    with Internet(tmp_path, monkeypatch) as made:
        made.dns.records = {
            ("_imaps._tcp.old.example", "SRV"): ["0 1 1993 box.host.example."],
            ("old.example", "MX"): ["5 aspmx.l.google.com."],
        }
        for host, port, name in (
            ("box.host.example", 1993, "box.host.example"),
            ("imap.gmail.com", 993, "imap.gmail.com"),
            ("imap.old.example", 993, "elsewhere.example"),
        ):
            made.put(host, port, ImapDouble([], tls=made.context(name)))
        yield made


@pytest.mark.usefixtures("engine", "internet")
async def test_what_was_found_is_shown_with_how(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, source__host="anna@old.example")
        await press(pilot, "ctrl+o")
        await shows(pilot, "box.host.example:1993")
        await compare_at_both_sizes(pilot, "find-server")
        await press(pilot, "down")
        await shows(pilot, "Labels are folders")
        await press(pilot, "down", "enter")
        await shows(pilot, "is made for another host name")


@pytest.mark.usefixtures("internet")
async def test_what_is_chosen_fills_in_the_side_that_the_cursor_is_in(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, destination__host="old.example")
        field(pilot, "destination.host").control.focus()
        await press(pilot, "ctrl+o")
        await shows(pilot, "imap.gmail.com:993")
        await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, MigrationFormScreen)
        names = ("protocol", "host", "security", "port", "account_connections", "bytes_per_day")
        assert [field(pilot, f"destination.{name}").text for name in names] == [
            "imap",
            "imap.gmail.com",
            "tls",
            "993",
            "6",
            "500 MB",
        ]
        assert field(pilot, "source.host").text == ""


@pytest.mark.usefixtures("internet")
async def test_a_port_that_is_not_the_usual_one_stays_and_an_address_is_tried(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await fill(pilot, source__host="anna@old.example")
        await press(pilot, "ctrl+o")
        await shows(pilot, "box.host.example:1993")
        await press(pilot, "enter")
        assert (field(pilot, "source.host").text, field(pilot, "source.port").text) == ("box.host.example", "1993")
        assert field(pilot, "source.trial.user").text == "anna@old.example"
        await press(pilot, "ctrl+o")
        await shows(pilot, "No server was found")
        await press(pilot, "escape")
        assert field(pilot, "source.port").text == "1993"


async def test_exchange_is_filled_in_with_its_path(service: office.OfficeService, internet: Internet) -> None:
    told = b'{"Protocol": "EWS", "Url": "https://mail.host.example/ews/other.asmx"}'
    web = WebServer(lambda asked: Page(told), tls=internet.context("autodiscover.host.example"))
    internet.put("autodiscover.host.example", 443, web)
    double = ExchangeDouble(ExchangeMailbox(), tls=internet.context("mail.host.example"))
    internet.put("mail.host.example", 443, double)
    async with dashboard(service, "n") as pilot:
        await fill(pilot, source__host="host.example")
        await press(pilot, "ctrl+o")
        await shows(pilot, "mail.host.example:443")
        await press(pilot, "enter")
        names = ("protocol", "host", "port", "url_path")
        assert [field(pilot, f"source.{name}").text for name in names] == [
            "ews",
            "mail.host.example",
            "443",
            "/ews/other.asmx",
        ]


@pytest.mark.usefixtures("internet")
async def test_without_a_domain_it_says_what_to_type(service: office.OfficeService) -> None:
    async with dashboard(service, "n") as pilot:
        await press(pilot, "ctrl+o")
        await shows(pilot, "Type the mail domain")
        await fill(pilot, source__host="not a domain")
        await press(pilot, "ctrl+o")
        await shows(pilot, "must be a host name")
        assert "Servers of not a domain" in screen(pilot)


def test_where_there_are_no_passwords_the_login_is_by_token(service: office.OfficeService) -> None:
    found = of_domain("example.onmicrosoft.com")[0]
    texts = service.discovery.texts(Side.SOURCE, found, "anna@example.onmicrosoft.com")
    assert (texts["source.login"], texts["source.host"]) == (LoginKind.TOKEN, "outlook.office365.com")
