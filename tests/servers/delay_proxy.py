"""A proxy that makes loopback as far away as another continent, and as narrow as its line."""

from __future__ import annotations

import asyncio
import socket

from tests.servers.loopback_proxy import CHUNK, Link, Proxy

_NARROW = 1 << 14
"""Octets read at once from who must wait."""
_HELD = 1 << 16
_LATE = 0.1
_EARLY = 0.0005
"""Seconds. The event loop's timers end up to a millisecond late; asking half of it early leaves an error of 0.5 ms."""


class DelayProxy(Proxy):
    """Hands each chunk on `delay_seconds` after it came, in each direction: a round trip takes twice that.

    A new connection reaches the server one delay late, so a greeting takes one round trip. Without `octets_a_second`,
    bandwidth and buffers are unlimited: a fast sender's data wait in memory. With it, all connections together pass on
    no more, in each direction, and who sends more must wait.
    """

    def __init__(self, target_port: int, delay_seconds: float, *, octets_a_second: int = 0, port: int = 0) -> None:
        super().__init__(target_port, port=port)
        self.delay_seconds = delay_seconds
        self.octets_a_second = octets_a_second
        self._free_at = {"up": 0.0, "down": 0.0}
        """When all that has come so far has passed through the line, by direction."""
        self.connect_seconds = max(0.0, delay_seconds - _EARLY)

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        if self.octets_a_second:  # the line itself holds little: what waits is in the senders' own buffers
            for end in (link.client, link.server):
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _HELD)
        await asyncio.gather(self._one_way(client, link.server, "up"), self._one_way(server, link.client, "down"))

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        travelling: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        await asyncio.gather(self._take_in(reader, travelling, way), self._hand_on(travelling, writer))

    async def _take_in(
        self, reader: asyncio.StreamReader, travelling: asyncio.Queue[tuple[float, bytes]], way: str
    ) -> None:
        clock = asyncio.get_running_loop().time
        data = b"nothing yet"
        while data:
            try:
                data = await reader.read(_NARROW if self.octets_a_second else CHUNK)
            except ConnectionError:
                data = b""
            if self.octets_a_second:
                since = max(self._free_at[way], clock() - _LATE)  # timers of a busy machine make up for being late
                self._free_at[way] = since + len(data) / self.octets_a_second
                await asyncio.sleep(self._free_at[way] - clock())
            travelling.put_nowait((clock() + self.delay_seconds, data))

    async def _hand_on(self, travelling: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due, data = await travelling.get()
            early = due - _EARLY - clock()
            if early > 0:
                await asyncio.sleep(early)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if not writer.is_closing():
            writer.write_eof()
