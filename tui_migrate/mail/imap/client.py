"""IMAPClient on a socket that was dialled here: greeting, TLS and capabilities before the login."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import imapclient
from imapclient import imap4

from tui_migrate.errors import (
    CannotConnect,
    Disconnected,
    MailError,
    StartTlsMissing,
)
from tui_migrate.mail import tls
from tui_migrate.mail.dial import no_greeting, unreachable
from tui_migrate.mail.imap.codes import goodbye
from tui_migrate.mail.stream import Stream
from tui_migrate.mail.trace import Gate
from tui_migrate.model import NetworkServer, Security
from tui_migrate.timing import Timing


class _Connection(imap4.IMAP4WithTimeout):  # type: ignore[misc]
    """imaplib's connection with our stream below it, and without the CAPABILITY round trip when the greeting tells."""

    def __init__(
        self,
        server: NetworkServer,
        plain: socket.socket,
        context: ssl.SSLContext | None,
        seconds: float,
        gate: Gate | None,
    ) -> None:
        self.server = server
        self.gate = gate
        self.plain = plain
        self.context = context
        self.last_line = b""
        """What imaplib stumbles over, when it does."""
        self._stream: Stream | None = None
        with self.speaking():
            super().__init__(server.host, server.port, seconds)

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Have imaplib's errors come out as ours, with the server's own words: it stops at whatever it did not
        expect."""
        try:
            yield
        except imaplib.IMAP4.error as error:
            words = self.last_line.decode("utf-8", "backslashreplace").strip()
            where = f"{self.server.host} port {self.server.port}"
            if words.upper().startswith("* BYE"):
                reason = goodbye(words.removeprefix("* "), self.server.host)
                if not isinstance(reason, Disconnected):
                    raise reason from error
                raise CannotConnect(f"{where} refused the connection.", server_words=reason.server_words) from error
            raise CannotConnect(f"{where} does not answer as an IMAP server.", server_words=words) from error

    @property
    def stream(self) -> Stream:
        """The stream on the present socket: STARTTLS wraps it anew,
        and plain text read ahead is thrown away with the old one."""
        if self._stream is None or self._stream.sock is not self.sock:
            self._stream = Stream(self.sock, self.server.host, self.gate)
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

    def _simple_command(self, name: str, *arguments: Any) -> Any:
        answer = super()._simple_command(name, *arguments)
        if name == "STARTTLS":  # imaplib shakes hands next
            tls.refuse_clear_text(self.stream.ahead, self.server)
        return answer

    def shutdown(self) -> None:
        if hasattr(self, "sock"):
            self.stream.close()

    def _get_capabilities(self) -> None:
        told = self.untagged_responses.pop("CAPABILITY", None)
        if told and not self._tls_established:
            self.capabilities = tuple(told[-1].decode("latin-1").upper().split())
        else:
            super()._get_capabilities()


class Client(imapclient.IMAPClient):  # type: ignore[misc]
    """IMAPClient on our connection class."""

    def __init__(self, server: NetworkServer, plain: socket.socket, seconds: float, gate: Gate | None) -> None:
        self._server = server
        self._gate = gate
        self._seconds = seconds
        self._plain = plain
        self._context = None if server.security is Security.NONE else tls.context(server)
        super().__init__(server.host, server.port, ssl=server.security is Security.TLS, timeout=seconds)
        self._imap.debug = 0  # IMAPClient sets 5, and imaplib then formats every literal for a log that nobody reads

    def _create_IMAP4(self) -> _Connection:  # noqa: N802 - IMAPClient's name for it
        return _Connection(self._server, self._plain, self._context if self.ssl else None, self._seconds, self._gate)

    def octets(self) -> Stream:
        """Our stream on the connection's socket."""
        connection: _Connection = self._imap
        return connection.stream

    def known_capabilities(self) -> list[str]:
        """The capabilities, in upper case; without another round trip where the server has told them already."""
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


def connect(server: NetworkServer, plain: socket.socket, timing: Timing, gate: Gate | None = None) -> Client:
    """Greeted on the socket `plain`, with TLS if any; `gate`: into a trace of it. However it ends, nobody else closes
    that socket."""
    try:
        try:
            client = Client(server, plain, timing.connect, gate)
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
            raise no_greeting(server, error) from error
        raise
    except OSError as error:
        raise unreachable(server, error, timing.connect) from error
    return client
