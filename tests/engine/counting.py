"""A line that counts what is open on it."""

from __future__ import annotations

import asyncio

from tests.crash.support import pass_on
from tests.servers.loopback_proxy import Link, Proxy


class CountingProxy(Proxy):
    """Knows how many connections its server has had open at once. They end when the server ends them."""

    def __init__(self, target_port: int) -> None:
        super().__init__(target_port)
        self.now = self.most = 0

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.gather(pass_on(client, link.server), self._down(server, link))

    async def _down(self, server: asyncio.StreamReader, link: Link) -> None:
        while data := await server.read(1 << 16):
            link.client.write(data)
        self.now -= 1
        link.client.write_eof()
