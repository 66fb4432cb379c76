"""HTTP/1.1 as a server speaks it over connections that are kept (RFC 9112)."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from tests.servers.loopback_server import Peer


@dataclass
class Request:
    """What a client sent."""

    method: str
    target: str
    headers: dict[str, str]
    """By names in small letters; without credentials once the login was looked at."""
    body: bytes = field(default=b"", repr=False)
    connection: int = 0
    """Number of the connection."""
    user: str = ""
    """Whose mailbox it is about; empty before the login."""
    operation: str = ""
    ids: list[str] = field(default_factory=list, repr=False)
    """Of the things that it asks for."""


@dataclass
class Answer:
    """What is sent back."""

    parts: list[bytes] = field(default_factory=list, repr=False)
    """The body, in any pieces."""
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    close: bool = False
    """The connection ends with it."""
    chunked: bool = False

    def octets(self) -> bytes:
        """As it goes out."""
        headers = self.headers
        if self.close:
            headers = [*headers, ("Connection", "close")]
        if self.chunked:
            headers = [*headers, ("Transfer-Encoding", "chunked")]
            body = _chunks(b"".join(self.parts))
        else:
            headers = [*headers, ("Content-Length", str(sum(map(len, self.parts))))]
            body = self.parts
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", *(f"{k}: {v}" for k, v in headers), "", ""]
        return b"".join(["\r\n".join(lines).encode(), *body])


def read_request(peer: Peer) -> Request | None:
    """The next one of a connection; None: the client has ended."""
    line = peer.readline().decode("latin-1").split()
    if len(line) < 3:
        return None
    headers: dict[str, str] = {}
    while (header := peer.readline().decode("latin-1").strip()) != "":
        name, _, text = header.partition(":")
        headers[name.lower()] = text.strip()
    request = Request(line[0], line[1], headers)
    if headers.get("expect", "").lower() == "100-continue":
        peer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        request.body = _read_chunks(peer)
    else:
        size = int(headers.get("content-length", 0))
        request.body = peer.read(size)
        if len(request.body) < size:
            return None
    return request


def _read_chunks(peer: Peer) -> bytes:
    body = bytearray()
    while size := int(peer.readline().partition(b";")[0], 16):
        body += peer.read(size)
        peer.readline()
    while peer.readline().strip():
        pass
    return bytes(body)


_CHUNK = 1 << 16


def _chunks(body: bytes) -> list[bytes]:
    parts: list[bytes] = []
    for at in range(0, len(body), _CHUNK):
        piece = body[at : at + _CHUNK]
        parts += [b"%x\r\n" % len(piece), piece, b"\r\n"]
    return [*parts, b"0\r\n\r\n"]
