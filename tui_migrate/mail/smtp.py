"""Submission of mail (SMTP, RFC 5321 and 6409), with certificates verified as everywhere. It alone speaks SMTP."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from ssl import SSLError

from tui_migrate.errors import (
    CannotConnect,
    Disconnected,
    LoginRefused,
    MailError,
    NoticeDelayed,
    NoticeInDoubt,
    NoticeRefused,
    StartTlsMissing,
    TokenRefused,
)
from tui_migrate.mail import sasl, tls
from tui_migrate.mail.credentials import app_password
from tui_migrate.mail.dial import TRY_TLS, open_socket
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.oauth import refusals
from tui_migrate.mail.token import log_in
from tui_migrate.model import Login, NetworkServer, NoticeSettings, Secret, Security
from tui_migrate.model.grants import Grants

REPLY_SECONDS = 60.0
"""For an answer: of a greeting, a command, or a whole mail."""
_LINE_DOT = re.compile(rb"^\.", re.MULTILINE)


class _Client(smtplib.SMTP):
    """smtplib on a socket that was dialled as all others are."""

    def __init__(self, server: NetworkServer) -> None:
        self._server = server
        super().__init__(server.host, server.port, timeout=REPLY_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = open_socket(self._server)
        sock.settimeout(timeout)
        return tls.wrapped(sock, self._server) if self._server.security is Security.TLS else sock


class SmtpSession:
    """A connection that takes mail."""

    def __init__(self, client: smtplib.SMTP, settings: NoticeSettings, mask: Mask) -> None:
        self._client = client
        self._settings = settings
        self._mask = mask

    def send(self, mail: EmailMessage, recipient: str) -> None:
        """Hand over one mail. Raises NoticeRefused, NoticeDelayed, NoticeInDoubt, and Disconnected when the
        connection ended before all of it was sent."""
        with self._mask.covering():
            self._send(mail, recipient)

    def _send(self, mail: EmailMessage, recipient: str) -> None:
        wide = not (self._settings.sender.isascii() and recipient.isascii())
        octets = _LINE_DOT.sub(b"..", mail.as_bytes(policy=SMTPUTF8 if wide else SMTP))
        with _lost(self._settings.server):
            self._client.rset()
            sender = self._settings.sender
            if wide and not self._client.has_extn("smtputf8"):
                raise NoticeRefused(f"{self._settings.host} takes only addresses in ASCII letters (no SMTPUTF8).")
            options = ["SMTPUTF8"] if wide else []
            self._client.command_encoding = "utf-8" if wide else "ascii"
            _expect(250, self._client.mail(sender, options), f"the sender {sender}", "MAIL FROM")
            _expect(250, self._client.rcpt(recipient), f"the recipient {recipient}", "RCPT TO")
            _expect(354, self._client.docmd("DATA"), "the mail", "DATA")
        try:
            self._client.send(octets + b".\r\n")
            reply = self._client.getreply()
        except OSError as error:
            raise NoticeInDoubt(
                f"{self._settings.host} did not answer when it had the mail to {recipient}: it may have been sent."
            ) from error
        _expect(250, reply, f"the mail to {recipient}", "DATA")


@contextmanager
def open_smtp(settings: NoticeSettings, grants: Grants | None = None) -> Iterator[SmtpSession]:
    """A connection that is logged in, and is closed at the end. `grants`: where it is found what somebody has allowed,
    where that gives the tokens. Raises CannotConnect, CertificateRefused, StartTlsMissing, LoginRefused, NoToken,
    NoticeDelayed when the login cannot be tried now, Disconnected."""
    server, mask = settings.server, _mask(settings)
    client = _connect(server)
    try:
        with mask.covering(), _lost(server):
            client.ehlo_or_helo_if_needed()
            if server.security is Security.STARTTLS:
                _start_tls(client, server)
            if settings.token is not None:
                _login_with_token(client, settings, grants, mask)
            elif settings.user:
                _login(client, settings)
        yield SmtpSession(client, settings, mask)
        with contextlib.suppress(OSError):  # all of smtplib's are
            client.quit()
    finally:
        client.close()


def _mask(settings: NoticeSettings) -> Mask:
    mask = Mask()
    if password := _password(settings):
        response = sasl.plain("", settings.user, password).response.decode()
        mask.hide(password, settings.user, settings.host, blobs=[response])
    return mask


def _password(settings: NoticeSettings) -> str:
    return app_password(settings.password.reveal(), settings.server) if settings.password else ""


def _connect(server: NetworkServer) -> smtplib.SMTP:
    where = f"{server.host} port {server.port}"
    try:
        return _Client(server)
    except SSLError as error:
        raise tls.translate(error, server) from error
    except smtplib.SMTPResponseException as error:  # a greeting that turns us away
        words = _words(error.smtp_code, error.smtp_error)
        raise CannotConnect(f"{where} accepts no connections now.", server_words=words) from error
    except OSError as error:
        hint = "" if server.security is Security.TLS else TRY_TLS
        raise CannotConnect(f"{where} sent no greeting.{hint}") from error


def _start_tls(client: smtplib.SMTP, server: NetworkServer) -> None:
    if not client.has_extn("starttls"):
        raise StartTlsMissing(f"{server.host} port {server.port} does not offer STARTTLS.")
    try:
        code, words = client.starttls(context=tls.context(server))
    except SSLError as error:
        raise tls.translate(error, server) from error
    if code != 220:
        raise StartTlsMissing(f"{server.host} refuses STARTTLS.", server_words=_words(code, words), command="STARTTLS")
    client.ehlo_or_helo_if_needed()


def _login(client: smtplib.SMTP, settings: NoticeSettings) -> None:
    try:
        client.login(settings.user, _password(settings))
    except smtplib.SMTPAuthenticationError as error:
        words = _words(error.smtp_code, error.smtp_error)
        if 400 <= error.smtp_code < 500:
            raise NoticeDelayed(f"{settings.host} accepts no logins now.", server_words=words) from error
        raise LoginRefused(
            f"{settings.host} does not accept the login of {settings.user}.", server_words=words
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise LoginRefused(
            f"{settings.host} offers no login method that is known here, or none without TLS."
        ) from error
    except UnicodeEncodeError as error:
        raise LoginRefused(f"{settings.host}: user and password of the SMTP server must be ASCII.") from error
    except smtplib.SMTPException as error:
        if isinstance(error, smtplib.SMTPServerDisconnected):
            raise
        raise LoginRefused(
            f"{settings.host} offers no login method that is known here.", server_words=str(error)
        ) from error


def _login_with_token(client: smtplib.SMTP, settings: NoticeSettings, grants: Grants | None, mask: Mask) -> None:
    """AUTH with a token (RFC 7628, or XOAUTH2). Why one is refused is told in a challenge, which wants an answer."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    if not (mechanism := sasl.best_bearer(offered.__contains__)):
        words = " or ".join(sasl.BEARERS)
        raise LoginRefused(f"{settings.host} does not offer a login with a token ({words}).")
    login = Login(settings.user, Secret(""), token=settings.token, grants=grants)

    def attempt(token: Secret) -> None:
        exchange = sasl.bearer(mechanism, settings.server, settings.user, token)
        mask.hide(token.reveal(), settings.user, blobs=[token.reveal(), exchange.response.decode()])
        code, words = client.docmd("AUTH", f"{mechanism} {exchange.response.decode()}")
        told = ""
        if code == 334:
            told = sasl.challenge_text(words.decode("utf-8", "replace"))
            code, words = client.docmd(exchange.apology.decode())
        if code == 235:
            return
        said = f"{_words(code, words)} {told}".strip()
        if 400 <= code < 500:
            raise NoticeDelayed(f"{settings.host} accepts no logins now.", server_words=said)
        refused = TokenRefused(f"{settings.host} refused the token for {settings.user}.", server_words=said)
        if settings.token is not None:
            refused.what_to_do = refusals.helps_login(settings.token, said) or refused.what_to_do
        raise refused

    log_in(login, settings.server, attempt)


def _expect(code: int, reply: tuple[int, bytes], what: str, command: str) -> None:
    if reply[0] == code or (command == "RCPT TO" and reply[0] == 251):
        return
    refused: type[MailError] = NoticeDelayed if 400 <= reply[0] < 500 else NoticeRefused
    raise refused(f"The SMTP server does not take {what}.", server_words=_words(*reply), command=command)


@contextmanager
def _lost(server: NetworkServer) -> Iterator[None]:
    """Have an end of the connection, which may come at any word, come out as our error."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        words = _words(error.smtp_code, error.smtp_error)
        raise NoticeDelayed(f"{server.host} broke the session off.", server_words=words) from error
    except OSError as error:  # all of smtplib's are
        raise Disconnected(f"The connection to {server.host} port {server.port} was lost.") from error


def _words(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"
