"""A line that counts what is open on it."""

from __future__ import annotations

import asyncio

from tests.servers.loopback_proxy import Link, Proxy, pass_on


class CountingProxy(Proxy):
    """Relays bytes as they are, and knows how many connections its server has at once."""

    def __init__(self, target_port: int) -> None:
        super().__init__(target_port)
        self.now = 0
        """Connections that neither side has ended."""
        self.most = 0
        """The highest that `now` ever was."""
        self.all = 0
        """Connections since the start."""

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        self.now += 1
        self.all += 1
        self.most = max(self.most, self.now)
        both = [asyncio.ensure_future(self.up(client, link)), asyncio.ensure_future(self.down(server, link))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.now -= 1
        try:
            await asyncio.gather(*both)
        finally:
            for each in both:
                each.cancel()

    async def up(self, client: asyncio.StreamReader, link: Link) -> None:
        """All that the client says."""
        await pass_on(client, link.server)

    async def down(self, server: asyncio.StreamReader, link: Link) -> None:
        """All that the server says."""
        await pass_on(server, link.client)
