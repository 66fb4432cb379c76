"""The ground of all servers made here: a loopback listener, a thread for each connection, an end that waits for all."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from tests.servers.ports import HOST

_CHUNK = 1 << 16


class Cut:
    """In the place of octets: end the connection."""


@dataclass(frozen=True)
class Stall:
    """In the place of octets: say nothing until this is set. The server's own end sets it, and nothing follows."""

    until: threading.Event


@dataclass(frozen=True)
class Swallow:
    """In the place of octets: take this many of the client's, or the rest of a line, and forget them."""

    octets: int | None = None


@dataclass(frozen=True)
class Encrypt:
    """In the place of octets: TLS from here on."""

    context: ssl.SSLContext


class Compress:
    """In the place of octets: raw deflate from here on, in both directions (RFC 4978)."""


Chunk = bytes | Cut | Stall | Swallow | Encrypt | Compress
"""What a server does next: say these octets, or another thing."""


class Peer:
    """The client at the other end of a connection. Raises: OSError when the connection breaks."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self._deflater: zlib._Compress | None = None
        self._inflater: zlib._Decompress | None = None

    def readline(self) -> bytes:
        """One line with its line end; what there is, without one, at the client's end."""
        while b"\n" not in self._buffer and self._more():
            pass
        line, end, self._buffer = self._buffer.partition(b"\n")
        return line + end

    def read(self, size: int) -> bytes:
        """So many octets; fewer at the client's end."""
        data = bytearray(self._buffer)
        self._buffer = b""
        while len(data) < size and self._more():
            data += self._buffer
            self._buffer = b""
        self._buffer = bytes(data[size:])
        return bytes(data[:size])

    def ahead(self) -> bytes:
        """What came behind what was read, and has not been read yet."""
        return self._buffer

    def take_lines(self) -> list[bytes]:
        """The whole lines among what came ahead; they are not read a second time."""
        whole, end, self._buffer = self._buffer.rpartition(b"\n")
        return re.findall(rb"[^\n]*\n", whole + end)

    def write(self, data: bytes) -> None:
        """Say this."""
        if data and self._deflater is not None:
            data = self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        if data:
            self._socket.sendall(data)

    def compress(self) -> None:
        """Raw deflate from here on; what was read ahead is compressed too."""
        self._deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._buffer = self._inflater.decompress(self._buffer)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """TLS from here on; what was read ahead in the clear is forgotten (RFC 2595 section 4)."""
        self._buffer = b""
        encrypted = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = encrypted
        encrypted.do_handshake()

    def abort(self) -> None:
        """End the connection; from any thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _more(self) -> bool:
        piece = self._socket.recv(_CHUNK)
        self._buffer += piece if self._inflater is None else self._inflater.decompress(piece)
        return bool(piece)


class LoopbackServer(ABC):
    """Listens on `port` while the block lasts. `tls`: from the first octet."""

    host = HOST

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.met = threading.Event()
        """Set when the first client has come."""
        self.connections = 0
        """Since the start."""
        self.came_from: set[int] = set()
        """The ports of all clients."""
        self.most_open = 0
        """Connections that were open at once."""
        self._tls = tls
        self._listener = socket.create_server((HOST, 0), backlog=1024)
        # Else Nagle's algorithm holds small replies back until the client's delayed ACK, for 40 ms.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._listener.getsockname()[1]
        name = f"{type(self).__name__}-{self.port}"
        self._acceptor = threading.Thread(target=self._accept, name=name)
        self._guard = threading.Lock()
        self._open: dict[Peer, threading.Thread] = {}
        self._waits: list[threading.Event] = []
        self._stopping = False

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._guard:
            self._stopping = True
            waits, still_open = list(self._waits), dict(self._open)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for event in waits:
            event.set()
        for peer, thread in still_open.items():
            peer.abort()
            thread.join()
        self._acceptor.join()
        self._listener.close()

    @abstractmethod
    def converse(self, peer: Peer) -> None:
        """Serve one connection until either side ends it. Raises: OSError when it breaks."""

    def peer_of(self, client: socket.socket) -> Peer:
        """The client behind an accepted socket."""
        return Peer(client)

    def perform(self, peer: Peer, chunks: Iterable[Chunk]) -> None:
        """Do these things in their order. What is said goes out in as few writes as can be."""
        waiting = bytearray()
        for chunk in chunks:
            if isinstance(chunk, bytes):
                waiting += chunk
                continue
            peer.write(bytes(waiting))
            waiting.clear()
            match chunk:
                case Cut():
                    peer.abort()
                    raise ConnectionResetError
                case Stall(until):
                    self._wait(until)
                case Swallow(None):
                    peer.readline()
                case Swallow(int(octets)):
                    peer.read(octets)
                case Encrypt(context):
                    peer.encrypt(context)
                case Compress():
                    peer.compress()
        peer.write(bytes(waiting))

    def _wait(self, event: threading.Event) -> None:
        with self._guard:
            self._waits.append(event)
            if self._stopping:
                event.set()
        event.wait()
        if self._stopping:
            raise ConnectionAbortedError

    def _accept(self) -> None:
        while True:
            try:
                client, (_, port) = self._listener.accept()
            except OSError:
                return
            peer = self.peer_of(client)
            thread = threading.Thread(target=self._serve, args=(peer,), name=f"{self._acceptor.name}-client")
            with self._guard:
                if self._stopping:
                    peer.close()
                    return
                self._open[peer] = thread
                self.connections += 1
                self.came_from.add(port)
                self.most_open = max(self.most_open, len(self._open))
                thread.start()
            self.met.set()

    def _serve(self, peer: Peer) -> None:
        try:
            with contextlib.suppress(OSError):
                if self._tls is not None:
                    peer.encrypt(self._tls)
                self.converse(peer)
        finally:
            with self._guard:
                del self._open[peer]
            peer.close()
