"""An HTTP server on loopback, over TLS, that answers as a test says and notes what it was asked."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from tests.servers.loopback_server import Chunk, LoopbackServer, Peer


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    """Path and query."""
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes = b""


@dataclass(frozen=True)
class Page:
    """One answer."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Handle = Callable[[Asked], Page | list[Chunk]]
"""What comes back: a page, or octets and what else a server may do with a connection."""


class WebServer(LoopbackServer):
    """Listens while the block lasts, and ends each connection after one answer."""

    def __init__(self, handle: Handle, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.asked: list[Asked] = []
        self._handle = handle

    def url(self, path: str) -> str:
        """The address of this path here."""
        return f"https://{self.host}:{self.port}{path}"

    def converse(self, peer: Peer) -> None:
        """One request, one answer."""
        line = peer.readline().decode().split()
        if len(line) < 2:
            return
        headers: dict[str, str] = {}
        while (field := peer.readline().decode().strip()) != "":
            name, _, text = field.partition(":")
            headers[name.lower()] = text.strip()
        asked = Asked(line[0], line[1], headers, peer.read(int(headers.get("content-length", 0))))
        self.asked.append(asked)
        answer = self._handle(asked)
        self.perform(peer, [octets(answer)] if isinstance(answer, Page) else answer)


def octets(page: Page) -> bytes:
    """An answer as it is sent."""
    length = str(len(page.body))
    headers = {"Content-Type": "application/json", "Content-Length": length, "Connection": "close", **page.headers}
    lines = [f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + page.body
