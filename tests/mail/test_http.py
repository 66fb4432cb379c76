"""Requests over TLS: what is asked, what is taken back, and what is never done."""

from __future__ import annotations

import threading

import pytest

from tests.servers.certificates import Certificate, Certificates
from tests.servers.loopback_server import Cut, Stall
from tests.servers.web import Handle, Page, WebServer
from tui_migrate.errors import CannotConnect, CertificateRefused, Disconnected, ProtocolViolation
from tui_migrate.mail.http import Answer, request
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import ImapServer


@pytest.fixture
def like(certificates: Certificates) -> ImapServer:
    """The mail server whose private CA is trusted."""
    return ImapServer("imap.example", ca_file=str(certificates.ca_file))


def serving(handle: Handle, certificate: Certificate) -> WebServer:
    return WebServer(handle, tls=certificate.context())


def test_a_request_and_its_answer(certificates: Certificates, like: ImapServer) -> None:
    with serving(lambda asked: Page(b'{"ok": 1}', headers={"X-Way": "b"}), certificates.good) as server:
        answer = request("POST", server.url("/t?x=1"), body=b"a=b", headers={"Content-Type": "text/plain"}, like=like)
    assert answer == Answer(200, answer.headers, b'{"ok": 1}')
    assert answer.headers["x-way"] == "b"
    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/t?x=1", b"a=b")
    assert asked.headers["host"] == f"{server.host}:{server.port}"


def test_a_refusal_is_an_answer_too(certificates: Certificates, like: ImapServer) -> None:
    with serving(lambda asked: Page(b"no", status=400), certificates.good) as server:
        assert request("GET", server.url("/"), like=like).status == 400


def test_a_redirect_is_not_followed(certificates: Certificates, like: ImapServer) -> None:
    with serving(lambda asked: Page(status=302, headers={"Location": "/b"}), certificates.good) as server:
        assert request("GET", server.url("/a"), like=like).headers["location"] == "/b"
    assert [each.target for each in server.asked] == ["/a"]


@pytest.mark.parametrize("which", ["expired", "wrong_name", "self_signed"])
def test_nothing_is_asked_of_a_server_that_is_not_the_one(
    certificates: Certificates, like: ImapServer, which: str
) -> None:
    certificate: Certificate = getattr(certificates, which)
    with serving(lambda asked: Page(), certificate) as server, pytest.raises(CertificateRefused):
        request("GET", server.url("/"), like=like)
    assert server.asked == []


@pytest.mark.parametrize("url", ["http://h/", "https://", "https://a:b@h/", "ftp://h/", "https://h:x/", "h"])
def test_nothing_is_asked_in_the_clear(url: str) -> None:
    with pytest.raises(CannotConnect, match="no address that can be asked over TLS"):
        request("GET", url)


def test_an_answer_that_is_too_long_is_not_taken(certificates: Certificates, like: ImapServer) -> None:
    with (
        serving(lambda asked: Page(b"x" * 101), certificates.good) as server,
        pytest.raises(ProtocolViolation, match="more than 100 octets"),
    ):
        request("GET", server.url("/"), like=like, most=100)


@pytest.mark.parametrize("said", [b"* OK IMAP4rev1 ready\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_no_http_is_said(certificates: Certificates, like: ImapServer, said: bytes) -> None:
    with (
        serving(lambda asked: [said], certificates.good) as server,
        pytest.raises(ProtocolViolation, match="does not answer as HTTP says"),
    ):
        request("GET", server.url("/"), like=like)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
def test_an_end_in_the_midst_is_no_answer(certificates: Certificates, like: ImapServer, said: bytes) -> None:
    with serving(lambda asked: [said, Cut()], certificates.good) as server, pytest.raises(Disconnected):
        request("GET", server.url("/"), like=like)


def test_a_server_that_is_silent_in_the_midst_is_left(certificates: Certificates, like: ImapServer) -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
    with (
        serving(lambda asked: [begun, Stall(threading.Event())], certificates.good) as server,
        pytest.raises((Disconnected, CannotConnect), match="did not answer within"),  # the latter on a busy machine
    ):
        request("GET", server.url("/"), like=like, seconds=0.3)


def test_the_trace_has_neither_query_nor_bodies(certificates: Certificates, like: ImapServer) -> None:
    tracer, lines = Tracer(), list[str]()
    tracer.switch(lines.append)
    with serving(lambda asked: Page(b"hidden-answer"), certificates.good) as server:
        url = server.url("/token?key=hidden-query")
        request("POST", url, body=b"hidden-body", headers={"Authorization": "hidden-header"}, like=like, tracer=tracer)
    assert "hidden" not in "\n".join(lines)
    assert [line.partition("] ")[2] for line in lines] == [
        "C: POST /token {11 octets}",
        "S: 200 OK application/json",
        "S: {13 octets}",
    ]
