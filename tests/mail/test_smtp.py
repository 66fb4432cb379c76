"""Mail handed to a real SMTP server, in the clear and encrypted, with and without a login; and what it refuses."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.servers.certificates import Certificate, Certificates
from tests.servers.smtp import SmtpServer
from tui_migrate.errors import (
    CannotConnect,
    CertificateRefused,
    Disconnected,
    LoginRefused,
    MailError,
    NoticeDelayed,
    NoticeInDoubt,
    NoticeRefused,
    StartTlsMissing,
)
from tui_migrate.mail.smtp import open_smtp
from tui_migrate.model import NoticeSettings, Secret, Security
from tui_migrate.notices.message import message

TEXT = "Grüße,\n.\n..two dots\n" + "x" * 1200 + "\n"
NOON = 1_741_788_120.0


def to(server: SmtpServer, **changes: object) -> NoticeSettings:
    settings = NoticeSettings(
        "127.0.0.1", "help@example.com", security=Security.NONE, port=server.port, sender_name="Zoë, the helpdesk"
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


def secured(security: Security, certificate: Certificate) -> SmtpServer:
    tls, starttls = (certificate, None) if security is Security.TLS else (None, certificate)
    return SmtpServer(tls=tls, starttls=starttls, logins={"relay": "word"})


def hand_over(settings: NoticeSettings, *recipients: str) -> None:
    with open_smtp(settings) as session:
        for each in recipients:
            session.send(message(settings, each, ("Übersiedelt", TEXT), NOON), each)


def test_what_arrives_is_the_mail() -> None:
    with SmtpServer() as server:
        hand_over(to(server), "alice@new.example", "bob@new.example")
    first, second = server.received
    assert (first.sender, first.recipients, second.recipients) == (
        "help@example.com",
        ["alice@new.example"],
        ["bob@new.example"],
    )
    assert not first.encrypted
    assert first.text == TEXT
    mail = first.mail
    assert mail["From"].addresses[0].display_name == "Zoë, the helpdesk"
    assert (mail["From"].addresses[0].addr_spec, mail["To"]) == ("help@example.com", "alice@new.example")
    assert mail["Subject"] == "Übersiedelt"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime.timestamp() == NOON
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail["Message-ID"] != second.mail["Message-ID"]
    assert first.octets.isascii()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_encrypted_with_a_login(certificates: Certificates, security: Security) -> None:
    with secured(security, certificates.good) as server:
        login = to(server, security=security, ca_file=str(certificates.ca_file), user="relay", password=Secret("word"))
        hand_over(login, "alice@new.example")
        with pytest.raises(LoginRefused) as refused:
            hand_over(replace(login, password=Secret("other")), "alice@new.example")
    (received,) = server.received
    assert (received.encrypted, received.user) == (True, "relay")
    assert refused.value.server_words == "535 5.7.8 Not these credentials"
    assert "other" not in str(refused.value)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("kind", ["expired", "wrong_name", "self_signed"])
def test_a_certificate_that_is_not_to_be_trusted(certificates: Certificates, kind: str, security: Security) -> None:
    bad: Certificate = getattr(certificates, kind)
    with secured(security, bad) as server:
        settings = to(
            server, security=security, ca_file=str(certificates.ca_file), user="relay", password=Secret("word")
        )
        with pytest.raises(CertificateRefused):
            hand_over(settings, "alice@new.example")
    assert (server.received, server.logins_tried) == ([], [])


def test_starttls_is_not_done_without() -> None:
    with SmtpServer() as server, pytest.raises(StartTlsMissing):
        hand_over(to(server, security=Security.STARTTLS), "alice@new.example")
    assert server.received == []


def test_tls_from_a_server_that_has_none() -> None:
    with SmtpServer() as server, pytest.raises(CannotConnect, match="answers without encryption"):
        hand_over(to(server, security=Security.TLS), "alice@new.example")


def test_a_login_where_none_is_offered() -> None:
    with SmtpServer() as server, pytest.raises(LoginRefused, match="offers no login"):
        hand_over(to(server, user="relay", password=Secret("word")), "alice@new.example")


def test_one_that_is_refused_leaves_the_next_alone() -> None:
    with SmtpServer() as server:
        server.replies = {
            "nobody@new.example": ["550 5.1.1 No such user"],
            "full@new.example": ["452 4.2.2 Mailbox full"],
        }
        settings = to(server)
        refused: list[MailError] = []
        with open_smtp(settings) as session:
            for each in ("nobody@new.example", "full@new.example", "alice@new.example"):
                try:
                    session.send(message(settings, each, ("Moved", TEXT), NOON), each)
                except MailError as error:
                    refused.append(error)
    never, not_now = refused
    assert type(never) is NoticeRefused
    assert type(not_now) is NoticeDelayed
    assert (never.retry, not_now.retry) == (False, True)
    assert never.sentence == "The SMTP server does not take the recipient nobody@new.example."
    assert (never.server_words, not_now.server_words) == ("550 5.1.1 No such user", "452 4.2.2 Mailbox full")
    assert [each.recipients for each in server.received] == [["alice@new.example"]]


def test_an_address_in_other_letters_than_ascii() -> None:
    with SmtpServer() as server:
        hand_over(to(server), "zoë@new.example", "alice@new.example")
        assert [each.recipients for each in server.received] == [["zoë@new.example"], ["alice@new.example"]]
        assert server.received[0].mail["To"] == "zoë@new.example"
    with SmtpServer(utf8=False) as server, pytest.raises(NoticeRefused, match="SMTPUTF8"):
        hand_over(to(server), "zoë@new.example")


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CannotConnect):
        hand_over(
            NoticeSettings("127.0.0.1", "help@example.com", security=Security.NONE, port=port), "alice@new.example"
        )


@contextmanager
def cut_off(*replies: str, data: bool = False) -> Iterator[int]:
    """A server that says these lines, one for each of the client's, reads the mail when it has said them, and ends."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ConnectionResetError), connection.makefile("rwb") as lines:
            for reply in replies:
                lines.write(f"{reply}\r\n".encode())
                lines.flush()
                if not lines.readline():
                    return
            while data and lines.readline() != b".\r\n":
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


GOES_WELL = ("220 hello", "250 hello", "250 reset", "250 sender", "250 recipient")


def test_a_connection_that_ends_before_the_mail_is_sent_is_tried_again() -> None:
    with cut_off(*GOES_WELL) as port, pytest.raises(Disconnected) as lost:
        hand_over(
            NoticeSettings("127.0.0.1", "help@example.com", security=Security.NONE, port=port), "alice@new.example"
        )
    assert lost.value.retry


def test_a_connection_that_ends_after_the_mail_leaves_a_doubt() -> None:
    with cut_off(*GOES_WELL, "354 go on", data=True) as port, pytest.raises(NoticeInDoubt) as lost:
        hand_over(
            NoticeSettings("127.0.0.1", "help@example.com", security=Security.NONE, port=port), "alice@new.example"
        )
    assert not lost.value.retry


def test_a_greeting_that_turns_us_away() -> None:
    with cut_off("421 too busy") as port, pytest.raises(CannotConnect) as away:
        hand_over(
            NoticeSettings("127.0.0.1", "help@example.com", security=Security.NONE, port=port), "alice@new.example"
        )
    assert away.value.server_words == "421 too busy"
