"""How the connections that servers allow are shared by the accounts that run."""

from __future__ import annotations

import logging
import platform
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from os import getpid

from tui_migrate.engine.copying.lanes import Lanes
from tui_migrate.engine.copying.work import Work
from tui_migrate.engine.turns.admission import ALL_SERVERS, Holder, WaitingAccount, share, spare_for_another, surplus
from tui_migrate.engine.turns.ceilings import Ceilings, admin_limits
from tui_migrate.engine.turns.lane_trial import LaneTrial
from tui_migrate.engine.turns.processor import Processor
from tui_migrate.errors import MailError, TooManyConnections
from tui_migrate.model import EngineStatus, Migration, ServerUse

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Run:
    """An account that holds connections."""

    work: Work
    servers: tuple[str, str]
    asked: int
    check: bool
    """It only proves the logins and counts."""
    trial: LaneTrial
    held: bool = field(default=False, init=False)
    """It is told to stop because a server is to be left alone."""
    stop: threading.Event = field(default_factory=threading.Event, init=False)
    fault: Exception | None = field(default=None, init=False)
    """What went wrong around it, and ends it."""
    lanes: Lanes | None = field(default=None, init=False)
    """None: it is just beginning."""
    rates: tuple[float, float] = field(default=(0.0, 0.0), init=False)
    """Messages and bytes a second."""
    known_since: float | None = field(default=None, init=False)
    """When (monotonic) its rates were first asked for while its lanes copied."""

    @property
    def lanes_held(self) -> int:
        """How many lanes the account has; each is a connection to either server."""
        return self.lanes.held if self.lanes else 1

    def look(self, now: float) -> None:
        """See how fast the account is. To be called about once a second."""
        self.rates = self.work.result.pace.rates()
        copying = self.lanes is not None and self.lanes.spare > 0
        self.known_since = (self.known_since or now) if copying else None
        self.trial.look(self.lanes_held if copying else 0, self.work.result.pace.moved, now)

    def rate(self, now: float) -> float | None:
        """Messages a second; None while it copies too short for that to mean anything."""
        known = self.known_since is not None and now > self.known_since
        return self.rates[0] if known else None


class ConnectionSharing:
    """Knows what servers have taught us, and gives and takes lanes."""

    def __init__(self, most: int, lesson_seconds: float) -> None:
        """`most`: connections in all, whatever the servers allow. What a server has taught is heeded for so long."""
        self._most = most
        self._ceilings = Ceilings(lesson_seconds)
        self._processor = Processor()

    def limits(self, migrations: Iterable[Migration]) -> dict[str, int]:
        """Connections that there may be, by server and in all."""
        return {**self._ceilings.limits(migrations, time.monotonic()), ALL_SERVERS: self._most}

    def spread(self, runs: Sequence[Run], waiting: Iterable[WaitingAccount], migrations: Sequence[Migration]) -> None:
        """Free connections become extra lanes of `runs`, which stand in the order of their rights; where they are
        wanted elsewhere, or fewer are allowed, lanes end."""
        now, processor = time.monotonic(), self._processor.share()
        holders = []
        for run in runs:
            while run.lanes and run.lanes.refusals:
                self._lane_refused(run, runs, run.lanes.refusals.popleft())
            spare = run.lanes.spare if run.lanes else 0
            most = self._ceilings.lanes(run.work.account.id, run.work.migration, now)
            most = min(most, run.trial.most(now))
            worth = spare_for_another(spare, run.rate(now), processor)
            holders.append(Holder(run.work.account.id, run.servers, run.lanes_held, most, worth))
        given = share(holders, waiting, busy(runs), self.limits(migrations))
        too_many = surplus(holders, admin_limits(migrations))
        for run in runs:
            if run.lanes:
                run.lanes.allow(given[run.work.account.id])
            if run.work.account.id in too_many:
                run.stop.set()

    def first_refused(self, run: Run, runs: Iterable[Run], server: str) -> None:
        """Learn that an account could not have its first connection to this server."""
        now, using = time.monotonic(), busy(runs)[server]
        # Of several that are refused at the same moment all are in use still: each lowers it by one.
        most = min(self._ceilings.taught(now).get(server, using), using) - 1
        _LOG.info("%s refuses a connection beside %d others: it is not asked for more for a while", server, using - 1)
        self._ceilings.learn(server, most, run.servers.count(server), now)

    def _lane_refused(self, run: Run, runs: Iterable[Run], error: MailError) -> None:
        """Learn that a lane beyond the first has not begun."""
        self._ceilings.learn_account(run.work.account.id, run.lanes_held, time.monotonic())
        its_own = "user" in error.server_words.lower()  # this mailbox has too many, whatever others may have
        if isinstance(error, TooManyConnections) and error.server and not its_own:
            self._ceilings.learn(error.server, busy(runs)[error.server], 1, time.monotonic())

    def status(self, runs: Sequence[Run], migrations: Iterable[Migration]) -> EngineStatus:
        """What the engine's heartbeat tells."""
        migrations = [*migrations]
        limits = self.limits(migrations)
        used = busy(runs)
        taught = self._ceilings.taught(time.monotonic())
        return EngineStatus(
            running=True,
            pid=getpid(),
            host=platform.node(),
            connections=used.total(),
            rate_messages=sum(run.rates[0] for run in runs),
            rate_bytes=sum(run.rates[1] for run in runs),
            servers={key: ServerUse(used[key], limits[key], taught.get(key) == limits[key]) for key in used},
            lanes={run.work.account.id: run.lanes_held for run in runs},
            most_connections=self._most if sum(admin_limits(migrations).values()) > self._most else 0,
        )


def busy(runs: Iterable[Run]) -> Counter[str]:
    """Connections in use, by server."""
    return Counter(key for run in runs for key in run.servers * run.lanes_held)
