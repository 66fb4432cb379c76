"""A look at a server: what it shows of itself, and one sentence for each reason not to use it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.conftest import DovecotFactory
from tests.servers.certificates import Certificate, Certificates
from tests.servers.dovecot import DovecotOptions
from tests.servers.faults.commands import RefuseCommand
from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Cut
from tests.servers.mailbox import Mailbox
from tests.servers.ports import HOST, free_port
from tests.servers.scripted import Rule, ScriptedServer
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.probe import probe
from tui_migrate.model import AdminLogin, ImapServer, Login, Secret, Security

Behind = Callable[[Certificate, Security], ImapServer]


@pytest.fixture
def behind(dovecot_factory: DovecotFactory, certificates: Certificates) -> Behind:
    """A server that shows this certificate, described as an admin would who trusts the private CA."""

    def describe(certificate: Certificate, security: Security) -> ImapServer:
        dovecot = dovecot_factory(DovecotOptions(certificate=certificate))
        port = dovecot.tls_port if security is Security.TLS else dovecot.port
        return ImapServer(HOST, security=security, port=port, ca_file=str(certificates.ca_file))

    return describe


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_good_server_is_described(behind: Behind, certificates: Certificates, security: Security) -> None:
    seen = probe(behind(certificates.good, security))
    assert seen.reached
    assert seen.refusal == ""
    assert seen.tls_version.startswith("TLSv1.")
    assert seen.certificate is not None
    assert seen.certificate.subject == "127.0.0.1, localhost"
    assert seen.certificate.issuer == "tui-migrate tests"
    assert seen.certificate.expires_at > time.time()
    assert seen.greeting.startswith("OK [CAPABILITY IMAP4rev1")
    assert "LITERAL+" in seen.capabilities
    assert seen.round_trip is not None
    assert seen.round_trip > 0


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(
    ("name", "sentence", "subject"),
    [
        ("self_signed", "The certificate of 127.0.0.1 is self-signed.", "localhost, 127.0.0.1"),
        ("expired", "The certificate of 127.0.0.1 has expired.", "127.0.0.1, localhost"),
        ("wrong_name", "The certificate of 127.0.0.1 is made for another address.", "mail.elsewhere.example"),
    ],
)
def test_a_refused_certificate_is_shown_with_the_reason(
    behind: Behind, certificates: Certificates, security: Security, name: str, sentence: str, subject: str
) -> None:
    seen = probe(behind(getattr(certificates, name), security))
    assert seen.reached
    assert seen.refusal == sentence
    assert "ca_file" in seen.advice or "CA" in seen.advice
    assert seen.certificate is not None
    assert seen.certificate.subject == subject
    assert (seen.certificate.expires_at < time.time()) is (name == "expired")
    assert (seen.tls_version, seen.greeting, seen.round_trip) == ("", "", None)


def test_an_unknown_authority_is_named(behind: Behind, certificates: Certificates) -> None:
    seen = probe(replace(behind(certificates.good, Security.TLS), ca_file=""))
    assert seen.refusal == "The certificate of 127.0.0.1 comes from an authority that this machine does not know."
    assert seen.certificate is not None
    assert seen.certificate.issuer == "tui-migrate tests"


def test_a_certificate_for_another_host_name_is_told_from_one_for_another_address(
    behind: Behind, certificates: Certificates
) -> None:
    seen = probe(replace(behind(certificates.wrong_name, Security.TLS), host="localhost"))
    assert seen.refusal == "The certificate of localhost is made for another host name."


def test_a_server_without_encryption_has_no_certificate(dovecot_factory: DovecotFactory) -> None:
    seen = probe(ImapServer(HOST, security=Security.NONE, port=dovecot_factory().port))
    assert (seen.reached, seen.refusal, seen.tls_version, seen.certificate) == (True, "", "", None)
    assert seen.round_trip is not None


def test_what_a_server_can_do_is_seen_with_a_login(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str]
) -> None:
    dovecot, user = dovecot_factory(), unique_user()
    dovecot.add_user(user, "secret")
    server = ImapServer(HOST, security=Security.NONE, port=dovecot.port)
    assert "UIDPLUS" not in probe(server).capabilities
    seen = probe(server, Login(user, Secret("secret")))
    assert seen.logged_in
    assert {"UIDPLUS", "MULTIAPPEND", "CONDSTORE", "LIST-STATUS"} <= seen.capabilities


def test_a_refused_login_does_not_hide_the_rest(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str]
) -> None:
    dovecot, user = dovecot_factory(DovecotOptions(master=("root", "master-secret"))), unique_user()
    dovecot.add_user(user, "secret")
    server = ImapServer(HOST, security=Security.NONE, port=dovecot.port)
    seen = probe(server, Login(user, Secret("shown-nowhere"), AdminLogin("root", Secret("shown-nowhere"), "authzid")))
    assert seen.refusal == f"{HOST} refused the login of the admin root (for the mailbox of {user})."
    assert seen.server_words.startswith("NO [AUTHENTICATIONFAILED]")
    assert not seen.logged_in
    assert "LITERAL+" in seen.capabilities
    assert "shown-nowhere" not in repr(seen)


def test_nobody_listens() -> None:
    seen = probe(ImapServer(HOST, security=Security.TLS, port=free_port()))
    assert not seen.reached
    assert seen.refusal.endswith("cannot be reached: Connection refused.")


def test_a_host_that_is_not_known() -> None:
    seen = probe(ImapServer("imap..example"))
    assert (seen.reached, seen.refusal) == (False, "imap..example is not a host name.")


@pytest.mark.parametrize("security", [Security.NONE, Security.STARTTLS])
def test_a_server_for_something_else(security: Security) -> None:
    with ScriptedServer([], greeting=b"220 smtp.example ESMTP\r\n") as server:
        seen = probe(ImapServer(HOST, security=security, port=server.port))
    assert seen.reached
    assert seen.refusal == f"{HOST} port {server.port} does not answer as an IMAP server."
    assert seen.server_words == "220 smtp.example ESMTP"


def test_tls_on_a_port_without_it(dovecot_factory: DovecotFactory) -> None:
    port = dovecot_factory().port
    seen = probe(ImapServer(HOST, security=Security.TLS, port=port))
    assert seen.reached
    assert seen.refusal.startswith(f"{HOST} port {port} answers without encryption: use STARTTLS on this port")
    assert seen.certificate is None


def test_starttls_where_it_is_not_offered(dovecot_factory: DovecotFactory) -> None:
    port = dovecot_factory().port
    seen = probe(ImapServer(HOST, security=Security.STARTTLS, port=port))
    assert (seen.reached, seen.refusal) == (True, f"{HOST} port {port} does not offer STARTTLS.")


def test_a_server_that_takes_no_passwords_in_the_clear() -> None:
    with ScriptedServer([], "IMAP4rev1 LOGINDISABLED STARTTLS") as server:
        seen = probe(ImapServer(HOST, security=Security.NONE, port=server.port))
    assert seen.refusal == f"{HOST} takes no passwords without encryption: set security to tls or starttls."
    assert seen.greeting.startswith("OK [CAPABILITY")


def test_a_server_that_knows_everybody_already() -> None:
    with ScriptedServer([], greeting=b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n") as server:
        seen = probe(ImapServer(HOST, security=Security.NONE, port=server.port))
    assert "(PREAUTH)" in seen.refusal


def test_a_server_that_hangs_up_while_it_is_looked_at() -> None:
    with ScriptedServer([Rule("NOOP", Cut())]) as server:
        seen = probe(ImapServer(HOST, security=Security.NONE, port=server.port))
    assert (seen.reached, seen.refusal) == (True, f"{HOST} closed the connection.")
    assert seen.round_trip is None


@pytest.mark.parametrize("chunks", [(b"TAG OK go\r\n", b"* nonsense\r\n"), (b"TAG OK go\r\n* nonsense\r\n",)])
def test_a_server_that_offers_starttls_and_does_not_know_it(chunks: tuple[bytes, ...]) -> None:
    """Its nonsense comes with the OK or after it, as the line has it."""
    with ScriptedServer([Rule("STARTTLS", *chunks)], "IMAP4rev1 STARTTLS") as server:
        seen = probe(ImapServer(HOST, security=Security.STARTTLS, port=server.port))
    assert seen.refusal == f"{HOST} port {server.port} does not speak TLS as expected."
    assert seen.certificate is None


def test_a_login_shows_what_is_not_as_it_is_announced() -> None:
    faults = [
        RefuseCommand("AUTHENTICATE", reply=b"BAD unknown command"),
        RefuseCommand("EXAMINE", reply=b"BAD Command unrecognized: EXAMINE"),
        RefuseCommand("LIST .* RETURN", reply=b"BAD no"),
    ]
    with ImapDouble(Mailbox(), faults) as server:
        there, login = ImapServer(HOST, security=Security.NONE, port=server.port), Login("user", Secret("secret"))
        assert probe(there).lessons == ()
        seen = probe(there, login)
        assert {each.lesson: each.words for each in seen.lessons} == {
            Lesson.LOGIN: "BAD unknown command",
            Lesson.SELECT: "BAD Command unrecognized: EXAMINE",
            Lesson.PLAIN_LIST: "BAD no",
        }
        assert (seen.refusal, seen.logged_in) == ("", True)
        assert probe(there, lessons=Lessons(seen.lessons)).lessons == seen.lessons, "known without a login too"
    with ImapDouble(Mailbox()) as honest:
        assert probe(ImapServer(HOST, security=Security.NONE, port=honest.port), login).lessons == ()
