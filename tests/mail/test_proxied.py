"""Connections by way of a proxy: what it is told, what comes through, and which leg of the way is to blame."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from tests.servers.certificates import Certificates
from tests.servers.forward_proxies import Asked, ConnectProxy, ForwardProxy
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Peer
from tests.servers.pop.server import PopDouble
from tests.servers.ports import HOST
from tests.servers.smtp import SmtpServer
from tests.servers.web import Page, WebServer
from tests.support.by_proxy import ALICE, BOB, ELSEWHERE, NAME, PASSWORD, behind, both, box, refusal
from tui_migrate.errors import (
    CertificateRefused,
    Outlook,
    PasswordLost,
    ProxyLoginRefused,
    quoted,
)
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.http import request
from tui_migrate.mail.probe import AtProxy, probe
from tui_migrate.mail.smtp import open_smtp
from tui_migrate.model import (
    ImapServer,
    NoticeSettings,
    PopServer,
    ProxyLogin,
    Secret,
    Security,
)
from tui_migrate.store.vault import Unopened

# The way


@both
def test_the_proxy_looks_the_name_up(kind: type[ForwardProxy]) -> None:
    with ImapDouble(box()) as imap, kind({(NAME, 143): imap.port}) as proxy:
        source = open_source(behind(proxy), ALICE)
        assert [each.display for each in source.tree().folders] == ["INBOX"]
        source.close()
    assert proxy.asked == [Asked(NAME, 143)]
    assert imap.came_from == proxy.ports


@both
def test_a_name_is_told_as_dns_spells_it(kind: type[ForwardProxy]) -> None:
    name = "bücher.invalid"
    with ImapDouble(box()) as imap, kind({("xn--bcher-kva.invalid", 143): imap.port}) as proxy:
        open_source(behind(proxy, host=name), ALICE).close()
    assert refusal(behind(proxy, host="imap..example")).sentence == "imap..example is not a host name."


@both
@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_an_address_is_told_as_one(kind: type[ForwardProxy], host: str) -> None:
    with ImapDouble(box()) as imap, kind({(host, 143): imap.port}) as proxy:
        open_source(behind(proxy, host=host), ALICE).close()
    assert proxy.asked == [Asked(host, 143)]


@both
def test_a_greeting_that_comes_with_the_answer_of_the_proxy_is_heard(kind: type[ForwardProxy]) -> None:
    with ImapDouble(box()) as imap, kind({(NAME, 143): imap.port}, together=True) as proxy:
        open_source(behind(proxy), ALICE).close()


class Hesitant(ConnectProxy):
    """Its answer comes octet by octet, each when the last one has been taken, with the greeting at its end."""

    def converse(self, peer: Peer) -> None:
        self.asked.append(self.hear(peer))
        for octet in self.granted() + b"* OK IMAP4rev1 ready\r\n":
            peer.write(bytes([octet]))
        peer.read(1)


def test_an_answer_that_comes_in_pieces_is_read_to_its_end_and_no_further() -> None:
    with Hesitant({}) as proxy, open_socket(behind(proxy)) as sock:
        assert sock.makefile("rb").readline() == b"* OK IMAP4rev1 ready\r\n"


@both
def test_the_sockets_options_are_those_of_every_connection(kind: type[ForwardProxy]) -> None:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY), (socket.SOL_SOCKET, socket.SO_KEEPALIVE)]
    linger = (socket.SOL_SOCKET, socket.SO_LINGER, 8)
    with ImapDouble(box()) as imap, kind({(NAME, 143): imap.port}) as proxy:
        direct = open_socket(ImapServer(HOST, security=Security.NONE, port=imap.port), 7.0)
        proxied = open_socket(behind(proxy), 7.0)
        with direct, proxied:
            for option in options:
                assert proxied.getsockopt(*option) == direct.getsockopt(*option) != 0
            assert proxied.getsockopt(*linger) == direct.getsockopt(*linger)
            assert proxied.gettimeout() == direct.gettimeout() == 7.0
            assert type(proxied) is type(direct)


@both
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_tls_is_with_the_server_under_its_own_name(
    kind: type[ForwardProxy], certificates: Certificates, security: Security
) -> None:
    context = certificates.wrong_name.context()
    tls, starttls = (context, None) if security is Security.TLS else (None, context)
    with (
        ImapDouble(box(), tls=tls, starttls=starttls) as imap,
        kind({(ELSEWHERE, 993): imap.port, (NAME, 993): imap.port}) as proxy,
    ):
        server = behind(proxy, host=ELSEWHERE, port=993, security=security, ca_file=str(certificates.ca_file))
        open_source(server, ALICE).close()
        other = replace(server, host=NAME)
        with pytest.raises(CertificateRefused, match=f"The certificate of {NAME} is made for another host name"):
            open_source(other, ALICE)
        seen = probe(other)
        assert seen.certificate is not None
        assert seen.certificate.subject == ELSEWHERE
    assert imap.came_from == proxy.ports


@both
def test_pop_comes_by_the_proxy_and_so_does_the_look_for_imap_beside_it(
    kind: type[ForwardProxy], certificates: Certificates
) -> None:
    tls = certificates.wrong_name.context()
    with (
        PopDouble(box()) as pop,
        ImapDouble(box(), tls=tls) as imap,
        kind({(ELSEWHERE, 110): pop.port, (ELSEWHERE, 993): imap.port}) as proxy,
    ):
        server = PopServer(ELSEWHERE, security=Security.NONE, ca_file=str(certificates.ca_file), proxy=proxy.url)
        seen = probe(server, ALICE)
    assert (seen.reached, seen.messages, seen.at_proxy) == (True, 0, AtProxy.LET_IN)
    assert seen.beside is not None
    assert proxy.asked == [Asked(ELSEWHERE, 110), Asked(ELSEWHERE, 993)]
    assert pop.came_from | imap.came_from == proxy.ports


@both
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS, Security.NONE])
def test_mail_to_users_goes_by_the_proxy(
    kind: type[ForwardProxy], certificates: Certificates, security: Security
) -> None:
    certificate = certificates.wrong_name
    tls = certificate if security is Security.TLS else None
    starttls = certificate if security is Security.STARTTLS else None
    with SmtpServer(tls=tls, starttls=starttls) as smtp, kind({(ELSEWHERE, 25): smtp.port}) as proxy:
        settings = NoticeSettings(ELSEWHERE, "a@b.example", security=security, port=25, proxy=proxy.url)
        with open_smtp(replace(settings, ca_file=str(certificates.ca_file))):
            pass
    assert proxy.asked == [Asked(ELSEWHERE, 25)]
    assert smtp.came_from == proxy.ports


@both
def test_a_request_goes_the_way_of_the_mail_server(kind: type[ForwardProxy], certificates: Certificates) -> None:
    with (
        WebServer(lambda asked: Page(b"{}"), tls=certificates.wrong_name.context()) as web,
        kind({(ELSEWHERE, 443): web.port}, login=("bob", PASSWORD)) as proxy,
    ):
        like = behind(proxy, ca_file=str(certificates.ca_file), proxy_login=BOB)
        assert request("GET", f"https://{ELSEWHERE}/token", like=like).body == b"{}"
    assert proxy.logins == [("bob", PASSWORD)]
    assert web.asked[0].headers["host"] == ELSEWHERE
    assert web.came_from == proxy.ports


# Logins


@both
def test_a_login_is_told_to_the_proxy_alone(kind: type[ForwardProxy]) -> None:
    with ImapDouble(box()) as imap, kind({(NAME, 143): imap.port}, login=("bob", PASSWORD)) as proxy:
        open_source(behind(proxy, proxy_login=BOB), ALICE).close()
    assert proxy.logins == [("bob", PASSWORD)]


@both
def test_a_login_that_is_refused_is_tried_once(kind: type[ForwardProxy]) -> None:
    with kind({}, login=("bob", "another")) as proxy:
        error = refusal(behind(proxy, proxy_login=BOB))
    assert isinstance(error, ProxyLoginRefused)
    assert error.sentence == f"The proxy {HOST} port {proxy.port} does not accept the login of bob."
    assert len(proxy.logins) == 1
    assert not error.retry
    assert "user and the password of the proxy" in error.advise(Outlook.SEEN)
    assert quoted(error) == ("The proxy said: HTTP/1.1 407 not with bob:•••" if kind is ConnectProxy else "")


@both
def test_a_login_that_is_wanted_and_not_set(kind: type[ForwardProxy]) -> None:
    with kind({}, login=("bob", PASSWORD)) as proxy:
        error = refusal(behind(proxy))
    assert isinstance(error, ProxyLoginRefused)
    assert error.sentence == f"The proxy {HOST} port {proxy.port} wants a login, and none is set for it."
    assert proxy.asked == [] or kind is ConnectProxy


@both
@pytest.mark.parametrize("password", ["wörd-" + PASSWORD, PASSWORD * 20, ""])
def test_a_login_that_cannot_be_sent_is_said(kind: type[ForwardProxy], password: str) -> None:
    with kind({}) as proxy:
        error = refusal(behind(proxy, proxy_login=ProxyLogin("bob", Secret(password))))
    assert isinstance(error, ProxyLoginRefused)
    assert "user and password must be ASCII, and 255 characters at most" in error.sentence
    assert proxy.connections == 0


def test_a_user_with_a_colon_cannot_be_told_to_an_http_proxy() -> None:
    with ConnectProxy({}) as proxy:
        error = refusal(behind(proxy, proxy_login=ProxyLogin("b:ob", Secret(PASSWORD))))
    assert "a user with a colon" in error.sentence


@both
def test_a_stored_password_that_does_not_open_is_no_refusal(kind: type[ForwardProxy]) -> None:
    with kind({}) as proxy:
        lost = ProxyLogin("bob", Unopened("", b"sealed", "The key does not open it."))
        error = refusal(behind(proxy, proxy_login=lost))
    assert isinstance(error, PasswordLost)
    assert error.sentence == "The key does not open it."
    assert "the proxy's password" in error.advise(Outlook.HELD)
