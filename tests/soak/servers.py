"""Servers in memory that strike at a chosen octet, and greet nobody while they still work for a client that has gone.

So nothing is stored late but what a fault stores late, however busy the machine is."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.servers.imap.server import ImapDouble
from tests.servers.loopback_server import Chunk, LoopbackServer, Peer, Stall
from tests.servers.pop.server import PopDouble

_ESTABLISHED = 1
"""The first octet of TCP_INFO while neither side has ended the connection (Linux, tcp_states.h)."""
_CHUNK = 1 << 16
_PATIENCE = 60.0
"""Seconds that a server may need for what its clients have left behind."""


@dataclass
class Wire:
    """Strikes when so many more octets have been received."""

    left: int
    strike: Callable[[], None]


class WatchedPeer(Peer):
    """Counts what is received."""

    def __init__(self, sock: socket.socket, server: Watched) -> None:
        super().__init__(sock)
        self._server = server
        self.stalled = False
        """True: it is not answered any more."""

    def has_gone(self) -> bool:
        """True when the client has ended the connection, whether or not all of it was read."""
        return self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _ESTABLISHED

    def _more(self) -> bool:
        wire = self._server.wire
        if wire is None or wire.left <= 0:
            return super()._more()
        piece = self._socket.recv(min(_CHUNK, wire.left))
        self._buffer += piece
        wire.left -= len(piece)
        if not wire.left:
            wire.strike()
        return bool(piece)


class Watched(LoopbackServer):
    """What both kinds of servers get besides."""

    wire: Wire | None = None

    def peer_of(self, client: socket.socket) -> Peer:
        return WatchedPeer(client, self)

    def perform(self, peer: Peer, chunks: Iterable[Chunk]) -> None:
        some = list(chunks)
        if isinstance(peer, WatchedPeer):
            peer.stalled |= any(isinstance(chunk, Stall) for chunk in some)
        super().perform(peer, some)

    def await_quiet(self, but: Peer | None = None) -> None:
        """Until nothing is done any more for clients that have gone. Raises: TimeoutError."""
        until = time.monotonic() + _PATIENCE
        while self._busy_for_nobody(but):
            if time.monotonic() > until:
                raise TimeoutError("a server does not come to an end with what clients have left behind")
            time.sleep(0.001)

    def _busy_for_nobody(self, but: Peer | None) -> bool:
        with self._guard:
            peers = [peer for peer in self._open if isinstance(peer, WatchedPeer) and peer is not but]
            return any(not peer.stalled and peer.has_gone() for peer in peers)


class Imap(Watched, ImapDouble):
    """An IMAP server."""

    def converse(self, peer: Peer) -> None:
        self.await_quiet(peer)
        super().converse(peer)


class Pop(Watched, PopDouble):
    """A POP server."""

    def converse(self, peer: Peer) -> None:
        self.await_quiet(peer)
        super().converse(peer)
