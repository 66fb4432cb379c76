"""A middleman that writes down what a POP client says."""

from __future__ import annotations

import asyncio

from tests.servers.loopback_proxy import CHUNK, Link, Proxy


class LineProxy(Proxy):
    """Passes on what it hears, and knows the words that the client's lines begin with."""

    def __init__(self, target_port: int) -> None:
        super().__init__(target_port)
        self.heard = b""

    def words(self) -> list[str]:
        """Since the last call, in their order."""
        lines, self.heard = self.heard.decode("latin-1").splitlines(), b""
        return [line.split(" ")[0] for line in lines]

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        """Until the client is done."""
        down = asyncio.ensure_future(self._pass_down(server, link))
        while data := await client.read(CHUNK):
            self.heard += data
            link.server.write(data)
            await link.server.drain()
        down.cancel()

    async def _pass_down(self, server: asyncio.StreamReader, link: Link) -> None:
        while data := await server.read(CHUNK):
            link.client.write(data)
            await link.client.drain()
        link.client.close()
