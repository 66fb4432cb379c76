"""HTTP/1.1 as a server speaks it over connections that are kept (RFC 9112)."""

from __future__ import annotations

from collections.abc import Iterator
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
    chunked: bool = False

    def pieces(self) -> Iterator[bytes]:
        """As it goes out, never much of it at once."""
        framing = (
            ("Transfer-Encoding", "chunked") if self.chunked else ("Content-Length", str(sum(map(len, self.parts))))
        )
        headers = [*self.headers, framing]
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", *(f"{k}: {v}" for k, v in headers), "", ""]
        head = "\r\n".join(lines).encode()
        for piece in _grouped(self.parts):
            yield b"".join([head, b"%x\r\n" % len(piece), piece, b"\r\n"]) if self.chunked else head + piece
            head = b""
        yield head + b"0\r\n\r\n" if self.chunked else head


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


_PIECE = 1 << 18


def _grouped(parts: list[bytes]) -> Iterator[bytearray]:
    waiting = bytearray()
    for part in parts:
        for at in range(0, len(part), _PIECE):
            waiting += memoryview(part)[at : at + _PIECE]
            if len(waiting) >= _PIECE:
                yield waiting
                waiting = bytearray()
    if waiting:
        yield waiting
