"""The asyncio-thread bridge: the supervisor awaits what a transfer thread does.

The threads are our own: named, and waited for when the engine ends. asyncio's default pool has six of them on a
small host, shared with name resolution, and cannot be stopped.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from tui_migrate.engine.arenas import share_arenas

_SEVERAL = 4
"""Threads: more than an account begins with."""


class Bridge:
    """Runs blocking work in transfer threads."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def run(self, name: str, work: Callable[[], None]) -> None:
        """Do `work` in a thread of this name. Raises what it raises; a cancelled wait does not end the thread."""
        future: asyncio.Future[None] = self._loop.create_future()

        def settle(error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

        def body() -> None:
            error: BaseException | None = None
            try:
                work()
            except BaseException as raised:  # noqa: BLE001 - outermost loop of the thread: the supervisor decides
                error = raised
            self._loop.call_soon_threadsafe(settle, error)

        if threading.active_count() >= _SEVERAL:
            share_arenas()
        threading.Thread(target=body, name=name).start()
        await future
