"""A way by a proxy that leads nowhere: which leg of it is to blame."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.forward_proxies import ConnectProxy, ForwardProxy, SocksProxy
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Cut, LoopbackServer, Peer, Stall
from tests.servers.ports import HOST, free_port
from tests.support.by_proxy import BOB, NAME, PASSWORD, Telling, behind, both, box, refusal
from tui_migrate.errors import (
    CannotConnect,
    Outlook,
    ProxyForbids,
    ProxyLoginRefused,
    ProxyUnreachable,
    UnreachableByProxy,
    quoted,
)
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.probe import AtProxy, probe
from tui_migrate.model import (
    ImapServer,
    ProxyLogin,
    Secret,
    Security,
)

# Which leg failed


def test_a_proxy_that_is_not_there() -> None:
    server = ImapServer(NAME, proxy=f"socks5://{HOST}:{free_port()}")
    error = refusal(server)
    assert isinstance(error, ProxyUnreachable)
    assert error.sentence.endswith("cannot be reached: Connection refused.")
    assert error.sentence.startswith(f"The proxy {HOST} port ")
    assert "proxy" in error.advise(Outlook.SEEN)
    unknown = refusal(replace(server, proxy="http://no-such-proxy.invalid:3128"))
    assert isinstance(unknown, ProxyUnreachable)
    assert unknown.sentence.startswith("The host no-such-proxy.invalid of the proxy is not known: ")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (1, UnreachableByProxy, "cannot reach {}: it gives no reason (general failure)."),
        (2, ProxyForbids, "does not allow connections to {}."),
        (3, UnreachableByProxy, "cannot reach {}: the network is unreachable from there."),
        (4, UnreachableByProxy, "cannot reach {}: the host is unreachable from there, or its name is not known there."),
        (5, UnreachableByProxy, "cannot reach {}: the connection is refused."),
        (6, UnreachableByProxy, "cannot reach {}: it is too far from there (TTL expired)."),
        (7, UnreachableByProxy, "cannot reach {}: it does not connect to anything (command not supported)."),
        (8, UnreachableByProxy, "cannot reach {}: it does not take such an address (address type not supported)."),
        (9, UnreachableByProxy, "broke off before it led to {}."),
    ],
)
def test_what_a_socks_proxy_answers(reply: int, kind: type[CannotConnect], says: str) -> None:
    with SocksProxy({}, refuses=reply) as proxy:
        error = refusal(behind(proxy))
    assert type(error) is kind
    assert error.sentence == f"The proxy {HOST} port {proxy.port} {says.format(f'{NAME} port 143')}"
    assert error.retry


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, ProxyForbids),
        (405, ProxyForbids),
        (407, ProxyLoginRefused),
        (500, UnreachableByProxy),
        (502, UnreachableByProxy),
        (503, UnreachableByProxy),
        (504, UnreachableByProxy),
        (302, UnreachableByProxy),
    ],
)
def test_what_an_http_proxy_answers(status: int, kind: type[CannotConnect]) -> None:
    with ConnectProxy({}, refuses=status) as proxy:
        error = refusal(behind(proxy))
    assert type(error) is kind
    assert quoted(error) == f"The proxy said: HTTP/1.1 {status} no way"


@pytest.mark.parametrize("scheme", ["socks5", "http"])
@pytest.mark.parametrize("said", [b"* OK IMAP4rev1 ready\r\n", b"\4\x5a\0\0\0\0\0\0", b"", b"220 smtp.example\r\n"])
def test_what_is_no_proxy_is_said(scheme: str, said: bytes) -> None:
    with Telling(said, Cut()) as other:
        error = refusal(ImapServer(NAME, proxy=f"{scheme}://{HOST}:{other.port}"))
    assert isinstance(error, ProxyUnreachable)
    called = "a SOCKS5 proxy" if scheme == "socks5" else "an HTTP proxy"
    assert error.sentence == f"The proxy {HOST} port {other.port} does not answer as {called}."


@pytest.mark.parametrize(
    ("scheme", "said", "kind"),
    [
        ("socks5", b"", ProxyUnreachable),
        ("socks5", b"\5\0", UnreachableByProxy),
        ("socks5", b"\5\0\5\0\0\1", UnreachableByProxy),
        ("http", b"", UnreachableByProxy),
        ("http", b"HTTP/1.1 200 OK\r\nVia: ", UnreachableByProxy),
    ],
)
def test_a_proxy_that_falls_silent_is_left(scheme: str, said: bytes, kind: type[CannotConnect]) -> None:
    with Telling(said, Stall(threading.Event())) as proxy:
        error = refusal(ImapServer(NAME, proxy=f"{scheme}://{HOST}:{proxy.port}"), 0.2)
    assert type(error) is kind
    assert "within 0 s" in error.sentence


class Trickling(LoopbackServer):
    """Says one octet after the other, and never comes to an end."""

    def converse(self, peer: Peer) -> None:
        peer.write(b"HTTP/1.1 200 OK\r\nVia: ")
        while True:
            peer.write(b"x")
            if self.enough.wait(0.01):
                return

    enough = threading.Event()


def test_octets_that_trickle_in_do_not_begin_the_time_anew() -> None:
    with Trickling() as proxy:
        error = refusal(ImapServer(NAME, proxy=f"http://{HOST}:{proxy.port}"), 0.3)
    assert isinstance(error, UnreachableByProxy)


def test_an_answer_without_end_is_not_taken() -> None:
    with Telling(b"HTTP/1.1 200 OK\r\nVia: " + b"x" * 100_000) as proxy:
        error = refusal(ImapServer(NAME, proxy=f"http://{HOST}:{proxy.port}"))
    assert isinstance(error, UnreachableByProxy)


@given(st.sampled_from(["socks5", "http"]), st.data())
def test_whatever_a_proxy_says_is_an_error_that_an_admin_can_read(scheme: str, data: st.DataObject) -> None:
    begins = st.sampled_from([b"", b"\5\2\1\0\5\0\0", b"\5\0\5", b"HTTP/1.1 ", b"HTTP/1.0 407"])
    said = data.draw(begins) + data.draw(st.binary(max_size=30))
    with Telling(said, Cut()) as proxy:
        server = ImapServer(NAME, proxy=f"{scheme}://{HOST}:{proxy.port}", proxy_login=BOB)
        error: CannotConnect | None = None
        try:
            open_socket(server, 15.0).close()
        except CannotConnect as refused:
            error = refused
    assert error is None or error.sentence.startswith(f"The proxy {HOST} port {proxy.port} ")
    assert error is None or error.server_words.encode() is not None


# The connection test


@both
def test_the_connection_test_says_which_leg_failed(kind: type[ForwardProxy]) -> None:
    nobody = free_port()
    with ImapDouble(box()) as imap:
        places = {(NAME, 143): imap.port, (NAME, 144): nobody}
        with kind(places, login=("bob", PASSWORD)) as proxy:
            way = behind(proxy, proxy_login=BOB)
            wrong = ProxyLogin("bob", Secret("wrong"))
            seen = [
                probe(server)
                for server in (
                    replace(way, proxy=f"{kind.scheme}://{HOST}:{nobody}"),
                    replace(way, proxy_login=wrong),
                    replace(way, port=144),
                    replace(way, host="imap.new.invalid"),
                    way,
                    replace(way, security=Security.STARTTLS),
                )
            ]
    legs = [(each.at_proxy, each.reached) for each in seen]
    assert legs == [
        (AtProxy.NOT_REACHED, False),
        (AtProxy.NOT_LET_IN, False),
        (AtProxy.LET_IN, False),
        (AtProxy.LET_IN, False),
        (AtProxy.LET_IN, True),
        (AtProxy.LET_IN, True),
    ]
    said = [each.refusal for each in seen]
    assert "cannot be reached: Connection refused" in said[0]
    assert "does not accept the login of bob" in said[1]
    assert f"cannot reach {NAME} port 144" in said[2]
    assert "cannot reach imap.new.invalid port 143" in said[3]
    assert (said[4], said[5]) == ("", f"{NAME} port 143 does not offer STARTTLS.")
