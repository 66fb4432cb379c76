"""Answers that want something of us: they are bounded, and not followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.imap.server import ImapDouble
from tests.servers.web import Asked, Page, WebServer
from tests.support.internet import Internet
from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.discovery import autoconfig
from tui_migrate.mail.discovery.find import find
from tui_migrate.mail.discovery.names import is_host
from tui_migrate.model import Side

ANNA = "anna@old.example"
SERVER = (
    '<incomingServer type="{kind}"><hostname>{host}</hostname><port>{port}</port>'
    "<socketType>{security}</socketType><username>%EMAILADDRESS%</username></incomingServer>"
)


def described(kind: str = "imap", host: str = "box.host.example", port: str = "993", security: str = "SSL") -> bytes:
    server = SERVER.format(kind=kind, host=host, port=port, security=security)
    return f"<clientConfig><emailProvider>{server}</emailProvider></clientConfig>".encode()


def leading(internet: Internet, host: str, *there: str) -> WebServer:
    """A server that sends whoever asks on, from one address to the next."""
    ways = iter(there)

    def handle(asked: Asked) -> Page:
        return Page(status=302, headers={"Location": next(ways, there[-1])})

    server = WebServer(handle, tls=internet.context(host))
    internet.put(host, 443, server)
    return server


def test_a_redirect_within_tls_is_followed_and_told(internet: Internet) -> None:
    leading(internet, "autoconfig.old.example", "https://config.host.example/a.xml?x=1")
    asked = WebServer(lambda asked: Page(described()), tls=internet.context("config.host.example"))
    internet.put("config.host.example", 443, asked)
    internet.put("box.host.example", 993, ImapDouble([], tls=internet.context("box.host.example")))
    (found,) = find(ANNA, Side.SOURCE).usable
    assert found.said_by == "the domain's autoconfig, https://config.host.example/a.xml"
    (request,) = asked.asked
    assert not {"authorization", "cookie", "referer"} & request.headers.keys()
    assert "anna" not in request.target


@pytest.mark.parametrize(
    "there",
    [
        "http://config.host.example/a.xml",
        "file:///etc/passwd",
        "gopher://x/",
        "//[",
        "https://config.host.example/\xe9",
        "https://\xe9.example/",
        "https://config.host.example/a b\x1b[31m",
        "https://anna:secret@config.host.example/",
        "https://config.host.example:x/",
        "https://",
    ],
)
def test_a_redirect_out_of_tls_or_to_what_is_no_address_is_not_followed(internet: Internet, there: str) -> None:
    leading(internet, "autoconfig.old.example", there)
    found = find(ANNA, Side.SOURCE)
    assert found.usable == []
    assert found.unheard
    assert ("config.host.example", 80) not in internet.dialled


def test_redirects_without_an_end_are_left(internet: Internet) -> None:
    server = leading(internet, "autoconfig.old.example", "/b", "/c", "/d", "/e", "/f")
    assert "leads from one address to the next" in find(ANNA, Side.SOURCE).unheard[0]
    assert len(server.asked) == 4


def test_a_redirect_to_where_the_certificate_is_wrong(internet: Internet) -> None:
    leading(internet, "autoconfig.old.example", "https://config.host.example/a.xml")
    asked = WebServer(lambda asked: Page(described()), tls=internet.context("elsewhere.example"))
    internet.put("config.host.example", 443, asked)
    found = find(ANNA, Side.SOURCE)
    assert "is made for another host name" in found.unheard[0]
    assert (found.usable, asked.asked) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><clientConfig>&b;</clientConfig>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><clientConfig/>',
        b"<clientConfig>" + b"<a>" * 50,
        b"",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="big5"?><clientConfig/>',
        b'<?xml version="1.0" encoding="hex"?><clientConfig/>',
        b'<?xml version="1.0" encoding="of nobody"?><clientConfig/>',
        b"<html><body>Not here</body>",
        described(host="&#27;[31m.example"),
    ],
)
def test_what_is_no_autoconfig_file_is_said(body: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="is no autoconfig file"):
        autoconfig.read(body)


def test_a_file_that_is_too_long_is_not_taken(internet: Internet) -> None:
    server = WebServer(lambda asked: Page(b" " * (1 << 20)), tls=internet.context("autoconfig.old.example"))
    internet.put("autoconfig.old.example", 443, server)
    assert "answers with more than" in find(ANNA, Side.SOURCE).unheard[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"security": "plain"},
        {"security": ""},
        {"kind": "exchange"},
        {"host": "a\nb.example"},
        {"host": "a b.example"},
        {"host": "\x9b31m.example"},
        {"host": "imap.example/../x"},
        {"host": "imap.example:25"},
        {"host": "%EMAILDOMAIN%"},
        {"host": ""},
        {"host": "x." * 200 + "example"},
        {"port": "0"},
        {"port": "65536"},
        {"port": "-1"},
        {"port": "\u0663"},
        {"port": "9" * 400},
    ],
)
def test_servers_in_the_clear_and_what_is_none_are_not_proposed(wrong: dict[str, str]) -> None:
    assert autoconfig.read(described(**wrong)) == []


def test_of_very_many_servers_the_first_are_taken() -> None:
    one = SERVER.format(kind="imap", host="box.host.example", port="993", security="SSL")
    body = f"<clientConfig><emailProvider>{one * 1000}</emailProvider></clientConfig>".encode()
    assert len(autoconfig.read(body)) == 10


def test_an_address_is_told_to_nobody_but_its_domain() -> None:
    told = [url for _, url in autoconfig.addresses("anna+x&y@old.example", "old.example") if "anna" in url]
    assert told == ["https://autoconfig.old.example/mail/config-v1.1.xml?emailaddress=anna%2Bx%26y%40old.example"]
    assert all(url.startswith("https://") for _, url in autoconfig.addresses("old.example", "old.example"))
    assert not any("?" in url for _, url in autoconfig.addresses("old.example", "old.example"))


def test_names_that_records_should_not_hold_are_left_out(internet: Internet) -> None:
    internet.dns.records = {
        ("_imaps._tcp.old.example", "SRV"): [r"0 1 993 a\027[31m.example.", "0 1 0 imap.example.", r"0 1 993 a\032b."],
        ("old.example", "MX"): [r"1 a\010.google.com."],
    }
    assert find(ANNA, Side.SOURCE).found == ()


@given(st.integers(0, 400), st.binary(max_size=12), st.integers(0, 40))
def test_a_harmed_file_is_read_or_refused(at: int, new: bytes, cut: int) -> None:
    whole = described()
    harmed = whole[:at] + new + whole[at + cut :]
    try:
        found = autoconfig.read(harmed)
    except ProtocolViolation:
        return
    assert all(is_host(each.server.host) and 0 < each.server.port < 1 << 16 for each in found)
