"""The lanes of one account's run: the first one works on the run's own connections, others come and go."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from tui_migrate.engine.copying.connecting import Connector, close_both
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.folder_walk import WalkState
from tui_migrate.engine.copying.lane import Lane
from tui_migrate.engine.copying.portions import Portions, portions
from tui_migrate.engine.copying.surroundings import LaneSurroundings
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.engine.log import speaking_of, told
from tui_migrate.errors import MailError
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import Listed, ListedFolder, MailDestination, MailSource
from tui_migrate.uidset import chunks

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Extra:
    """A lane beyond the first."""

    thread: threading.Thread | None = None
    retired: threading.Event = field(default_factory=threading.Event)


class Lanes:
    """`copy` is called by the run, everything else by the supervisor.

    When one lane fails all end in good order, and the run with them: what the broken connection had in flight must be
    looked for at the destination before any of it may be sent again, and nobody else may be storing there meanwhile.
    A lane that does not even begin is missed by nobody.
    """

    def __init__(self, work: Work, tools: Tools, stop: threading.Event, connector: Connector) -> None:
        self._work = work
        self._tools = tools
        self._stop = stop
        self._connector = connector
        self._runs: Sequence[FolderRun] = ()
        self._queue = Portions(())
        self._lock = threading.Lock()
        self._open = False
        self._extras: list[_Extra] = []
        self._numbers = count(2)
        self._error: BaseException | None = None
        self.refusals: deque[MailError] = deque()
        """Why lanes did not begin."""

    @property
    def held(self) -> int:
        """How many lanes there are; each holds a connection to either server."""
        return 1 + len(self._extras)

    @property
    def spare(self) -> int:
        """Messages that no lane has taken yet."""
        return self._queue.left if self._open else 0

    def allow(self, number: int) -> None:
        """Allow so many lanes from now on, at least the first. Those beyond it end after what is in flight."""
        if not self._work.migration.source.kind.traits.many_connections:
            number = 1
        with self._lock:
            working = [each for each in self._extras if not each.retired.is_set()]
            if len(working) > max(0, number - 1):
                _LOG.info("lanes that may be: %d", number, extra=speaking_of(self._work.account))
            for extra in working[max(0, number - 1) :]:
                extra.retired.set()
            if self._open and not self._over():
                for _ in range(number - 1 - len(working)):
                    self._begin()

    def copy(self, runs: Sequence[FolderRun], source: MailSource, destination: MailDestination) -> None:
        """Copy what is missing of these folders. Raises MailError and StoreUnusable."""
        newest_first, most = self._work.migration.selection.newest_first, self._tools.timing.portion_messages
        self._walk(runs, [portions(run.pair.source, most, newest_first) for run in runs], source, destination)
        again = [run for run in runs if run.walk.state is WalkState.AGAIN]
        if again and not self._stop.is_set():
            for run in again:
                self._work.result.tally.forget(run.id)
                run.forget(self._work.migration.selection)
            self._walk(again, [[run.pair.mapped.source] for run in again], source, destination)
        self._close(runs)

    def copy_held(self, runs: Sequence[FolderRun], source: MailSource, destination: MailDestination) -> None:
        """Copy what these folders have held back. Raises MailError and StoreUnusable."""
        newest_first, most = self._work.migration.selection.newest_first, self._tools.timing.portion_messages
        parts = []
        for run in runs:
            held = run.walk.let_go()
            granted = self._work.result.allowance.grant(held)
            if len(granted) < len(held):
                run.walk.end(WalkState.CUT)
            made = [_chosen(run, some) for some in chunks(granted, most)]
            parts.append(made[::-1] if newest_first else made)
        self._walk(runs, parts, source, destination)
        self._close(runs)

    def _close(self, runs: Sequence[FolderRun]) -> None:
        """Put on record that what could not be read of these folders has failed, unless it waits for later."""
        if not self._stop.is_set():
            self._raise_postponed(runs)
        for run in runs:
            if run.walk.barred:
                self._work.result.tally.fail_rest(run.id)

    def _raise_postponed(self, runs: Sequence[FolderRun]) -> None:
        """Raises why something waits for later, now that the rest is done: a lane that was told to end has not said."""
        if any(run.walk.state is WalkState.CUT for run in runs):
            raise self._work.result.allowance.refusal()
        for run in runs:
            if run.walk.state is WalkState.POSTPONED and run.walk.why is not None:
                raise run.walk.why

    def _walk(
        self,
        runs: Sequence[FolderRun],
        parts: Sequence[Sequence[ListedFolder]],
        source: MailSource,
        destination: MailDestination,
    ) -> None:
        for run, mine in zip(runs, parts, strict=True):
            run.begin(len(mine))
        self._runs, self._queue = runs, Portions(parts)
        self._work_off(source, destination)
        # What is given back after the first lane has seen nothing left, and nobody who might leave something to it.
        while self._queue.left and not self._over():
            self._work_off(source, destination)

    def _work_off(self, source: MailSource, destination: MailDestination) -> None:
        """Work until the first lane and all others have ended. Raises what ended any of them."""
        with self._lock:
            self._open = True
        try:
            self._lane(source, destination, self._over, self._busy).run()
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            with self._lock:
                self._open = False
                extras = [*self._extras]
            for extra in extras:
                if extra.thread is not None:
                    extra.thread.join()
        if self._error is not None:
            raise self._error

    def _lane(
        self,
        source: MailSource,
        destination: MailDestination,
        stopped: Callable[[], bool],
        busy: Callable[[], bool] | None = None,
    ) -> Lane:
        runs = {run.pair.mapped.source.name: run for run in self._runs}
        surroundings = LaneSurroundings(self._work, self._tools, runs, self._queue)
        return Lane(source, destination, surroundings, stopped, busy)

    def _begin(self) -> None:
        extra = _Extra()
        name = f"{threading.current_thread().name} lane {next(self._numbers)}"
        extra.thread = threading.Thread(target=self._extra, args=(extra,), name=name)
        self._extras.append(extra)
        self._work.result.pace.lanes = self.held
        extra.thread.start()

    def _extra(self, extra: _Extra) -> None:
        """One more lane, from its first connection to the last; the thread's outermost."""
        try:
            source, destination = self._connector.connect_lane(self._runs)
        except MailError as error:
            _LOG.warning("the lane does not begin: %s", told(error))
            self.refusals.append(error)
        except BaseException as error:  # noqa: BLE001 - outermost: `copy` raises it
            self._fail(error)
        else:
            _LOG.info("the lane begins")
            try:
                self._lane(source, destination, lambda: extra.retired.is_set() or self._over()).run()
            except BaseException as error:  # noqa: BLE001 - outermost: `copy` raises it
                self._fail(error)
            finally:
                close_both(source, destination)
        finally:
            with self._lock:
                self._extras.remove(extra)
                self._work.result.pace.lanes = self.held

    def _busy(self) -> bool:
        """The first lane stays until nobody can leave anything to it any more."""
        return bool(self._queue.left or self._extras)

    def _over(self) -> bool:
        return self._stop.is_set() or self._error is not None

    def _fail(self, error: BaseException) -> None:
        if self._error is None:
            _LOG.warning("the lane is broken off, and the others with it: %s", told(error))
        self._error = self._error or error


def _chosen(run: FolderRun, messages: Sequence[Listed]) -> ListedFolder:
    """A portion of these messages alone."""
    status = FolderStatus(len(messages), None, run.walk.uidvalidity)
    return replace(run.pair.mapped.source, status=status, chosen=tuple(messages))
