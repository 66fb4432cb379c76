"""A connection of HTTP that is kept: many answers on it, in every shape, and none that is not whole."""

from __future__ import annotations

import pytest

from tests.servers.certificates import Certificate, Certificates
from tests.servers.loopback_server import Chunk, Cut
from tests.servers.web import Handle, Page, WebServer
from tui_migrate.errors import CertificateRefused, Disconnected, ProtocolViolation
from tui_migrate.mail.trace import Tracer
from tui_migrate.mail.web.connection import WebConnection
from tui_migrate.model import ImapServer


def serving(handle: Handle, certificate: Certificate) -> WebServer:
    return WebServer(handle, tls=certificate.context(), keeps=True)


def connected(server: WebServer, certificates: Certificates, tracer: Tracer | None = None) -> WebConnection:
    where = ImapServer(server.host, port=server.port, ca_file=str(certificates.ca_file))
    return WebConnection(where, tracer=tracer)


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + end


def test_one_connection_takes_many_requests(certificates: Certificates) -> None:
    large = bytes(range(256)) * 2000
    said: list[Page | list[Chunk]] = [
        [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"],
        [chunked(b"bc", large)],
        Page(status=204),
        Page(b"d", status=500),
    ]
    answers = iter(said)
    with serving(lambda asked: next(answers), certificates.good) as server:
        connection = connected(server, certificates)
        read = [connection.ask("POST", "/0?q", {"X-Way": "b"}, b"body").read()]
        read += [connection.ask("GET", f"/{number}").read() for number in range(1, 4)]
        connection.close()
    assert read == [b"a", b"bc" + large, b"", b"d"]
    first, second = server.asked[:2]
    assert (first.method, first.target, first.body, first.headers["x-way"]) == ("POST", "/0?q", b"body", "b")
    assert (second.method, second.target, second.body) == ("GET", "/1", b"")
    assert first.headers["host"] == f"{server.host}:{server.port}"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nfewer",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        chunked(b"abc", end=b""),
        chunked(b"abc", end=b"no size\r\n"),
        b"* OK IMAP4rev1 ready\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_an_answer_whose_end_is_not_certain_is_none(certificates: Certificates, said: bytes) -> None:
    with serving(lambda asked: [said, Cut()], certificates.good) as server:
        connection = connected(server, certificates)
        with pytest.raises((Disconnected, ProtocolViolation)):
            connection.ask("GET", "/").read()
        connection.close()


def test_more_than_is_taken_is_refused(certificates: Certificates) -> None:
    with serving(lambda asked: Page(b"x" * 101), certificates.good) as server:
        connection = connected(server, certificates)
        with pytest.raises(ProtocolViolation, match="more than 100 octets"):
            connection.ask("GET", "/").read(100)
        connection.close()


def test_nothing_is_asked_behind_an_answer_that_was_not_read(certificates: Certificates) -> None:
    with serving(lambda asked: Page(b"x" * 101), certificates.good) as server:
        connection = connected(server, certificates)
        connection.ask("GET", "/")
        assert not connection.usable
        with pytest.raises(Disconnected):
            connection.ask("GET", "/")
        connection.close()
    assert len(server.asked) == 1


def test_nothing_is_asked_of_a_server_that_is_not_the_one(certificates: Certificates) -> None:
    with serving(lambda asked: Page(), certificates.expired) as server, pytest.raises(CertificateRefused):
        connected(server, certificates)
    assert server.asked == []


def test_the_trace_shows_what_holds_no_secret(certificates: Certificates) -> None:
    tracer, lines = Tracer(), list[str]()
    tracer.switch(lines.append)
    answer = Page(b"hidden-answer", status=401, headers={"WWW-Authenticate": "NTLM hidden", "Set-Cookie": "hidden"})
    with serving(lambda asked: answer, certificates.good) as server:
        connection = connected(server, certificates, tracer)
        fields = {"Authorization": "Basic hidden", "Cookie": "hidden", "Prefer": 'IdType="ImmutableId"'}
        response = connection.ask("POST", "/EWS?key=hidden", fields, b"hidden")
        assert response.asks_for == ("NTLM hidden",)
        response.read()
        connection.close()
    text = "\n".join(line.partition("] ")[2] for line in lines)
    assert "hidden" not in text
    assert "C: POST /EWS\n" in text
    assert "C: Authorization: Basic {6 octets}" in text
    assert 'C: Prefer: IdType="ImmutableId"' in text
    assert "S: HTTP/1.1 401 Unauthorized" in text
    assert "S: WWW-Authenticate: NTLM {6 octets}" in text
    assert "S: Set-Cookie: {6 octets}" in text
    assert "S: {13 octets}" in text
