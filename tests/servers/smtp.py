"""A real SMTP server (aiosmtpd) on loopback that keeps what it gets, and can refuse, delay, and hold its tongue."""

from __future__ import annotations

import base64
from asyncio import Server
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.bearer import Opens, bearer_of, refusal
from tests.servers.certificates import Certificate

ACCEPTED = "250 OK"


@dataclass(frozen=True)
class Received:
    """One mail that was accepted."""

    sender: str
    recipients: Sequence[str]
    octets: bytes
    encrypted: bool
    user: str
    """Who was logged in."""

    @property
    def mail(self) -> EmailMessage:
        """Parsed."""
        parsed = message_from_bytes(self.octets, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """Its text, with the line ends of this system."""
        return str(self.mail.get_content()).replace("\r\n", "\n")


class SmtpServer:
    """Listens while the block lasts. `tls` from the first byte, `starttls` demanded before anything else. `logins` are
    passwords by user, `opens` whom tokens let in; one of the two, where a login is wanted."""

    def __init__(
        self,
        *,
        tls: Certificate | None = None,
        starttls: Certificate | None = None,
        logins: Mapping[str, str] | None = None,
        opens: Opens | None = None,
        utf8: bool = True,
    ) -> None:
        self.received: list[Received] = []
        self.replies: dict[str, list[str]] = {}
        """By recipient, what is answered to RCPT TO, one after the other; then it is accepted."""
        self.logins_tried: list[str] = []
        self.came_from: set[int] = set()
        """The ports of all that have said hello."""
        self.after_data: Callable[[], None] = lambda: None
        """Called when a mail is here, before the answer."""
        self._opens = opens

        def authenticate(
            server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
        ) -> AuthResult:
            assert isinstance(data, LoginPassword)
            user, password = data.login.decode(), data.password.decode()
            self.logins_tried.append(user)
            good = (logins or {}).get(user) == password
            session.authenticated_user = user if good else ""  # type: ignore[attr-defined]
            return AuthResult(success=good, handled=good, message=None if good else "535 5.7.8 Not these credentials")

        options: dict[str, Any] = {"enable_SMTPUTF8": utf8}
        if opens is None:
            options["auth_exclude_mechanism"] = ["XOAUTH2", "OAUTHBEARER"]
        elif logins is None:
            options["auth_exclude_mechanism"] = ["PLAIN", "LOGIN"]
        if logins is not None or opens is not None:
            # It does not count TLS from the start, and complains where it demands a login without TLS.
            secure = starttls is not None
            options |= {"authenticator": authenticate, "auth_required": secure, "auth_require_tls": secure}
        if starttls is not None:
            options |= {"tls_context": starttls.context(), "require_starttls": True}
        context = tls.context() if tls is not None else None
        self._controller = _Controller(self, hostname="127.0.0.1", port=0, ssl_context=context, **options)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def _by_token(self, server: SMTP, mechanism: str, arguments: list[str], apology: bytes) -> AuthResult:
        """RFC 4954, RFC 7628. The client's apology is not looked at, but must come."""
        if len(arguments) == 2:
            response = base64.b64decode(arguments[1])
        else:
            asked = await server.challenge_auth("")
            assert isinstance(asked, bytes)
            response = asked
        user, token = bearer_of(response.decode())
        self.logins_tried.append(user)
        if self._opens is not None and self._opens(user, token):
            server.session.authenticated_user = user  # type: ignore[union-attr]
            return AuthResult(success=True)
        if await server.challenge_auth(refusal(mechanism), encode_to_b64=False) != apology:
            return AuthResult(success=False, handled=False, message="501 5.5.2 That is no answer")
        return AuthResult(success=False, handled=False, message="535 5.7.8 Not this token")

    # aiosmtpd's hooks

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802
        """With a token, as it was before the standard."""
        return await self._by_token(server, "XOAUTH2", arguments, b"")

    async def auth_OAUTHBEARER(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802
        """With a token."""
        return await self._by_token(server, "OAUTHBEARER", arguments, b"\x01")

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Note where it comes from."""
        session.host_name = hostname
        peer: Any = session.peer  # which it takes for a text
        self.came_from.add(peer[1])
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A prepared answer, or yes."""
        if waiting := self.replies.get(address):
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep it."""
        content = envelope.original_content
        assert content is not None
        encrypted = server.transport is not None and server.transport.get_extra_info("ssl_object") is not None
        user = getattr(session, "authenticated_user", "")
        self.received.append(Received(envelope.mail_from or "", envelope.rcpt_tos, content, encrypted, user))
        self.after_data()
        return ACCEPTED


class _Smtp(SMTP):
    """Lines may be as long as AUTH allows (RFC 4954 section 4): a token of Microsoft's needs 3,000 octets."""

    line_length_limit = 12288
    command_size_limits = defaultdict(lambda: 12288)  # noqa: RUF012 - aiosmtpd's own way


class _Controller(Controller):
    """On a port that the system chooses."""

    def factory(self) -> SMTP:
        return _Smtp(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
