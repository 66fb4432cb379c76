"""A look at a POP server: what it shows, how much mail there is, and whether the same host has IMAP as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import DovecotFactory
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import MailItem, write_maildir
from tests.servers.ports import HOST, free_port
from tests.servers.scripted_pop import Answer, ScriptedPop
from tui_migrate.mail.probe import probe
from tui_migrate.model import ImapServer, Login, PopServer, Secret, Security


@pytest.fixture
def dovecot(dovecot_factory: DovecotFactory, certificates: Certificates) -> Dovecot:
    return dovecot_factory(DovecotOptions(certificate=certificates.good, pop3=True))


@pytest.fixture
def usual_ports(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Says where IMAP usually answers, with TLS and with STARTTLS."""

    def put(tls: int, starttls: int) -> None:
        monkeypatch.setattr(ImapServer, "ports", {Security.TLS: tls, Security.STARTTLS: starttls})

    put(free_port(), free_port())
    return put


@pytest.mark.usefixtures("usual_ports")
@pytest.mark.parametrize("security", list(Security))
def test_a_good_server_is_described(
    dovecot: Dovecot, certificates: Certificates, unique_user: Callable[[], str], security: Security
) -> None:
    user = unique_user()
    items = [MailItem("INBOX", b"Subject: a\r\n\r\nb\r\n", frozenset(), 1)] * 3
    write_maildir(dovecot.add_user(user, "secret"), "/", items)
    port = dovecot.pop3_tls_port if security is Security.TLS else dovecot.pop3_port
    server = PopServer(HOST, security=security, port=port, ca_file=str(certificates.ca_file))
    seen = probe(server)
    assert (seen.reached, seen.refusal, seen.logged_in, seen.messages) == (True, "", False, None)
    assert seen.greeting.startswith("+OK Dovecot")
    assert seen.tls_version.startswith("TLSv1.") is (security is not Security.NONE)
    assert seen.certificate is None or seen.certificate.subject == "127.0.0.1, localhost"
    seen = probe(server, Login(user, Secret("secret")))
    assert (seen.refusal, seen.logged_in, seen.messages, seen.beside) == ("", True, 3, None)
    assert {"UIDL", "TOP", "PIPELINING"} <= seen.capabilities
    assert seen.round_trip is not None


@pytest.mark.usefixtures("usual_ports")
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_refused_certificate_is_shown(
    dovecot_factory: DovecotFactory, certificates: Certificates, security: Security
) -> None:
    dovecot = dovecot_factory(DovecotOptions(certificate=certificates.self_signed, pop3=True))
    port = dovecot.pop3_tls_port if security is Security.TLS else dovecot.pop3_port
    seen = probe(PopServer(HOST, security=security, port=port))
    assert seen.refusal == f"The certificate of {HOST} is self-signed."
    assert seen.certificate is not None


def test_imap_on_the_same_host_is_found_where_it_can_be_trusted(
    dovecot: Dovecot, certificates: Certificates, usual_ports: Callable[[int, int], None]
) -> None:
    server = PopServer(HOST, security=Security.NONE, port=dovecot.pop3_port, ca_file=str(certificates.ca_file))
    found = []
    for tls, starttls in ((dovecot.tls_port, dovecot.port), (free_port(), dovecot.port), (dovecot.port, free_port())):
        usual_ports(tls, starttls)
        imap = probe(server).beside
        found.append((imap.security, imap.port) if imap else None)
    assert found == [(Security.TLS, dovecot.tls_port), (Security.STARTTLS, dovecot.port), None]
    usual_ports(dovecot.tls_port, dovecot.port)
    assert probe(PopServer(HOST, security=Security.NONE, port=dovecot.pop3_port)).beside is None
    gone = probe(PopServer(HOST, security=Security.NONE, port=free_port(), ca_file=str(certificates.ca_file)))
    assert (gone.reached, gone.beside is not None) == (False, True)


@pytest.mark.usefixtures("usual_ports")
def test_a_refused_login_does_not_hide_the_rest() -> None:
    replies: dict[str, Answer | list[Answer]] = {"AUTH": b"-ERR [AUTH] no\r\n"}
    with ScriptedPop([], replies=replies) as pop:
        seen = probe(PopServer(HOST, security=Security.NONE, port=pop.port), Login("alice", Secret("shown-nowhere")))
    assert seen.refusal == f"{HOST} refused the login of alice."
    assert seen.server_words == "-ERR [AUTH] no"
    assert "UIDL" in seen.capabilities
    assert "shown-nowhere" not in repr(seen)
