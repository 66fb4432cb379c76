"""How far the accounts that run are, put on record once a second with the engine's heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Additions
from tui_migrate.engine.outcome import save_numbers
from tui_migrate.engine.turns.sharing import Run
from tui_migrate.errors import StoreUnusable
from tui_migrate.model import EngineStatus
from tui_migrate.store import progress
from tui_migrate.store.database import Transaction


async def save_all(tools: Tools, runs: Sequence[Run], status: EngineStatus) -> None:
    """Save the numbers of these and the heartbeat, in one transaction. An account whose numbers cannot be saved is told
    to stop, and why. Raises StoreUnusable."""
    moment = tools.clocks.steady.moment()
    additions = [run.work.result.take_additions() for run in runs]

    def save(connection: Transaction) -> list[int]:
        progress.beat(connection, status, moment)
        each = zip(runs, additions, strict=True)
        return [save_numbers(connection, run.work, run.rates, added) for run, added in each]

    try:
        saved = await asyncio.wrap_future(tools.write(save))
    except StoreUnusable:
        raise
    except Exception:  # noqa: BLE001 - one account's numbers are at fault: alone it harms nobody else
        await asyncio.gather(*(_save_alone(tools, *each) for each in zip(runs, additions, strict=True)))
        await asyncio.wrap_future(tools.write(lambda connection: progress.beat(connection, status, moment)))
        return
    for run, changes in zip(runs, saved, strict=True):
        run.work.result.tally.saved(changes)


async def _save_alone(tools: Tools, run: Run, added: Additions) -> None:
    try:
        await asyncio.wrap_future(tools.write(lambda connection: save_numbers(connection, run.work, run.rates, added)))
    except StoreUnusable:
        raise
    except Exception as fault:  # noqa: BLE001 - it ends this account, which raises it when it has stopped
        run.fault = fault
        run.stop.set()
