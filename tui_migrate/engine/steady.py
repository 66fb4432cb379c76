"""Time that no setting of the clock moves, neither while an engine works nor between one and the next.

Budgets of a day and waits of notices outlive an engine, so they are kept as points in time. By the clock on the wall, a
clock that is put forward by a day would free a budget, and one that is put back would hold it for a day more. What
passes is told by the time since the machine started; only across a restart of the machine its clock must be believed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from tui_migrate.model.clocks import Moment
from tui_migrate.timing import uptime

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Another one after each start of the machine; empty where the system does not tell."""
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""


class SteadyClock:
    """Seconds: those of the epoch as long as nobody has set the clock. Goes on where the engine before left off."""

    def __init__(
        self,
        before: Moment | None,
        clock: Callable[[], float] = time.time,
        up: Callable[[], float] = uptime,
        boot: str | None = None,
    ) -> None:
        """`before`: when the last engine of this store was last heard of."""
        self._clock, self._up = clock, up
        self._boot = boot_id() if boot is None else boot
        now = up()
        if before is None:
            start = clock()
        elif self._boot and before.boot == self._boot and before.up <= now:
            start = before.steady + now - before.up
        else:
            start = before.steady + max(0.0, clock() - before.wall)
        self._ahead = start - now

    def __call__(self) -> float:
        return self._up() + self._ahead

    def moment(self) -> Moment:
        """Now, for the next engine."""
        up = self._up()
        return Moment(self._boot, up, self._clock(), up + self._ahead)
