"""Messages that were on their way when their connection ended, and were not found at the destination.

A server may go on with what is in its buffers, and what stands in front of it too. So these are sent when all else of
the account is done and their sender was not heard of for a while, after more looks. Their windows stay open until the
pass has ended: a second copy that shows up all the same is named then. Nothing is deleted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from tui_migrate.engine.copying import recover
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.lanes import Lanes
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.engine.failures import folder_failure
from tui_migrate.errors import ArrivedTwice, Disconnected, MailError
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import Scope, Wait
from tui_migrate.model.journal import Entry, Window
from tui_migrate.store import doubts, events, journal
from tui_migrate.store.claims import claims
from tui_migrate.store.database import Transaction
from tui_migrate.uidset import format_uids

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Sorted:
    """What is known of open windows after a look, by their ids."""

    arrived: dict[int, list[Entry]] = field(default_factory=dict)
    in_doubt: dict[int, list[Entry]] = field(default_factory=dict)
    """Not found. Some have been sent again, and have arrived."""
    twins: list[Entry] = field(default_factory=list)
    """Second copies of what has arrived, under their own UIDs."""


def sort_out(windows: Sequence[Window], found: Mapping[int, Sequence[Entry]]) -> Sorted:
    """What has arrived of open windows. A message that was sent again is in several: it arrives once, and whatever more
    is found is a twin."""
    result = Sorted()
    known = {entry.uid for window in windows if window.done for entry in window.entries}
    for window in (window for window in windows if not window.done):
        here = {entry.uid: entry for entry in found.get(window.id, ())}
        result.arrived[window.id] = [entry for uid, entry in here.items() if uid not in known]
        result.twins += [entry for uid, entry in here.items() if uid in known]
        result.in_doubt[window.id] = [entry for entry in window.entries if entry.uid not in here]
        known |= here.keys()
    return result


def put_on_record(
    connection: Transaction,
    folder_id: int,
    windows: Sequence[Window],
    found: Mapping[int, Sequence[Entry]],
    copied: bool,
) -> None:
    """Put on record what a look at the destination has found of these windows. `copied`: all else in the folder was
    known."""
    result = sort_out(windows, found)
    for window in windows:
        if not window.done:
            doubts.settle(connection, folder_id, window, result.arrived[window.id], result.in_doubt[window.id])
        elif window.id in found:
            journal.close_window(connection, window.id, found[window.id])
            if copied:
                journal.know_arrivals(connection, folder_id, [entry.destination_uid for entry in found[window.id]])
    if result.twins:
        doubts.add_twins(connection, folder_id, result.twins)


class Doubts:
    """The messages in doubt of one account's run. All of it may raise MailError."""

    def __init__(self, work: Work, tools: Tools, stop: threading.Event) -> None:
        self._work = work
        self._tools = tools
        self._stop = stop
        self._until = 0.0
        """Nothing that is in doubt is sent again before; monotonic."""

    def settle(self, runs: Sequence[FolderRun], destination: MailDestination, alive_at: float) -> None:
        """Wait until nothing arrives in these folders any more, and learn their numbers. `alive_at`: when the sender of
        what is in doubt was last heard of, monotonic."""
        timing = self._tools.timing
        octets = max(sum(e.fingerprint.length for e in w.entries) for run in runs for w in self._tools.windows(run.id))
        quiet = self._tools.servers.delays.patience(self._work.migration.destination.key, octets, timing)
        self._until = time.monotonic() + max(timing.late, quiet) - max(0.0, time.monotonic() - alive_at)
        names = [run.pair.mapped.name for run in runs]
        numbers = recover.settle(destination.look(), names, alive_at, self._stop.wait, replace(timing, settle=quiet))
        for run in runs:
            now = numbers[run.pair.mapped.name]
            opened = replace(run.pair.opened, uidvalidity=now.uidvalidity, uidnext=now.uidnext or 1)
            run.pair = replace(run.pair, opened=opened)

    def reconcile(self, run: FolderRun, destination: MailDestination, uidnext: int, *, copied: bool = False) -> None:
        """Look what of the folder's windows has arrived; the rest of it is held back. `uidnext`: of the destination
        folder, 0 or 1 where it is not known. `copied`: what it holds has come to a good end, and all else in the folder
        was known."""
        with self._tools.database.read() as connection:
            windows, others = [*journal.windows(connection, run.id)], claims(connection, run.id)
        found = recover.reconcile(destination.look(), run.pair.mapped.name, windows, uidnext, others)
        doubtful = {window.id: len(window.entries) for window in windows if not window.done}
        arrived = sum(len(found.get(each, ())) for each in doubtful)
        if doubtful:
            said = "in doubt of %s: %d messages in %d windows, %d of them are at the destination"
            _LOG.info(said, run.pair.mapped.display, sum(doubtful.values()), len(doubtful), arrived)
        self._tools.write(lambda connection: put_on_record(connection, run.id, windows, found, copied)).result()
        self.hold_back(run)

    def hold_back(self, run: FolderRun) -> None:
        """Hold back what is in the folder's open windows: it is not to be sent for now."""
        windows = self._tools.windows(run.id)
        arrived = {entry.uid for window in windows if window.done for entry in window.entries}
        run.walk.doubt({e.uid for w in windows if not w.done for e in w.entries} - arrived)

    def send_last(
        self, runs: Sequence[FolderRun], lanes: Lanes, source: MailSource, destination: MailDestination
    ) -> None:
        """Send what was held back and has still not arrived."""
        self._await([run for run in runs if run.walk.held], destination)
        wanted = [run for run in runs if run.walk.held and not run.walk.barred]
        if not wanted or self._stop.is_set():
            return
        number = sum(len(run.walk.held) for run in wanted)
        what = f"sent again, because they were on their way when a connection ended and are not there: {number:,}"
        self._tools.say(self._work.account, what)
        lanes.copy_held(wanted, source, destination)

    def look_for_twins(self, runs: Sequence[FolderRun], destination: MailDestination) -> None:
        """At the end of a pass: is more there of what was in doubt than we know of? It is named, and the doubt is over.
        Second copies that were named before and are gone are so no longer."""
        with self._tools.database.read() as connection:
            open_ = journal.open_window_folders(connection, self._work.account.id)
        for run in [run for run in runs if run.id in open_]:
            if self._looked(run, destination):
                windows = [window for window in self._tools.windows(run.id) if not window.done]
                self._tools.write(lambda connection, windows=windows: _forget(connection, windows)).result()  # type: ignore[misc]
        with self._tools.database.read() as connection:
            twins = doubts.twins(connection, self._work.account.id)
        for run in [run for run in runs if run.id in twins]:
            left = destination.look().heads(run.pair.mapped.name, sorted(twins[run.id])).keys()
            self._tools.write(lambda connection, run=run, left=left: self._name(connection, run, left)).result()  # type: ignore[misc]

    def _await(self, runs: Sequence[FolderRun], destination: MailDestination) -> None:
        """Look for what these hold back, until all of it is there or they have been given time enough."""
        look = destination.look()
        seen: dict[int, FolderStatus] = {}
        while not self._stop.is_set() and (waiting := [run for run in runs if run.walk.held]):
            over = time.monotonic() >= self._until
            numbers = look.numbers([run.pair.mapped.name for run in waiting])
            for run in waiting:
                now = numbers[run.pair.mapped.name]
                if now.uidvalidity != run.pair.opened.uidvalidity:
                    raise Disconnected(f"The destination folder {run.pair.mapped.display} was replaced meanwhile.")
                if over or seen.get(run.id) != now:
                    if self._looked(run, destination, 0 if over else now.uidnext or 0):
                        self._release(run)
                    else:
                        self._work.result.tally.fail_rest(run.id)
                        run.walk.let_go()
                seen[run.id] = now
            if over:
                return
            began = time.monotonic()
            self._stop.wait(max(0.0, min(self._tools.timing.settle / 2, self._until - began)))
            self._work.result.pace.wait(Wait.DESTINATION, time.monotonic() - began)

    def _looked(self, run: FolderRun, destination: MailDestination, uidnext: int = 0) -> bool:
        """False where the folder cannot be looked at: it has failed, and what is in doubt of it stays so."""
        try:
            self.reconcile(run, destination, uidnext)
        except MailError as error:
            if error.scope is not Scope.FOLDER:
                raise
            run.result.spoil(whole=True)
            self._tools.fail_folder(self._work.account.id, run.id, error)
            return False
        return True

    def _release(self, run: FolderRun) -> None:
        """Count what has arrived after all."""
        with self._tools.database.read() as connection:
            window_of = {
                entry.uid: window
                for window in journal.windows(connection, run.id)
                if window.done
                for entry in window.entries
            }
        for listed in [each for each in run.walk.held if each.uid not in run.walk.doubtful]:
            run.walk.release(listed)
            this_pass = window_of[listed.uid].pass_number == self._work.account.pass_number
            self._work.result.tally.add(run.id, **{"copied" if this_pass else "brought": 1})
            if this_pass:
                self._work.result.tally.add(run.id, bytes_copied=listed.size or 0)
            self._work.progressed()

    def _name(self, connection: Transaction, run: FolderRun, twins: Set[int]) -> None:
        if not twins:
            doubts.forget_twins(connection, run.id)
            return
        many = len(twins) > 1
        error = ArrivedTwice(
            f"{len(twins):,} message{'s' if many else ''} lie{'' if many else 's'} twice in the destination folder "
            f"{run.pair.mapped.display}: a connection ended before the server had stored "
            f"{'them' if many else 'it'}, which it did only after {'they were' if many else 'it was'} sent again. "
            f"The second cop{'ies have the UIDs' if many else 'y has the UID'} {format_uids(sorted(twins))}."
        )
        events.record_failure(connection, folder_failure(self._work.account.id, run.id, error))


def _forget(connection: Transaction, windows: Sequence[Window]) -> None:
    for window in windows:
        journal.close_window(connection, window.id, [])
