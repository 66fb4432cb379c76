"""Servers found by themselves: each way, what is refused, and that nobody logs in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.imap.server import ImapDouble
from tests.servers.pop.server import PopDouble
from tests.servers.web import Asked, Page, WebServer
from tests.support.internet import Internet
from tui_migrate.errors import CannotConnect, ProxyUnreachable
from tui_migrate.mail.discovery.find import find
from tui_migrate.model import ImapServer, PopServer, Security, Side
from tui_migrate.model.discovery import Found, Way, WayIn

ANNA = "anna@old.example"
CONFIG = """<clientConfig version="1.1"><emailProvider id="old.example">
<incomingServer type="imap"><hostname>{host}</hostname><port>{port}</port><socketType>{security}</socketType>
<username>%EMAILLOCALPART%</username></incomingServer></emailProvider></clientConfig>"""


def imap(internet: Internet, host: str, port: int = 993, *names: str) -> ImapDouble:
    """A server that is there, with a certificate for its name or for these."""
    server = ImapDouble([], tls=internet.context(*(names or (host,))))
    internet.put(host, port, server)
    return server


def config(host: str, port: int = 993, security: str = "SSL") -> bytes:
    return CONFIG.format(host=host, port=port, security=security).encode()


def web(internet: Internet, host: str, body: bytes, status: int = 200, **headers: str) -> WebServer:
    server = WebServer(lambda asked: Page(body, status, headers), tls=internet.context(host))
    internet.put(host, 443, server)
    return server


def best(address: str, side: Side = Side.SOURCE) -> Found:
    return find(address, side).usable[0]


def test_by_the_records_of_its_domain(internet: Internet) -> None:
    internet.dns.records = {
        ("_imaps._tcp.old.example", "SRV"): ["10 1 993 second.old.example.", "0 1 1993 first.host.example."],
        ("_imap._tcp.old.example", "SRV"): ["0 0 0 ."],
        ("_pop3._tcp.old.example", "SRV"): ["0 1 110 first.host.example."],
    }
    imap(internet, "first.host.example", 1993)
    imap(internet, "second.old.example")
    internet.put("first.host.example", 110, PopDouble([], starttls=internet.context("first.host.example")))
    source = find(ANNA, Side.SOURCE)
    assert [(type(each.server), each.server.where, each.server.security) for each in source.usable] == [
        (ImapServer, "first.host.example port 1993", Security.TLS),
        (ImapServer, "second.old.example port 993", Security.TLS),
        (PopServer, "first.host.example port 110", Security.STARTTLS),
    ]
    assert {(each.way, each.said_by) for each in source.usable[:2]} == {(Way.SRV, "_imaps._tcp.old.example")}
    assert all(isinstance(each.server, ImapServer) for each in find(ANNA, Side.DESTINATION).found)


def test_by_the_autoconfig_of_its_domain(internet: Internet) -> None:
    asked = web(internet, "autoconfig.old.example", config("box.host.example"))
    imap(internet, "box.host.example")
    found = best(ANNA)
    assert (found.way, found.server.name) == (Way.AUTOCONFIG, "box.host.example")
    assert found.said_by == "the domain's autoconfig, https://autoconfig.old.example/mail/config-v1.1.xml"
    assert found.user(ANNA) == "anna"
    assert [each.target for each in asked.asked] == ["/mail/config-v1.1.xml?emailaddress=anna%40old.example"]


def test_by_its_well_known_address_and_by_the_collection(internet: Internet) -> None:
    imap(internet, "box.host.example")
    imap(internet, "mail.host.example")
    web(internet, "old.example", config("box.host.example"))
    asked = web(internet, "autoconfig.thunderbird.net", config("mail.host.example"))
    found = find(ANNA, Side.SOURCE).usable
    assert [(each.server.name, each.said_by.partition(",")[0]) for each in found] == [
        ("box.host.example", "the domain's autoconfig"),
        ("mail.host.example", "Mozilla's collection"),
    ]
    assert [each.target for each in asked.asked] == ["/v1.1/old.example"]


def test_by_whose_customer_it_is(internet: Internet) -> None:
    internet.dns.records = {("old.example", "MX"): ["20 alt1.aspmx.l.google.com.", "5 aspmx.l.google.com."]}
    imap(internet, "imap.gmail.com")
    source, destination = best(ANNA), best(ANNA, Side.DESTINATION)
    assert (source.way, source.said_by, source.server.name) == (Way.MX, "aspmx.l.google.com", "imap.gmail.com")
    assert source.preset is not None
    assert source.preset.name == "Google"
    assert source.preset.ways_in == (WayIn.APP_PASSWORD, WayIn.OAUTH)
    assert (source.server.bytes_per_day, destination.server.bytes_per_day) == (2_500_000_000, 500_000_000)
    assert (source.server.account_connections, source.user(ANNA)) == (6, ANNA)


def test_by_whose_customer_it_is_as_the_collection_knows_it(internet: Internet) -> None:
    def handle(asked: Asked) -> Page:
        return Page(config("imap.host.example")) if asked.target == "/v1.1/host.example" else Page(status=404)

    internet.dns.records = {("old.example", "MX"): ["5 mx1.mail.host.example."]}
    internet.put(
        "autoconfig.thunderbird.net", 443, WebServer(handle, tls=internet.context("autoconfig.thunderbird.net"))
    )
    imap(internet, "imap.host.example")
    found = best(ANNA)
    assert (found.way, found.server.name) == (Way.MX, "imap.host.example")
    assert found.said_by.startswith("mx1.mail.host.example; Mozilla's collection")


def test_a_domain_of_a_provider_itself(internet: Internet) -> None:
    imap(internet, "imap.mail.me.com")
    found = best("anna@icloud.com")
    assert (found.way, found.server.name, found.user("anna@icloud.com")) == (Way.PROVIDER, "imap.mail.me.com", "anna")
    internet.dns.records = {("old.example", "MX"): ["5 mx01.mail.icloud.com."]}
    assert best(ANNA).user(ANNA) == ANNA


def test_by_usual_names(internet: Internet) -> None:
    imap(internet, "mail.old.example")
    internet.put("mail.old.example", 995, PopDouble([], tls=internet.context("mail.old.example")))
    found = find("old.example", Side.SOURCE)
    assert [(each.way, each.server.where) for each in found.usable] == [
        (Way.USUAL, "mail.old.example port 993"),
        (Way.USUAL, "mail.old.example port 995"),
    ]
    assert found.unheard == ()


def test_what_software_it_is_is_told_by_its_greeting(internet: Internet) -> None:
    greeting = b"* OK mail.old.example Zimbra IMAP4rev1 server ready\r\n"
    internet.put("imap.old.example", 993, ImapDouble([], tls=internet.context("imap.old.example"), greeting=greeting))
    found = best(ANNA)
    assert found.preset is not None
    assert found.preset.name == "Zimbra"


def test_a_name_in_other_letters_and_what_is_none(internet: Internet) -> None:
    imap(internet, "imap.xn--mnchen-3ya.example")
    assert best("anna@münchen.example").server.name == "imap.xn--mnchen-3ya.example"
    for wrong in (
        "",
        "anna@",
        "anna@a b",
        "anna@a/../b",
        "anna@-",
        "anna@a..b",
        "anna@x\r\ny",
        f"a@{'x' * 64}.example",
    ):
        with pytest.raises(CannotConnect, match="is not a mail domain"):
            find(wrong, Side.SOURCE)


@pytest.mark.parametrize("names", [("elsewhere.example",), ("old.example",)])
def test_a_certificate_for_another_name_is_refused(internet: Internet, names: tuple[str, ...]) -> None:
    internet.dns.records = {("_imaps._tcp.old.example", "SRV"): ["0 1 993 imap.old.example."]}
    server = imap(internet, "imap.old.example", 993, *names)
    found = find(ANNA, Side.SOURCE)
    assert found.usable == []
    assert "is made for another host name" in found.found[0].refusal
    assert server.commands == []


def test_a_private_ca_is_that_of_whoever_it_is_like(internet: Internet, tmp_path: Path) -> None:
    imap(internet, "imap.old.example")
    found = find(ANNA, Side.SOURCE, ImapServer("x.example", ca_file=str(tmp_path / "internet.pem"))).usable
    assert found[0].server.ca_file == str(tmp_path / "internet.pem")


def test_nobody_logs_in(internet: Internet) -> None:
    internet.dns.records = {("_imap._tcp.old.example", "SRV"): ["0 1 143 imap.old.example."]}
    server = ImapDouble([], starttls=internet.context("imap.old.example"))
    internet.put("imap.old.example", 143, server)
    pop = PopDouble([], tls=internet.context("pop.old.example"))
    internet.put("pop.old.example", 995, pop)
    assert len(find(ANNA, Side.SOURCE).usable) == 2
    said = {command.split()[0] for command in (*server.commands, *pop.commands)}
    assert said <= {b"CAPABILITY", b"STARTTLS", b"LOGOUT", b"CAPA", b"QUIT"}


def test_no_dns_server_is_said_once(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_migrate.mail.discovery.names._SECONDS", 0.2)
    monkeypatch.setenv("TUI_MIGRATE_DNS", "127.0.0.1:9")
    imap(internet, "imap.old.example")
    found = find(ANNA, Side.SOURCE)
    assert found.unheard == ("No DNS server answers.",)
    assert len(found.usable) == 1


def test_where_there_is_no_proxy_it_is_said_once_and_nothing_is_asked_beside_it(internet: Internet) -> None:
    internet.put("proxy.example", 1080, 9)
    with pytest.raises(ProxyUnreachable):
        find(ANNA, Side.SOURCE, ImapServer("x.example", proxy="socks5://proxy.example:1080"))
    assert {host for host, _ in internet.dialled} == {"proxy.example"}
    assert internet.dns.asked == []


@pytest.mark.parametrize("wrong", ["dns.example", "127.0.0.1:x", "127.0.0.1:99999", ":53"])
def test_a_dns_server_that_is_none_is_said(internet: Internet, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TUI_MIGRATE_DNS", wrong)
    assert find(ANNA, Side.SOURCE).unheard == (f"TUI_MIGRATE_DNS is no address of a DNS server: {wrong}.",)
