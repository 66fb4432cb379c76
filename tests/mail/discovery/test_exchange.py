"""Exchange found by autodiscover: who is asked, what is believed, and that no login is tried."""

from __future__ import annotations

import json

import pytest

from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.imap.server import ImapDouble
from tests.servers.web import Page, WebServer
from tests.support.internet import Internet
from tui_migrate.mail.discovery.find import find
from tui_migrate.model import EwsServer, ImapServer, Side
from tui_migrate.model.discovery import Way

ANNA = "anna@old.example"


def tells(internet: Internet, host: str, url: object, **more: str) -> WebServer:
    """A host that tells where the services are, or leads elsewhere."""
    body = json.dumps({"Protocol": "EWS", "Url": url}).encode()
    server = WebServer(lambda asked: Page(body, 302 if more else 200, more), tls=internet.context(host))
    internet.put(host, 443, server)
    return server


def exchange(internet: Internet, host: str) -> ExchangeDouble:
    double = ExchangeDouble(ExchangeMailbox(ANNA), tls=internet.context(host))
    internet.put(host, 443, double)
    return double


def test_by_what_its_domain_tells_of_exchange(internet: Internet) -> None:
    asked = tells(internet, "autodiscover.old.example", "https://mail.old.example/EWS/Exchange.asmx")
    double = exchange(internet, "mail.old.example")
    (found,) = find(ANNA, Side.SOURCE).usable
    assert isinstance(found.server, EwsServer)
    assert (found.server.host, found.server.port, found.server.url_path) == (
        "mail.old.example",
        443,
        "/EWS/Exchange.asmx",
    )
    assert found.way is Way.AUTODISCOVER
    assert found.said_by == "https://autodiscover.old.example/autodiscover/autodiscover.json"
    wanted = "/autodiscover/autodiscover.json/v1.0/anna%40old.example?Protocol=EWS"
    assert wanted in [each.target for each in asked.asked]
    assert not any("authorization" in each.headers for each in double.asked)
    assert find(ANNA, Side.DESTINATION).found == ()


def test_a_record_names_who_tells_and_imap_is_better(internet: Internet) -> None:
    internet.dns.records = {("_autodiscover._tcp.old.example", "SRV"): ["0 1 443 box.host.example."]}
    tells(internet, "box.host.example", "https://mail.old.example/ews/exchange.asmx")
    exchange(internet, "mail.old.example")
    internet.put("imap.old.example", 993, ImapDouble([], tls=internet.context("imap.old.example")))
    assert [type(each.server) for each in find(ANNA, Side.SOURCE).usable] == [ImapServer, EwsServer]


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.old.example/EWS/Exchange.asmx",
        "https://anna:secret@mail.old.example/EWS/Exchange.asmx",
        "https://mail.old.example",
        "https://mail.old.example:0x/EWS",
        "https://mail.old.example/E W S",
        7,
        None,
    ],
)
def test_what_leads_out_of_tls_or_nowhere_is_not_believed(internet: Internet, url: object) -> None:
    tells(internet, "autodiscover.old.example", url)
    exchange(internet, "mail.old.example")
    assert find(ANNA, Side.SOURCE).found == ()


def test_a_redirect_out_of_tls_is_not_followed(internet: Internet) -> None:
    tells(internet, "autodiscover.old.example", "", Location="http://mail.old.example/autodiscover.json")
    told = find(ANNA, Side.SOURCE)
    assert told.found == ()
    assert any("leads out of TLS" in sentence for sentence in told.unheard)
