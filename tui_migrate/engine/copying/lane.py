"""One source connection and one destination connection working for one account.

Two threads: the reader takes messages from the source, batches them and has each batch's intent journaled; the writer
(the thread that calls `run`) sends what is journaled and settles what the destination answers. Neither waits for a
round trip.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tui_migrate.engine.copying.claims import PortionClaims
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.gates import destination_gate
from tui_migrate.engine.copying.notes import Notes
from tui_migrate.engine.copying.outbox import Outbox, Outgoing
from tui_migrate.engine.copying.reading import FolderReader
from tui_migrate.engine.copying.surroundings import Coupling, LaneSurroundings
from tui_migrate.engine.failures import folder_failure, message_failure
from tui_migrate.engine.log import told
from tui_migrate.errors import Contradicted, Disconnected, MailError, MessageRefused, Poisoned
from tui_migrate.mail.protocols import MailDestination, MailSource, Message, Refused, Stored
from tui_migrate.model import RemarkKind, Scope, Wait
from tui_migrate.store import events, journal
from tui_migrate.store.database import Transaction
from tui_migrate.uidset import format_uids

_LOG = logging.getLogger(__name__)


class Lane:
    """Works until nothing is left to take, an error ends it, or it is told to stop: what is in flight then comes to
    its end, and what is left of what it had taken goes back."""

    def __init__(
        self,
        source: MailSource,
        destination: MailDestination,
        surroundings: LaneSurroundings,
        stopped: Callable[[], bool],
        busy: Callable[[], bool] | None = None,
    ) -> None:
        """`busy`: of the first lane, which waits while others may leave something to it."""
        work, tools, queue = surroundings.work, surroundings.tools, surroundings.queue
        self._destination = destination
        self._runs = surroundings.runs
        self._work = work
        self._timing = tools.timing
        self._delays = tools.servers.delays
        self._stopped = stopped
        self._notes = Notes(tools, destination.wake)
        coupling = Coupling(destination.wake, self._notes)
        self._ending = coupling.ending
        self._gate = destination_gate(work, tools, self._ending)
        first = busy is not None
        self._claims = PortionClaims(
            queue, first, slow=destination.waits_for_each, at_first=tools.timing.ahead_at_first
        )
        self._outbox = Outbox(surroundings, coupling)
        left = busy or (lambda: queue.left > 0)
        self._reading = FolderReader(source, surroundings, coupling, self._outbox, self._claims, left)
        self._sent: dict[int, Outgoing] = {}
        self._halt: MailError | None = None

    def run(self) -> None:
        """Copy what is missing. Raises MailError and StoreUnusable."""
        self._reading.start()
        try:
            self._write()
        except Poisoned as poison:
            ids = {run.pair.mapped.name: run.id for run in self._runs.values()}
            self._work.culprits.poisoned((ids[folder], uid) for folder, uid in poison.suspects)
            raise
        except Disconnected as cut:
            oldest = next(iter(self._sent.values()), None)
            if oldest is not None and not self._ending.is_set() and not isinstance(cut, Contradicted):
                self._work.culprits.died_at([(oldest.folder.id, entry.uid) for entry in oldest.entries], cut)
                uids = format_uids([entry.uid for entry in oldest.entries])
                where = oldest.folder.pair.mapped.source.display
                _LOG.warning("the destination's connection ended at UID %s of %s: %s", uids, where, told(cut))
            raise
        finally:
            self._ending.set()
            self._reading.join()
            self._let_go()
            if sys.exc_info()[0] is not None or self._failure() is not None:
                self._work.destination_outage.broken_off()
                self._work.source_outage.broken_off()
        if (error := self._failure()) is not None:
            raise error
        self._work.destination_outage.over()
        self._work.source_outage.over()
        self._notes.settled()
        if self._reading.cut and not self._stopped():
            raise self._work.result.allowance.refusal()

    def _failure(self) -> BaseException | None:
        """What has ended the lane but for an exception of its own thread."""
        return self._notes.error or self._halt or self._reading.error

    def _write(self) -> None:
        stopped_at: float | None = None
        pace, since = self._work.result.pace, time.monotonic()
        while True:
            if self._notes.error is not None:
                raise self._notes.error
            halted = self._stopped() or self._halt is not None
            if halted and not self._ending.is_set():
                self._ending.set()
                stopped_at = time.monotonic()
            due = self._gate.due()
            while self._outbox.ready and not halted and not due and self._may_send():
                window = self._outbox.ready.popleft()
                self._sent[window.batch.key] = window
                _LOG.debug(
                    "window %d: %d messages for %s", window.id, len(window.entries), window.folder.pair.mapped.display
                )
                began, used = time.monotonic(), time.thread_time()
                self._destination.send(window.batch)
                blocked = max(0.0, time.monotonic() - began - (time.thread_time() - used))
                pace.wait(Wait.DESTINATION, blocked)
                since += blocked
                self._gate.book(len(window.entries))
                due = self._gate.due()
            if not self._sent and (halted or self._reading.finished):
                return
            if stopped_at is not None and time.monotonic() - stopped_at > self._timing.stop:
                raise Disconnected("The destination did not answer in time for the messages in flight.")
            began, waits_for, used = time.monotonic(), self._waits_for(due), self._outbox.used
            results = self._destination.poll(min(self._timing.poll, due or self._timing.poll))
            here, waited, since = began - since, time.monotonic() - began, time.monotonic()
            if waits_for is Wait.HERE:
                pace.here(here + waited)
            else:  # what the reader was at work for is nobody else's doing
                at_work = min(waited, self._outbox.used - used) if waits_for is Wait.SOURCE else 0.0
                pace.here(here + at_work)
                pace.wait(waits_for, waited - at_work)
            self._settle_all(results)

    def _waits_for(self, due: float) -> Wait:
        """What keeps the lane from sending more."""
        outbox = self._outbox
        if due and outbox.ready:
            return Wait.THROTTLED
        if self._sent and (outbox.ready or outbox.waits_for_memory or self._reading.finished):
            return Wait.DESTINATION
        return Wait.HERE if outbox.writing else Wait.SOURCE

    def _may_send(self) -> bool:
        """One window at a time after an outage, until something of it has been taken."""
        return self._destination.room() and not (self._sent and self._work.destination_outage.lasts)

    def _settle_all(self, results: Sequence[Stored | Refused]) -> None:
        """What is settled is released together: all lanes share the lock for it."""
        settled: list[Message] = []
        try:
            for result in results:
                settled += self._settle(result)
        finally:
            self._outbox.release(settled)

    def _settle(self, result: Stored | Refused) -> list[Message]:
        """Put on record what has become of messages. Returns these."""
        window = self._sent[result.key]
        if isinstance(result, Stored):
            self._arrived(window, result)
            positions: Sequence[int] = result.positions
        else:
            self._refused(window, result)
            positions = (result.position,)
        self._claims.settled(len(positions))
        window.unanswered.difference_update(positions)
        if not window.unanswered:
            del self._sent[result.key]
            self._close(window)
        return window.batch.at(positions)

    def _arrived(self, window: Outgoing, result: Stored) -> None:
        run, told = window.folder, self._believed(window.folder, result)
        stored = window.batch.at(result.positions)
        window.arrived.update(zip(result.positions, told or [None] * len(stored), strict=True))
        self._work.culprits.arrived((run.id, message.listed.uid) for message in stored)
        if told is None:
            run.result.miss_uids()
        else:
            run.walk.note_arrival(told)
        self._work.destination_outage.took(len(stored))
        self._remark(run, result, stored)
        size = sum([message.content.length for message in stored])
        self._work.result.pace.answered(result.seconds, len(stored) if self._destination.waits_for_each else 0)
        self._work.result.tally.add(run.id, copied=len(stored), bytes_copied=size)
        self._work.progressed(len(stored), size)
        self._delays.note(self._work.migration.destination.key, size, result.seconds)
        if len(stored) > 1:
            self._outbox.size.arrived(len(stored), size)
        if told:
            self._work.samples.take(run.pair.mapped.name, stored, told, dated=not result.undated)

    def _believed(self, run: FolderRun, result: Stored) -> tuple[int, ...] | None:
        """The UIDs under which messages have arrived. None: they are not told, or contradict what opening the folder
        has told, also when it was opened once more."""
        first = min(result.uids, default=run.pair.opened.uidnext) if result.uids else run.pair.opened.uidnext
        if result.uidvalidity in (None, run.pair.opened.uidvalidity) and first >= run.pair.opened.uidnext:
            return result.uids
        if self._work.contradictions.stored_twice(run.id, run.pair.opened.uidvalidity):
            return None
        sentence = (
            f"The destination folder {run.pair.mapped.display} was replaced while it was being filled, or has two "
            f"UIDVALIDITYs: {run.pair.opened.uidvalidity} when it is opened, {result.uidvalidity} when mail is stored."
        )
        raise Contradicted(sentence, uidvalidity=run.pair.opened.uidvalidity)

    def _remark(self, run: FolderRun, result: Stored, stored: Sequence[Message]) -> None:
        """Note what is not as it was of messages that have arrived."""
        add = self._work.result.remarks.add
        for flag in result.dropped_flags:
            add(run.id, RemarkKind.FLAG, flag)
        if result.undated:
            add(run.id, RemarkKind.DATE, "the destination refuses it: the time of copying", result.undated)
        for message in stored:
            for what in message.content.without:
                add(run.id, RemarkKind.WITHOUT, what)
            if message.listed.odd_date and message.listed.date:
                add(run.id, RemarkKind.DATE, "the source tells no zone: UTC")
            elif not message.listed.date:
                why = "tells one that cannot be read" if message.listed.odd_date else "tells none"
                taken = "one of its header" if message.date else "the time of copying"
                add(run.id, RemarkKind.DATE, f"the source {why}: {taken}")

    def _refused(self, window: Outgoing, result: Refused) -> None:
        """A message's own fault is noted and the others go on; anything wider ends the lane in good order."""
        run, error = window.folder, result.error
        run.result.spoil()
        self._outbox.size.refused()
        message = window.batch.messages[result.position]
        if self._halt is None:  # else the same is said of all that is on its way
            octets, where = message.content.length, run.pair.mapped.source.display
            _LOG.warning("UID %d of %s, %d octets: %s", message.listed.uid, where, octets, told(error))
        if error.scope in (Scope.ACCOUNT, Scope.SERVER):
            self._halt = self._halt or error
            return
        if isinstance(error, MessageRefused):
            self._message_refused(run, message, error)
            return
        self._work.result.tally.fail(run.id, message.listed.uid)
        if run.result.first_refusal():  # one failure, however many messages of it meet the same answer
            self._notes.failure(folder_failure(self._work.account.id, run.id, error))

    def _message_refused(self, run: FolderRun, message: Message, error: MessageRefused) -> None:
        """The message's failure, unless the destination refuses everything: then the lane ends, and it is tried again,
        behind the others."""
        key, header = (run.id, message.listed.uid), message.content.head()
        failure = message_failure(self._work.account.id, run.id, message.listed, error, header)

        def fail() -> None:
            self._work.result.tally.fail(*key)
            self._notes.failure(failure)

        failed = message.listed.uid in run.pair.earlier.failed
        outage = self._work.destination_outage.refused(key, error, fail, failed=failed)
        if not error.own:
            self._work.culprits.suspect(key)
        self._halt = self._halt or outage

    def _close(self, window: Outgoing) -> None:
        run, uids = window.folder, window.arrived
        _LOG.debug("window %d: %d of %d have arrived", window.id, len(uids), len(window.entries))
        run.walk.close_window()

        def close(connection: Transaction) -> None:
            if len(uids) == len(window.entries):
                told = [uids[position] for position in range(len(uids))]
                journal.window_arrived(connection, window.id, told, window.batch.size)
            else:
                arrived = [replace(window.entries[at], destination_uid=uids[at]) for at in sorted(uids)]
                journal.close_window(connection, window.id, arrived)
            journal.know_arrivals(connection, run.id, uids.values())
            if run.pair.earlier.failed:
                events.resolve_messages(connection, run.id, [window.entries[at].uid for at in uids])

        self._notes.submit(close)

    def _let_go(self) -> None:
        """Forget the intents of what was never sent; what was sent and not answered stays open for `reconcile`."""
        self._reading.let_go()
        for window in self._sent.values():
            self._outbox.release(window.batch.at(window.unanswered))
        self._notes.settled()
