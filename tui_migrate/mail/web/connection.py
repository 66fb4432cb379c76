"""One connection of HTTP/1.1 (RFC 9112) over TLS that is kept alive, for mailboxes that are read by requests.

Its octets pass through a `Stream`, so that limits, traces and the measured line are the same as for all other mail. The
standard library reads the answers. No redirect is followed: it would carry credentials to whoever is named in it.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import cast

from tui_migrate import __version__
from tui_migrate.errors import CannotConnect, Disconnected, ProtocolViolation
from tui_migrate.mail import tls
from tui_migrate.mail.dial import open_socket
from tui_migrate.mail.line import Line
from tui_migrate.mail.mask import Mask
from tui_migrate.mail.stream import Stream, Valve
from tui_migrate.mail.trace import Tracer
from tui_migrate.mail.web.traced import WebRules
from tui_migrate.model import NetworkServer
from tui_migrate.timing import USUAL, Timing

_PIECE = 1 << 16
"""Octets of a body that are handed on at a time."""
_MOST = 1 << 22
"""Octets of an answer that is read whole."""
_WITHOUT_BODY = (204, 304)


class Response:
    """An answer, whose body is still to be read: before the next request is made, or the connection is closed by it."""

    def __init__(self, parsed: http.client.HTTPResponse, where: str) -> None:
        self.status = parsed.status
        self.headers: Mapping[str, str] = {name.lower(): text for name, text in parsed.headers.items()}
        """By names in lower case; of one that comes several times the last."""
        self.asks_for = tuple(parsed.headers.get_all("WWW-Authenticate") or ())
        """The ways to log in that a 401 names (RFC 9110 section 11.6.1)."""
        self.last = parsed.will_close
        """True when the server answers nothing more on this connection."""
        self._parsed = parsed
        self._where = where

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes. Raises Disconnected, and ProtocolViolation when its end cannot be known for certain."""
        if not (self._parsed.chunked or self._parsed.length is not None or self.status in _WITHOUT_BODY):
            raise ProtocolViolation(f"{self._where} does not say how long its answer is.")
        with _as_http(self._where):
            while piece := self._parsed.read(_PIECE):
                yield piece
            if self._parsed.length:
                raise ProtocolViolation(f"{self._where} sent less than it had announced.")

    def read(self, most: int = _MOST) -> bytes:
        """The whole body. Raises what `chunks` raises, and ProtocolViolation when it has more than `most` octets."""
        body = BytesIO()
        for piece in self.chunks():
            if body.tell() + len(piece) > most:
                raise ProtocolViolation(f"{self._where} answers with more than {most} octets.")
            body.write(piece)
        return body.getvalue()

    @property
    def drained(self) -> bool:
        """True when nothing of the body is left."""
        return self._parsed.isclosed() or self._parsed.length == 0


class WebConnection:
    """A connection to `server`. Belongs to one thread, but for `abort`. Raises CannotConnect, CertificateRefused,
    TlsTooOld, and what a proxy refuses."""

    def __init__(
        self,
        server: NetworkServer,
        timing: Timing = USUAL,
        tracer: Tracer | None = None,
        rules: type[WebRules] = WebRules,
        line: Line | None = None,
        sock: socket.socket | None = None,
        mask: Mask | None = None,
    ) -> None:
        """`line`: what has been seen of the way to the server, see `Lessons`. `sock`: on this new socket. `mask`: of
        what logs in here, which connections to the same mailbox share."""
        self.server = server
        gate = tracer.gate(server.key, rules) if tracer else None
        sock = sock or open_socket(server, timing.connect)
        sock.settimeout(timing.login)
        try:
            encrypted = tls.wrapped(sock, server)
        except ssl.SSLError as error:
            raise tls.translate(error, server) from error
        except TimeoutError as error:
            raise CannotConnect(f"{server.where} did not answer within {timing.login:.0f} s.") from error
        except OSError as error:
            raise CannotConnect(f"{server.where} ended the connection before TLS began.") from error
        encrypted.settimeout(timing.stall)
        self.encrypted = encrypted
        self.stream = Stream(encrypted, server.host, gate)
        self.mask = mask or Mask()
        if gate:
            gate.mask = self.mask
        if line is not None:
            self.stream.line = line
        self._response: Response | None = None
        named = server.host if server.port == 443 else f"{server.host}:{server.port}"
        self._usual = {"Host": named, "User-Agent": f"tui-migrate/{__version__}", "Accept-Encoding": "identity"}

    @property
    def usable(self) -> bool:
        """True when another request may be made: the last answer was read to its end, and the server stays."""
        return self._response is None or (self._response.drained and not self._response.last)

    def ask(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Response:
        """Make a request, and wait for the head of its answer. Raises Disconnected, Stalled, ProtocolViolation."""
        if not self.usable:
            raise Disconnected(f"The connection to {self.server.where} was ended by its last answer.")
        fields = {**self._usual, **(headers or {})}
        if body or method != "GET":
            fields["Content-Length"] = str(len(body))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in fields.items())
        self.stream.write(head.encode("latin-1") + b"\r\n" + body)
        with _as_http(self.server.where):
            parsed = http.client.HTTPResponse(cast(ssl.SSLSocket, _Octets(self.stream)), method=method)
            parsed.begin()
        self._response = Response(parsed, self.server.where)
        return self._response

    def through(self, valve: Valve) -> None:
        """All octets that are received pass through this valve from now on."""
        self.stream.inward = valve

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self.stream.abort()

    def close(self) -> None:
        """Close it."""
        self.stream.close()


class _Octets:
    """A stream as the standard library reads a file."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def makefile(self, mode: str) -> _Octets:
        """Itself: there is one buffer, the stream's."""
        assert mode == "rb"
        return self

    def readline(self, most: int) -> bytes:
        """One line. Whoever asks looks himself if it is longer than he takes."""
        return self._stream.readline()

    def read(self, size: int) -> bytes:
        """Exactly so many octets."""
        return self._stream.read(size) if size else b""

    def flush(self) -> None:
        """Nothing is ever written by it."""

    def close(self) -> None:
        """The stream stays open for the next answer."""


@contextlib.contextmanager
def _as_http(where: str) -> Iterator[None]:
    """What the standard library cannot read, as ours. Raises ProtocolViolation."""
    try:
        yield
    except (http.client.HTTPException, ValueError) as error:
        raise ProtocolViolation(f"{where} does not answer as HTTP says: {type(error).__name__}.") from None
