"""HTTP requests over TLS (RFC 9110, RFC 9112): for tokens and for what is found out about servers, never for mail.

Certificates are verified as everywhere, nothing is ever asked in the clear, no redirect is followed, and what comes
back is bounded in size and in time. A request goes the way of a mail server: by its proxy, where it has one, and it
trusts the private CA that is trusted for the server.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from tui_migrate.errors import CannotConnect, Disconnected, ProtocolViolation
from tui_migrate.mail import tls
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.trace import Tracer, length, shown
from tui_migrate.model import NetworkServer, Security
from tui_migrate.model.servers import Ports

_SECONDS = 20.0
"""For one request with its answer, from the first octet of TLS on."""
_MOST = 1 << 20
"""Octets of an answer that are taken: a thousand times what a token or a description of servers needs."""


class _HttpsServer(NetworkServer):
    """Who is asked."""

    kind_name: ClassVar[str] = "https"
    ports: ClassVar[Ports] = {Security.TLS: 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes = field(repr=False)
    """Not printed: it may hold a token."""


class HttpRules:
    """Of a request the method and the address without its query, of an answer its status and its type."""

    def sent(self, data: bytes) -> Iterable[str]:
        line, _, rest = data.partition(b"\r\n")
        method, _, target = shown(line).partition(" ")
        yield f"{method} {target.partition(' ')[0].partition('?')[0]} {length(rest)}"

    def heard(self, line: bytes) -> str | None:
        return shown(line)

    def octets(self, number: int) -> str:
        return length(number)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    like: NetworkServer | None = None,
    tracer: Tracer | None = None,
    most: int = _MOST,
    seconds: float = _SECONDS,
) -> Answer:
    """Ask once. `like`: the mail server whose way is gone. Raises CannotConnect, PasswordLost, CertificateRefused,
    TlsTooOld, Disconnected, and ProtocolViolation when what comes is no HTTP, or more than `most` octets."""
    server, target = _where(url, like)
    connection = _Connection(server, seconds)
    gate = tracer.gate(server.key, HttpRules) if tracer else None
    # Each octet that trickles in would begin a socket's timeout anew.
    alarm = threading.Timer(seconds, connection.abort)
    alarm.daemon = True
    try:
        connection.connect()
        alarm.start()
        if gate:
            gate.sent(f"{method} {target}\r\n".encode() + (body or b""))
        connection.request(method, target, body, {"Connection": "close", **(headers or {})})
        response = connection.getresponse()
        taken = response.read(most + 1)
        if gate:
            gate.heard(f"{response.status} {response.reason} {response.headers.get_content_type()}".encode())
            gate.octets(len(taken))
        if connection.aborted or (response.length and len(taken) <= most):  # a body that is cut is given out as it is
            raise http.client.IncompleteRead(b"")
    except http.client.HTTPException as error:
        if connection.aborted or isinstance(error, http.client.IncompleteRead | http.client.RemoteDisconnected):
            raise _lost(server, seconds if connection.aborted else None) from error
        raise ProtocolViolation(f"{server.where} does not answer as HTTP says: {type(error).__name__}.") from None
    except OSError as error:
        timed_out = connection.aborted or isinstance(error, TimeoutError)
        raise _lost(server, seconds if timed_out else None) from error
    finally:
        alarm.cancel()
        connection.close()
    if len(taken) > most:
        raise ProtocolViolation(f"{server.where} answers with more than {most} octets.")
    return Answer(response.status, {name.lower(): text for name, text in response.headers.items()}, taken)


class _Connection(http.client.HTTPConnection):
    """The standard library's, on a socket that was dialled as all others are."""

    def __init__(self, server: NetworkServer, seconds: float) -> None:
        super().__init__(server.host, server.port, timeout=seconds)
        self._server = server
        self._seconds = seconds
        self.aborted = False
        self.default_port = server.ports[Security.TLS]  # else the Host field would name it

    def connect(self) -> None:
        """Raises CannotConnect, CertificateRefused, TlsTooOld."""
        sock = open_socket(self._server, self._seconds)
        sock.settimeout(self._seconds)
        try:
            self.sock = tls.wrapped(sock, self._server)
        except ssl.SSLError as error:
            raise tls.translate(error, self._server) from error
        except TimeoutError as error:
            raise CannotConnect(f"{self._server.where} did not answer within {self._seconds:.0f} s.") from error
        except OSError as error:
            raise CannotConnect(f"{self._server.where} ended the connection before TLS began.") from error

    def abort(self) -> None:
        """End it from another thread."""
        self.aborted = True
        if (sock := self.sock) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _where(url: str, like: NetworkServer | None) -> tuple[NetworkServer, str]:
    """Who is asked, and for what there. Raises CannotConnect for an address that is none, or is not one of TLS."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme != "https" or parts.username is not None:
        raise CannotConnect(f"{url.partition('?')[0]} is no address that can be asked over TLS (https://…).")
    server = _HttpsServer(host, port=port or 443)
    if like:
        server = server.reached_like(like)
    return server, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _lost(server: NetworkServer, after: float | None) -> Disconnected:
    """How a request ended without an answer; `after` so many seconds, where that was the reason."""
    if after is not None:
        return Disconnected(f"{server.where} did not answer within {after:.0f} s.")
    return Disconnected(f"The connection to {server.where} was lost.")
