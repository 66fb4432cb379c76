"""Handshakes that fail: each reason in words of its own, with what can be done about it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.servers.certificates import Certificates
from tests.servers.ports import HOST
from tui_migrate.errors import CannotConnect, CertificateRefused, MailError, TlsTooOld
from tui_migrate.mail import tls
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.smtp import open_smtp
from tui_migrate.model import ImapServer, NoticeSettings, PopServer, Security

Welcome = Callable[[socket.socket], None]


@contextmanager
def listening(welcome: Welcome) -> Iterator[int]:
    """A port on which every connection is handed to `welcome`, and closed."""
    listener = socket.create_server((HOST, 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    welcome(client)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def speaking(certificates: Certificates, ciphers: str, version: ssl.TLSVersion) -> Welcome:
    """Nothing but this version of TLS, and these ciphers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    context.load_cert_chain(certificates.good.chain, certificates.good.key)
    context.minimum_version = context.maximum_version = version

    def welcome(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as encrypted:
            encrypted.sendall(b"* OK ready\r\n")

    return welcome


def answering(octets: bytes) -> Welcome:
    """The same octets to every hello."""

    def welcome(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(octets)

    return welcome


def refusal(port: int, certificates: Certificates, kind: type[ImapServer] | type[PopServer] = ImapServer) -> MailError:
    server = kind("localhost", security=Security.TLS, port=port, ca_file=str(certificates.ca_file))
    with pytest.raises(MailError) as raised:
        _ = Session(server, None) if isinstance(server, ImapServer) else PopSession(server, None)
    return raised.value


@pytest.mark.parametrize("kind", [ImapServer, PopServer])
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_with_old_versions_alone(
    certificates: Certificates, version: str, kind: type[ImapServer] | type[PopServer]
) -> None:
    with listening(speaking(certificates, "ALL:@SECLEVEL=0", ssl.TLSVersion[version])) as port:
        error = refusal(port, certificates, kind)
    assert type(error) is TlsTooOld
    assert error.sentence == f"localhost port {port} speaks only versions of TLS that are too old for this machine."
    assert "PROTOCOL_VERSION" in error.server_words
    assert "TLS 1.2" in error.advice
    assert "host name" not in error.advice


def test_a_server_with_one_old_suite(certificates: Certificates) -> None:
    with listening(speaking(certificates, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2)) as port:
        error = refusal(port, certificates)
    assert type(error) is TlsTooOld
    sentence = "have no cipher in common: those of the server are too old or too weak."
    assert error.sentence == f"localhost port {port} and this machine {sentence}"
    assert "TLS 1.2" in error.advice


@pytest.mark.parametrize(
    "octets",
    [
        b"\x15\x03\x01\x00\x02\x02\x46",  # alert: protocol_version
        b"\x15\x03\x03\x00\x02\x02\x47",  # alert: insufficient_security
        b"\x15\x03\x03\x00\x02\x02\x28",  # alert: handshake_failure
        b"\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00" + bytes(32) + b"\x00\x00\x05\x00",  # a hello in SSL 3.0
    ],
)
def test_what_old_servers_say_to_a_hello(certificates: Certificates, octets: bytes) -> None:
    with listening(answering(octets)) as port:
        assert type(refusal(port, certificates)) is TlsTooOld


def test_another_trouble_is_not_taken_for_an_old_server(certificates: Certificates) -> None:
    with listening(answering(b"\x15\x03\x03\x00\x02\x02\x50")) as port:  # alert: internal_error
        error = refusal(port, certificates)
    assert type(error) is CannotConnect
    assert error.sentence == f"localhost port {port} does not speak TLS as expected."


def test_the_server_for_mails_is_judged_the_same(certificates: Certificates) -> None:
    with listening(answering(b"\x15\x03\x01\x00\x02\x02\x46")) as port:
        settings = NoticeSettings(
            host="localhost",
            port=port,
            security=Security.TLS,
            ca_file=str(certificates.ca_file),
            sender="it@new.example",
        )
        with pytest.raises(TlsTooOld), open_smtp(settings):
            pass


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (66, "The certificate of localhost has a key that is too weak for this machine."),
        (68, "The certificate of localhost is signed in a way that is too weak for this machine."),
    ],
)
def test_a_certificate_that_is_too_weak(code: int, sentence: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "key too weak"
    translated = tls.translate(error, ImapServer("localhost"))
    assert (type(translated), translated.sentence) == (CertificateRefused, sentence)
