"""The ground of all proxies: a loopback listener that runs in its own thread and relays to another loopback port."""

from __future__ import annotations

import asyncio
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Self

from tests.servers.ports import HOST

CHUNK = 1 << 20
"""Bytes read at once."""


class Link:
    """One proxied connection: a client, and the server behind the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.closed = False

    def close(self) -> None:
        """End both sides at once; what was written to the client before still arrives there."""
        self.closed = True
        self.client.close()
        self.server.transport.abort()

    def cut(self) -> None:
        """End it for the server now, and for the client when the server has ended its session: what a server still does
        with what it has in hand then comes before the client asks again, on however busy a machine."""
        self.closed = True
        self.server.write_eof()


class Proxy(ABC):
    """Relays between clients of `port` and the server on `target_port`. Use it as a context manager."""

    host = HOST
    connect_seconds: float = 0.0
    """How long a new connection waits before the server is connected to."""

    def __init__(self, target_port: int, *, port: int = 0) -> None:
        self.target_port = target_port
        self.port = port
        """Where clients connect; 0 until `start` has chosen one."""
        self._links: set[Link] = set()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._ask_to_stop: Callable[[], object] = lambda: None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.port} to {self.target_port}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    @property
    def busy(self) -> bool:
        """A server behind it has not ended a session yet, if only because it stores what a dead client has sent."""
        return bool(self._links)

    def start(self) -> None:
        """Accept connections from now on. Raises: OSError when the port is taken."""
        listener = socket.create_server((HOST, self.port), backlog=1024)
        # Else Nagle's algorithm holds small replies back until the client's delayed ACK, for 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        name = f"{type(self).__name__}-{self.port}"
        self._thread = threading.Thread(target=self._run, args=(listener,), name=name, daemon=True)
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close every connection and the port, for good."""
        if self._thread is not None:
            self._ask_to_stop()
            self._thread.join()
            self._thread = None

    @abstractmethod
    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        """Carry one connection until it ends. Raises: OSError when either side breaks it."""

    def _run(self, listener: socket.socket) -> None:
        asyncio.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._carry(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, sock=listener, limit=CHUNK, backlog=1024)
        stopping = asyncio.Event()
        self._ask_to_stop = partial(asyncio.get_running_loop().call_soon_threadsafe, stopping.set)
        self._ready.set()
        await stopping.wait()
        server.close()
        for link in self._links:
            link.client.transport.abort()
            link.server.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, client: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(self.connect_seconds)
            server, server_writer = await asyncio.open_connection(HOST, self.target_port, limit=CHUNK)
            link = Link(client_writer, server_writer)
            self._links.add(link)
            try:
                await self.relay(client, server, link)
            finally:
                self._links.discard(link)
                server_writer.close()
        except OSError:
            # Either side is gone, or the server is down: the client sees a connection that ends.
            return
        finally:
            client_writer.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything, until the sending side ends."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if not writer.is_closing():
        writer.write_eof()
