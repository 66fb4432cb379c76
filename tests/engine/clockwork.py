"""An engine in a thread of this process, on a clock that the test turns."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Self

from tui_migrate.engine.copying.tools import Clocks, Files, Tools
from tui_migrate.engine.log import PrivateFile, logging_to
from tui_migrate.engine.steady import SteadyClock
from tui_migrate.engine.supervisor import Supervisor
from tui_migrate.service import Service
from tui_migrate.store import progress
from tui_migrate.store.database import Writer
from tui_migrate.timing import USUAL, Timing

HOUR = 3600


class Clock:
    """Tells the time of today and what was added."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Clockwork:
    """Works while the block lasts, on all that is started in the service's store."""

    def __init__(self, service: Service, clock: Clock, timing: Timing = USUAL, *, passes: bool = True) -> None:
        """`passes`: turning the clock means that time passes, else that somebody has set it."""
        self._service = service
        self._passes = passes
        self._timing = timing
        self._clock = clock
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="engine")
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._supervisor.stop)
        self._thread.join()

    async def _work(self) -> None:
        service = self._service
        writer = Writer(service.store.database)
        with service.store.read() as connection:
            before = progress.last_moment(connection)
        passed = self._clock if self._passes else time.time
        steady = SteadyClock(before, self._clock, passed, "this one")
        with logging_to(service.store.paths.log_dir) as log:
            await self._supervise(writer, steady, log)

    async def _supervise(self, writer: Writer, steady: SteadyClock, log: PrivateFile) -> None:
        service = self._service
        files, clocks = Files(service.store.paths.spool_dir, log), Clocks(steady, self._clock)
        tools = Tools(writer, files, clocks, timing=self._timing)
        self._loop = asyncio.get_running_loop()
        self._supervisor = Supervisor(tools, service.store.vault)
        self._ready.set()
        try:
            await self._supervisor.run(until_idle=False)
        finally:
            writer.close()
