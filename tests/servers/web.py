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
    """Listens while the block lasts, and ends each connection after one answer, unless it `keeps` them."""

    def __init__(self, handle: Handle, *, tls: ssl.SSLContext | None = None, keeps: bool = False) -> None:
        super().__init__(tls=tls)
        self.asked: list[Asked] = []
        self._handle = handle
        self._keeps = keeps

    def url(self, path: str) -> str:
        """The address of this path here."""
        return f"https://{self.host}:{self.port}{path}"

    def converse(self, peer: Peer) -> None:
        """One request, one answer; or as many as come."""
        while self._converse_once(peer) and self._keeps:
            pass

    def _converse_once(self, peer: Peer) -> bool:
        line = peer.readline().decode().split()
        if len(line) < 2:
            return False
        headers: dict[str, str] = {}
        while (field := peer.readline().decode().strip()) != "":
            name, _, text = field.partition(":")
            headers[name.lower()] = text.strip()
        asked = Asked(line[0], line[1], headers, peer.read(int(headers.get("content-length", 0))))
        self.asked.append(asked)
        answer = self._handle(asked)
        self.perform(peer, [octets(answer, keeps=self._keeps)] if isinstance(answer, Page) else answer)
        return True


def octets(page: Page, *, keeps: bool = False) -> bytes:
    """An answer as it is sent; the last one of its connection, unless that is kept."""
    length, stays = str(len(page.body)), "keep-alive" if keeps else "close"
    headers = {"Content-Type": "application/json", "Content-Length": length, "Connection": stays, **page.headers}
    lines = [f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + page.body
