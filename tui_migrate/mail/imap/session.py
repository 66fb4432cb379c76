"""An IMAP session: IMAPClient's connection, TLS and capabilities, our wire on the same socket."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imapclient
from imapclient import imap4

from tui_migrate.errors import (
    CannotConnect,
    Disconnected,
    LoginRefused,
    MailError,
    MigrateError,
    StartTlsMissing,
)
from tui_migrate.mail import tls
from tui_migrate.mail.imap.codes import goodbye, login_error
from tui_migrate.mail.imap.fetch import Fetched
from tui_migrate.mail.imap.names import quote
from tui_migrate.mail.imap.stream import Stream
from tui_migrate.mail.imap.wire import Reply, Wire
from tui_migrate.model import Login, Security, Server

CONNECT_SECONDS = 15.0
LOGIN_SECONDS = 25.0
"""Dovecot keeps a wrong password waiting for 17 s when there were others before it."""
STALL_SECONDS = 120.0
"""No octet for so long means that the connection is dead."""
GOODBYE_SECONDS = 2.0


class Session:
    """A connection that is logged in; without a `login`, one that waits for `log_in`. `sock`: on this new socket, which
    it closes. Raises the MailError that says why there is none."""

    def __init__(
        self,
        server: Server,
        login: Login | None,
        spool_folder: Path | None = None,
        *,
        sock: socket.socket | None = None,
    ) -> None:
        self.server = server
        self._client = _connect(server, sock or open_socket(server))
        try:
            self.wire = Wire(self._client.octets(), spool_folder)
            self.capabilities = frozenset(self._client.known_capabilities())
            self._client.socket().settimeout(LOGIN_SECONDS)
            if login is not None:
                self.log_in(login)
        except BaseException:
            self._client.octets().close()
            raise

    def has(self, capability: str) -> bool:
        """True when the server announces it."""
        return capability in self.capabilities

    @property
    def greeting(self) -> str:
        """The server's first words, verbatim."""
        return self._client.greeting

    @property
    def encrypted(self) -> ssl.SSLSocket | None:
        """The socket under TLS; None without."""
        sock = self._client.octets().sock
        return sock if isinstance(sock, ssl.SSLSocket) else None

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self.wire.stream.abort()

    def close(self) -> None:
        """LOGOUT, wait a moment for the server to close, and close: until then it counts us against its limit."""
        until = time.monotonic() + GOODBYE_SECONDS
        with contextlib.suppress(MigrateError, OSError):
            self._client.socket().settimeout(GOODBYE_SECONDS)
            self.wire.send(b"LOGOUT")
            while self.wire.stream.ready(max(0.0, until - time.monotonic())):
                self.wire.stream.readline()
        self.wire.stream.close(deliver=True)

    def hang_up(self) -> None:
        """Close, and let nothing more arrive of what was sent."""
        self.wire.stream.close()

    def log_in(self, login: Login) -> None:
        """Log in. Raises LoginRefused and other MailErrors."""
        authzid, name, secret = _credentials(login)
        self.check_way_in(authzid)
        token = base64.b64encode("\0".join((authzid, name, secret)).encode())
        try:
            if self.has("AUTH=PLAIN"):
                final, untagged = self._authenticate_plain(token)
            else:
                final, untagged = self._login(name, secret)
            if not final.ok:
                raise login_error(final.code, final.words, "LOGIN", login, self.server.host)
        except MailError as error:
            error.server_words = _without(error.server_words, secret, token.decode())
            raise
        self._learn_capabilities(final, untagged)
        self._client.socket().settimeout(STALL_SECONDS)

    def check_way_in(self, authzid: str = "") -> None:
        """Raises LoginRefused where nobody can log in with a password, or nobody as somebody else (`authzid`)."""
        host = self.server.host
        if self._client.preauthenticated:
            raise LoginRefused(f"{host} logs everybody in as one user (PREAUTH): it cannot be used here.")
        if self.has("AUTH=PLAIN") or not (authzid or self.has("LOGINDISABLED")):
            return
        if authzid:
            sentence = f"{host} does not offer SASL PLAIN, which an admin login of style authzid needs."
        elif self.server.security is Security.NONE:
            sentence = f"{host} takes no passwords without encryption: set security to tls or starttls."
        else:
            sentence = f"{host} does not offer a login with a password."
        raise LoginRefused(sentence, server_words=" ".join(sorted(self.capabilities)))

    def _authenticate_plain(self, token: bytes) -> tuple[Reply, list[Reply]]:
        if self.has("SASL-IR"):
            return self.wire.run(b"AUTHENTICATE PLAIN " + token)
        tag = self.wire.send(b"AUTHENTICATE PLAIN")
        return self._finish(tag, [token])

    def _login(self, name: str, secret: str) -> tuple[Reply, list[Reply]]:
        """LOGIN with literals where a quoted string cannot carry the text (8-bit)."""
        pieces: list[bytes] = [b"LOGIN"]
        for raw in (name.encode(), secret.encode()):
            if raw.isascii():
                try:
                    pieces[-1] += b" " + quote(raw)
                except ValueError:
                    raise LoginRefused("A user or password with a line end in it cannot be sent.") from None
            else:
                pieces[-1] += b" {%d}" % len(raw)
                pieces.append(raw)
        tag = self.wire.send(pieces[0])
        return self._finish(tag, pieces[1:])

    def _finish(self, tag: bytes, answers: list[bytes]) -> tuple[Reply, list[Reply]]:
        """Give one answer for each `+` until the tagged reply."""
        untagged: list[Reply] = []
        waiting = iter(answers)
        while True:
            reply = self.wire.next()
            if isinstance(reply, Fetched):
                continue
            if reply.tag == tag:
                return reply, untagged
            if reply.tag == b"+":
                self.wire.stream.write(next(waiting, b"*") + b"\r\n")
            else:
                untagged.append(reply)

    def _learn_capabilities(self, final: Reply, untagged: list[Reply]) -> None:
        """What is offered after the login is another list than before it (RFC 3501 section 6.2)."""
        told = _capabilities_in([final, *untagged])
        if told is None:
            final, untagged = self.wire.run(b"CAPABILITY")
            told = _capabilities_in([final, *untagged])
        if told is not None:
            self.capabilities = told


def _credentials(login: Login) -> tuple[str, str, str]:
    """Whom to become (empty: oneself), who logs in, and the password."""
    admin = login.admin
    if admin is None:
        return "", login.user, login.password.reveal()
    if admin.style == "authzid":
        return login.user, admin.user, admin.password.reveal()
    return "", login.user + admin.style.removeprefix("separator:") + admin.user, admin.password.reveal()


def _without(words: str, secret: str, token: str) -> str:
    """A server's words without the password, in any form in which we have sent it and it may have been echoed."""
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    for form in (token, escaped, secret):
        words = words.replace(form, "•••") if form else words
    return words


def _capabilities_in(replies: list[Reply]) -> frozenset[str] | None:
    for reply in replies:
        if reply.code == "CAPABILITY":
            return frozenset(reply.argument.decode("latin-1").upper().split())
        words = reply.words.upper()
        if not reply.status and words.startswith("CAPABILITY "):
            return frozenset(words.split()[1:])
    return None


class _Connection(imap4.IMAP4WithTimeout):  # type: ignore[misc]
    """imaplib's connection with our stream below it, and without the CAPABILITY round trip when the greeting tells."""

    def __init__(self, server: Server, plain: socket.socket, context: ssl.SSLContext | None) -> None:
        self.server = server
        self.plain = plain
        self.context = context
        self.last_line = b""
        """What imaplib stumbles over, when it does."""
        self._stream: Stream | None = None
        with self.speaking():
            super().__init__(server.host, server.port, CONNECT_SECONDS)

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """imaplib's errors, in our words and with the server's own: it stops at whatever it did not expect."""
        try:
            yield
        except imaplib.IMAP4.error as error:
            words = self.last_line.decode("utf-8", "backslashreplace").strip()
            where = f"{self.server.host} port {self.server.port}"
            if words.upper().startswith("* BYE"):
                reason = goodbye(words.removeprefix("* "), self.server.host)
                if not isinstance(reason, Disconnected):
                    raise reason from error
                raise CannotConnect(f"{where} turns us away.", server_words=reason.server_words) from error
            raise CannotConnect(f"{where} does not answer as an IMAP server.", server_words=words) from error

    @property
    def stream(self) -> Stream:
        """The stream on the present socket: STARTTLS wraps it anew,
        and plain text read ahead is thrown away with the old one."""
        if self._stream is None or self._stream.sock is not self.sock:
            self._stream = Stream(self.sock, self.server.host)
        return self._stream

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = self.plain
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=host)

    def read(self, size: int) -> bytes:
        return self.stream.read(size)

    def readline(self) -> bytes:
        self.last_line = self.stream.readline()
        return self.last_line

    def send(self, data: Any) -> None:
        self.stream.write(bytes(data))

    def shutdown(self) -> None:
        if hasattr(self, "sock"):
            self.stream.close()

    def _get_capabilities(self) -> None:
        told = self.untagged_responses.pop("CAPABILITY", None)
        if told and not self._tls_established:
            self.capabilities = tuple(told[-1].decode("latin-1").upper().split())
        else:
            super()._get_capabilities()


class _Client(imapclient.IMAPClient):  # type: ignore[misc]
    """IMAPClient on our connection class."""

    def __init__(self, server: Server, plain: socket.socket) -> None:
        self._server = server
        self._plain = plain
        self._context = None if server.security is Security.NONE else tls.context(server)
        super().__init__(server.host, server.port, ssl=server.security is Security.TLS, timeout=CONNECT_SECONDS)
        self._imap.debug = 0  # IMAPClient sets 5, and imaplib then formats every literal for a log that nobody reads

    def _create_IMAP4(self) -> _Connection:  # noqa: N802 - IMAPClient's name for it
        return _Connection(self._server, self._plain, self._context if self.ssl else None)

    def octets(self) -> Stream:
        """Our stream on the connection's socket."""
        connection: _Connection = self._imap
        return connection.stream

    def known_capabilities(self) -> list[str]:
        """Upper case; without another round trip where the server has told them already."""
        return [str(name) for name in self._imap.capabilities]

    def encrypt(self) -> None:
        """STARTTLS (RFC 3501 section 6.2.1)."""
        if "STARTTLS" not in self._imap.capabilities:
            raise StartTlsMissing(f"{self._server.host} port {self._server.port} does not offer STARTTLS.")
        with self._imap.speaking():
            self._imap.starttls(ssl_context=self._context)
        self._imap.file.close()  # imaplib's own reader, which would keep the socket open after us

    @property
    def greeting(self) -> str:
        """The untagged line that came first, without its asterisk."""
        return bytes(self._imap.welcome).decode("utf-8", "backslashreplace").removeprefix("* ").strip()

    @property
    def preauthenticated(self) -> bool:
        """True after a PREAUTH greeting."""
        return bool(self._imap.state == "AUTH")


def _connect(server: Server, plain: socket.socket) -> _Client:
    """Greeted on the socket `plain`, with TLS if any. However it ends, nobody else closes that socket."""
    try:
        try:
            client = _Client(server, plain)
        except BaseException:
            plain.close()
            raise
        try:
            if server.security is Security.STARTTLS and not client.preauthenticated:
                client.encrypt()
        except BaseException:
            client.octets().close()
            raise
    except ssl.SSLError as error:
        raise tls.translate(error, server) from error
    except MailError as error:
        if isinstance(error, Disconnected):
            raise CannotConnect(f"{server.host} port {server.port} does not greet: {error.sentence}") from error
        raise
    except OSError as error:
        raise _unreachable(server, error) from error
    return client


def open_socket(server: Server) -> socket.socket:
    """A connection on which nothing has been said. Raises CannotConnect."""
    try:
        sock = socket.create_connection((server.host, server.port), CONNECT_SECONDS)
    except (OSError, UnicodeError) as error:  # the latter for a name that cannot be one, such as imap..example
        raise _unreachable(server, error) from error
    # Without it the last small segment of a burst waits for the peer's delayed ACK: a round trip lost per command.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Else the system goes on sending for a process that was killed, on a slow line for many seconds: that mail would
    # arrive after the next engine has looked for it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return sock


def _unreachable(server: Server, error: OSError | UnicodeError) -> MailError:
    where = f"{server.host} port {server.port}"
    if isinstance(error, UnicodeError):
        return CannotConnect(f"{server.host} is no host name.")
    if isinstance(error, socket.gaierror):
        return CannotConnect(f"The host {server.host} is not known: {error.strerror}.")
    if isinstance(error, TimeoutError):
        return CannotConnect(f"{where} did not answer within {CONNECT_SECONDS:.0f} s.")
    return CannotConnect(f"{where} cannot be reached: {error.strerror or error}.")
