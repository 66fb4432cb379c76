"""The engine of a store, from lock to last window. `tui-migrate engine` and `tui-migrate run` are this."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from typing import Protocol

from tui_migrate.config.paths import Paths
from tui_migrate.engine.copying.budget import Budget
from tui_migrate.engine.copying.tools import Clocks, Files, ServerKnowledge, Tools
from tui_migrate.engine.log import logging_to
from tui_migrate.engine.process import Lock
from tui_migrate.engine.steady import SteadyClock
from tui_migrate.engine.supervisor import Supervisor
from tui_migrate.engine.turns.descriptors import raise_limit
from tui_migrate.mail.connect import get_ready
from tui_migrate.mail.lessons import Experience, Learned
from tui_migrate.model import Wanted
from tui_migrate.store import lessons, looks, migrations, progress
from tui_migrate.store.database import Database, Writer
from tui_migrate.store.vault import Vault
from tui_migrate.timing import USUAL, Timing

_LOG = logging.getLogger(__name__)

STOPPED = 130
"""Exit code after a signal."""


class EngineStore(Protocol):
    """The store that an engine works on, and the files beside it."""

    @property
    def paths(self) -> Paths: ...

    @property
    def database(self) -> Database: ...

    @property
    def vault(self) -> Vault: ...


def run_engine(
    store: EngineStore,
    *,
    only: int | None = None,
    until_idle: bool = False,
    timing: Timing = USUAL,
    debug: bool = False,
) -> bool:
    """Be the engine of a store until SIGTERM, SIGINT or SIGHUP, or until nothing is left to do. True after a signal.

    `only`: the one migration that is worked on. `debug`: more goes into the log. Raises LockHeld when another engine
    has the store, StoreUnusable when the store cannot be read or written.
    """
    raise_limit()
    gc.set_threshold(50_000, 20, 10)  # mail on its way is many small objects: a twentieth of what a message costs
    while True:
        with Lock(store.paths.lock_file):
            store.database.confirm_version()  # from here on nobody upgrades it
            with logging_to(store.paths.log_dir, debug=debug) as log:
                stopped = _work(store, Files(store.paths.spool_dir, log), only, until_idle, timing)
        # Whoever asked for work just before we gave back the lock has seen it held and started no other engine.
        if stopped or only is not None or not _asked_for_more(store.database):
            return stopped


def _work(store: EngineStore, files: Files, only: int | None, until_idle: bool, timing: Timing) -> bool:
    with store.database.read() as connection:
        steady = SteadyClock(progress.last_moment(connection))
        learned = lessons.listing(connection)
        known = [each for each in migrations.listing(connection, store.vault) if only in (None, each.id)]
    for kind in {each.source.kind for each in known if each.wanted is Wanted.RUN}:
        get_ready(kind)
    writer = Writer(store.database)

    def keep(server: str, known: tuple[Learned, ...]) -> None:
        for each in known:
            _LOG.info("lesson of %s: %s; the server's words: %s", server, each.lesson, each.words)
        writer.submit(lambda connection: lessons.save(connection, server, known))

    experience = Experience(learned, keep)
    servers = ServerKnowledge(experience=experience)
    tools = Tools(writer, files, Clocks(steady), servers, Budget(), timing)
    stopped = False

    async def main() -> None:
        supervisor = Supervisor(tools, store.vault, only)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            nonlocal stopped
            if stopped:  # asked twice: a server that hangs at the login is not waited for, and the journal allows it
                os._exit(STOPPED)
            stopped = True
            _LOG.info("told to stop by a signal")
            supervisor.stop()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means what it says
                loop.add_signal_handler(number, stop)
        await supervisor.run(until_idle)

    try:
        asyncio.run(main())
    finally:
        writer.close()
    return stopped


def _asked_for_more(database: Database) -> bool:
    with database.read() as connection:
        return looks.engine.work_waits(connection)
