"""A connection by way of a proxy: SOCKS5 (RFC 1928, RFC 1929), or HTTP's CONNECT (RFC 9110 section 9.3.6).

The proxy is told the server's name as it is set, and looks it up: nothing about it is asked of this machine's own
resolver. What is said behind the proxy is between us and the server: TLS is with the server, under its name.
"""

from __future__ import annotations

import base64
import logging
import re
import socket
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from python_socks import ProxyError, ProxyType
from python_socks.sync import Proxy

from tui_migrate.errors import (
    CannotConnect,
    PasswordLost,
    ProxyForbids,
    ProxyLoginRefused,
    ProxyPasswordLost,
    ProxyUnreachable,
    UnreachableByProxy,
)
from tui_migrate.mail.dial import dial, why_not
from tui_migrate.mail.mask import Mask
from tui_migrate.model import NetworkServer

_LOG = logging.getLogger(__name__)

_LONGEST_HEAD = 1 << 14
"""Octets of an answer to CONNECT before its empty line."""
_LONGEST_WORDS = 200
_HTTP = b"HTTP/"
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LOGIN_MOST = 255
"""Octets of a user or a password (RFC 1929 section 2)."""
_NO_METHOD = b"\x05\xff"
"""SOCKS5: it takes none of the ways to log in that it was offered (RFC 1928 section 3)."""
_LOGIN_FAILED = re.compile(rb"\x05\x02.[^\0]", re.DOTALL)
"""SOCKS5: it has asked for a login, and refused it (RFC 1929 section 2)."""
_LOGIN_WANTED = 407
_FORBIDDEN = 2
"""SOCKS5: by the proxy's rules."""
_REASONS = {
    1: "it gives no reason (general failure)",
    3: "the network is unreachable from there",
    4: "the host is unreachable from there, or its name is not known there",
    5: "the connection is refused",
    6: "it is too far from there (TTL expired)",
    7: "it does not connect to anything (command not supported)",
    8: "it does not take such an address (address type not supported)",
}
"""By the replies of SOCKS5 (RFC 1928 section 6)."""


@dataclass(frozen=True, slots=True)
class _At:
    """A proxy, and who logs in to it."""

    kind: ProxyType
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    """Both are empty where nobody does."""

    @property
    def where(self) -> str:
        return f"The proxy {self.host} port {self.port}"


def open_socket(server: NetworkServer, seconds: float) -> socket.socket:
    """A connection to the server by its proxy, made within these seconds. Raises CannotConnect, and ProxyPasswordLost
    where the password of the proxy does not open."""
    until = time.monotonic() + seconds
    try:
        name = server.host.encode("idna").decode()
    except UnicodeError as error:
        raise CannotConnect(why_not(server.host, server.where, error, seconds)) from None
    at = _at(server)
    try:
        sock = dial(at.host, at.port, seconds)
    except (OSError, UnicodeError) as error:
        raise ProxyUnreachable(why_not(f"{at.host} of the proxy", at.where, error, seconds)) from error
    door = _Door(sock, until, in_lines=at.kind is ProxyType.HTTP)
    try:
        _Knocking(at, door).connect(name, server.port)
        _LOG.info("%s: led there by %s", server.key, server.proxy)
        return door.passed(seconds)
    except TimeoutError:
        found = _silent(at, server, door.heard, seconds)
    except ProxyError as error:
        found = _refused(at, server, door.heard, error.error_code)
    except (OSError, ValueError):  # the latter for an answer that is none
        found = _broken_off(at, server, door.heard)
    finally:
        door.close()
    raise found  # not from the library's error, which quotes what the proxy has said back: the login, maybe


def _at(server: NetworkServer) -> _At:
    """Raises ProxyLoginRefused where the login cannot be sent, ProxyPasswordLost."""
    parts, login = urlsplit(server.proxy), server.proxy_login
    kind = ProxyType.HTTP if parts.scheme == "http" else ProxyType.SOCKS5
    at = _At(kind, parts.hostname or "", parts.port or 0)
    if login is None:
        return at
    try:
        password = login.password.reveal()
    except PasswordLost as error:
        raise ProxyPasswordLost(error.sentence) from error
    # Not by the library's errors: those of Python's codecs have the whole text in them.
    if not all(each.isascii() and 0 < len(each) <= _LOGIN_MOST for each in (login.user, password)):
        said = f"be sent: user and password must be ASCII, and {_LOGIN_MOST} characters at most"
    elif kind is ProxyType.HTTP and ":" in login.user:
        said = "be sent: a user with a colon in it"
    else:
        return replace(at, user=login.user, password=password)
    raise ProxyLoginRefused(f"{at.where}: its login cannot {said}.")


class _Door(socket.socket):
    """The socket to a proxy until it leads on. All of it is done within a time, however the octets trickle in, and none
    is read that the server says: the library asks for more than the answer to CONNECT, and would drop a greeting."""

    def __init__(self, sock: socket.socket, until: float, *, in_lines: bool) -> None:
        super().__init__(fileno=sock.detach())
        self._until = until
        self._in_lines = in_lines
        self.heard = b""

    def passed(self, seconds: float) -> socket.socket:
        """The connection, which waits so long from now on."""
        sock = socket.socket(fileno=self.detach())
        sock.settimeout(seconds)
        return sock

    def recv(self, size: int, flags: int = 0) -> bytes:
        return self._head() if self._in_lines else self._piece(size)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._hurry()
        super().sendall(data, flags)

    def _head(self) -> bytes:
        """The answer to CONNECT up to its empty line; nothing where it is none, or has no end."""
        while len(self.heard) < _LONGEST_HEAD and _HTTP.startswith(self.heard[: len(_HTTP)]):
            ahead = self._piece(_LONGEST_HEAD, socket.MSG_PEEK)
            end = _END_OF_HEAD.search(self.heard + ahead)
            piece = self._piece(end.end() - len(self.heard) if end else len(ahead) or 1)
            if end or not piece:
                return self.heard
        return b""

    def _piece(self, size: int, flags: int = 0) -> bytes:
        self._hurry()
        piece = super().recv(size, flags)
        if not flags:
            self.heard += piece
        return piece

    def _hurry(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)


class _Knocking(Proxy):
    """The library's proxy, at a door where somebody stands already."""

    def __init__(self, at: _At, door: _Door) -> None:
        login = (at.user or None, at.password or None)
        super().__init__(at.kind, at.host, at.port, *login, rdns=True, forward=_Stood(door))


class _Stood(Proxy):
    """What the library connects to the proxy by."""

    def __init__(self, door: _Door) -> None:
        self._door = door

    def connect(self, dest_host: str, dest_port: int, timeout: float | None = None, **kwargs: Any) -> socket.socket:
        return self._door


# What it means


def _silent(at: _At, server: NetworkServer, heard: bytes, seconds: float) -> CannotConnect:
    if at.kind is ProxyType.SOCKS5 and not heard:
        return ProxyUnreachable(f"{at.where} did not answer within {seconds:.0f} s.")
    return UnreachableByProxy(f"{at.where} did not lead to {server.where} within {seconds:.0f} s.")


def _broken_off(at: _At, server: NetworkServer, heard: bytes) -> CannotConnect:
    called, begins = ("a SOCKS5 proxy", b"\5") if at.kind is ProxyType.SOCKS5 else ("an HTTP proxy", _HTTP)
    if not heard.startswith(begins):
        return ProxyUnreachable(f"{at.where} does not answer as {called}.")
    return UnreachableByProxy(f"{at.where} broke off before it led to {server.where}.")


def _refused(at: _At, server: NetworkServer, heard: bytes, code: int | None) -> CannotConnect:
    """`code`: of the reply by which the proxy refuses to lead on, or the status of HTTP; None: there was neither."""
    socks = at.kind is ProxyType.SOCKS5
    words = "" if socks else _status_line(at, heard)
    at_socks = heard.startswith(_NO_METHOD) or _LOGIN_FAILED.match(heard)
    if at_socks if socks else code == _LOGIN_WANTED:
        said = f"does not accept the login of {at.user}" if at.user else "wants a login, and none is set for it"
        return ProxyLoginRefused(f"{at.where} {said}.", server_words=words)
    if code is None:
        return _broken_off(at, server, heard)
    if code == _FORBIDDEN if socks else 400 <= code < 500:
        return ProxyForbids(f"{at.where} does not allow connections to {server.where}.", server_words=words)
    reason = f": {_REASONS[code]}" if socks else ""
    return UnreachableByProxy(f"{at.where} cannot reach {server.where}{reason}.", server_words=words)


def _status_line(at: _At, heard: bytes) -> str:
    """The first line, without what the proxy has said back in it."""
    line = heard.partition(b"\n")[0].decode("utf-8", "backslashreplace").strip()
    mask = Mask()
    if at.user:
        sent = base64.b64encode(f"{at.user}:{at.password}".encode()).decode()
        mask.hide(at.password, at.user, at.host, blobs=[sent])
    return mask.cover(line)[:_LONGEST_WORDS]
