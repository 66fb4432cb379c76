"""Proxies that lead wherever a client asks: SOCKS5 (RFC 1928, RFC 1929) and CONNECT (RFC 9110 section 9.3.6).

They note what was asked and count what passes, and know names that nobody else does.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import selectors
import socket
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tests.servers.loopback_server import Cut, LoopbackServer, Peer
from tests.servers.ports import HOST

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Asked:
    """Where a client wanted to be led."""

    host: str
    port: int


class _Client(Peer):
    """A client whose socket a proxy reads by itself, once it has asked."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.raw = sock


class Unreachable(Exception):
    """There is nothing where a client wanted to be led; `port`: there is the host, and nobody listens."""

    def __init__(self, *, host_is_known: bool) -> None:
        super().__init__()
        self.host_is_known = host_is_known


class ForwardProxy(LoopbackServer):
    """Listens while the block lasts. `places`: where what is asked for is on loopback, by name and port. `login`: the
    user and the password that it wants. `refuses`: the reply or the status that each client gets."""

    scheme: ClassVar[str]

    def __init__(
        self,
        places: Mapping[tuple[str, int], int],
        *,
        login: tuple[str, str] | None = None,
        refuses: int | None = None,
        together: bool = False,
    ) -> None:
        """`together`: what the server says first comes in one segment with the answer."""
        super().__init__()
        self.asked: list[Asked] = []
        self.logins: list[tuple[str, str]] = []
        """That were tried."""
        self.ports: set[int] = set()
        """From which it has connected to servers."""
        self.octets = 0
        """That have passed, in both directions."""
        self._places = places
        self.login = login
        self._refuses = refuses
        self._together = together

    @property
    def url(self) -> str:
        """As it stands in a plan."""
        return f"{self.scheme}://{self.host}:{self.port}"

    def peer_of(self, client: socket.socket) -> Peer:
        return _Client(client)

    def converse(self, peer: Peer) -> None:
        assert isinstance(peer, _Client)
        if not self.is_let_in(peer):
            return
        asked = self.hear(peer)
        self.asked.append(asked)
        if self._refuses is not None:
            self.refuse(peer, self._refuses)
            return
        try:
            server = self._connect(asked)
        except Unreachable as error:
            self.refuse(peer, self.code_of(error))
            return
        with server:
            first = server.recv(_CHUNK) if self._together else b""
            self.octets += len(first)
            peer.write(self.granted() + first)
            self._relay(peer.raw, server)

    @abstractmethod
    def is_let_in(self, peer: Peer) -> bool:
        """Have the client log in, where that is wanted."""

    @abstractmethod
    def hear(self, peer: Peer) -> Asked:
        """Where it wants to be led."""

    @abstractmethod
    def granted(self) -> bytes:
        """What is said to a client that is led on."""

    @abstractmethod
    def refuse(self, peer: Peer, code: int) -> None:
        """Turn it away."""

    @abstractmethod
    def code_of(self, error: Unreachable) -> int:
        """How it is said that there is no way."""

    def may_log_in(self, user: str, password: str) -> bool:
        """Note a login, and judge it."""
        self.logins.append((user, password))
        return (user, password) == self.login

    def _connect(self, asked: Asked) -> socket.socket:
        port = self._places.get((asked.host, asked.port))
        if port is None:
            raise Unreachable(host_is_known=False)
        server = socket.socket()
        server.bind((HOST, 0))
        self.ports.add(server.getsockname()[1])  # before the server can see it
        try:
            server.connect((HOST, port))
        except OSError as error:
            server.close()
            raise Unreachable(host_is_known=True) from error
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        with selectors.DefaultSelector() as ready:
            for each in other:
                ready.register(each, selectors.EVENT_READ)
            while ready.get_map():
                for key, _ in ready.select():
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(_CHUNK)
                    self.octets += len(data)
                    if data:
                        other[key.fileobj].sendall(data)
                        continue
                    ready.unregister(key.fileobj)
                    with contextlib.suppress(OSError):
                        other[key.fileobj].shutdown(socket.SHUT_WR)


class SocksProxy(ForwardProxy):
    """SOCKS5."""

    scheme = "socks5"

    def is_let_in(self, peer: Peer) -> bool:
        version, number = peer.read(2)
        assert version == 5
        methods = peer.read(number)
        if self.login is None:
            peer.write(b"\5\0")
            return True
        if 2 not in methods:
            peer.write(b"\5\xff")
            return False
        peer.write(b"\5\2")
        assert peer.read(1) == b"\1"
        user, password = (peer.read(peer.read(1)[0]).decode() for _ in range(2))
        good = self.may_log_in(user, password)
        peer.write(b"\1\0" if good else b"\1\1")
        return good

    def hear(self, peer: Peer) -> Asked:
        assert peer.read(3) == b"\5\1\0"
        match peer.read(1)[0]:
            case 3:
                host = peer.read(peer.read(1)[0]).decode("ascii")
            case kind:
                host = str(ipaddress.ip_address(peer.read(4 if kind == 1 else 16)))
        return Asked(host, int.from_bytes(peer.read(2), "big"))

    def granted(self) -> bytes:
        return b"\5\0\0\1\x7f\0\0\1\4\0"

    def refuse(self, peer: Peer, code: int) -> None:
        peer.write(b"\5%c\0\1\0\0\0\0\0\0" % code)

    def code_of(self, error: Unreachable) -> int:
        return 5 if error.host_is_known else 4


class ConnectProxy(ForwardProxy):
    """CONNECT. A refused login is quoted in the refusal."""

    scheme = "http"

    def is_let_in(self, peer: Peer) -> bool:
        return True

    def hear(self, peer: Peer) -> Asked:
        method, authority, version = peer.readline().decode("ascii").split()
        assert (method, version) == ("CONNECT", "HTTP/1.1")
        fields: dict[str, str] = {}
        while line := peer.readline().decode("ascii").strip():
            name, _, text = line.partition(":")
            fields[name.lower()] = text.strip()
        host, _, port = authority.rpartition(":")
        said = base64.b64decode(fields.get("proxy-authorization", "").removeprefix("Basic ")).decode()
        if self.login and not (said and self.may_log_in(*said.split(":", 1))):
            self.perform(peer, [f"HTTP/1.1 407 not with {said}\r\n\r\n".encode(), Cut()])
        return Asked(host.strip("[]"), int(port))

    def granted(self) -> bytes:
        return b"HTTP/1.1 200 Connection established\r\nVia: us\r\n\r\n"

    def refuse(self, peer: Peer, code: int) -> None:
        page = b"<p>no</p>"
        peer.write(b"HTTP/1.1 %d no way\r\nContent-Length: %d\r\n\r\n%b" % (code, len(page), page))

    def code_of(self, error: Unreachable) -> int:
        return 502
