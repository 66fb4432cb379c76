"""A proxy that counts how many connections were open through it at once."""

from __future__ import annotations

import asyncio

from tests.servers.loopback_proxy import CHUNK, Link, Proxy


class CountingProxy(Proxy):
    """Relays bytes as they are."""

    def __init__(self, target_port: int) -> None:
        super().__init__(target_port)
        self.open = 0
        self.most = 0
        """The highest that `open` ever was."""
        self.all = 0
        """Connections since the start."""

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        """Until either side ends."""
        self.open += 1
        self.all += 1
        self.most = max(self.most, self.open)
        both = [
            asyncio.ensure_future(_pump(client, link.server)),
            asyncio.ensure_future(_pump(server, link.client)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
