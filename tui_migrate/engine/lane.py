"""One source connection and one destination connection working for one account.

Two threads: the reader takes messages from the source, batches them and has each batch's intent journaled; the writer
(the thread that calls `run`) sends what is journaled and settles what the destination answers. Neither waits for a
round trip.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from tui_migrate.engine.failures import folder_failure, message_failure
from tui_migrate.engine.folder_run import FolderRun
from tui_migrate.engine.known import Known
from tui_migrate.engine.tools import Tools, Work
from tui_migrate.errors import Disconnected, MailError, Poisoned
from tui_migrate.mail.protocols import (
    Batch,
    FolderEnd,
    FolderRefused,
    Gone,
    Incomplete,
    Listed,
    ListedFolder,
    Listing,
    MailDestination,
    MailSource,
    Message,
    Read,
    Refused,
    Step,
    Stored,
    Unreadable,
)
from tui_migrate.model import Scope, Wait
from tui_migrate.store import events, journal
from tui_migrate.store.database import Transaction
from tui_migrate.store.journal import Entry

WINDOW_MESSAGES = 50
WINDOW_BYTES = 2 << 20
_POLL_SECONDS = 0.5
STOP_SECONDS = 20.0
"""How long the destination may take to answer for what is in flight when the lane is told to stop."""


@dataclass(slots=True, eq=False)
class _Window:
    """A window on its way: intent written, sent, answered message by message."""

    folder: FolderRun
    batch: Batch
    entries: list[Entry]
    id: int = 0
    arrived: list[Entry] = field(default_factory=list)
    unanswered: set[int] = field(init=False)
    """Positions in the batch; their messages are still held in memory."""

    def __post_init__(self) -> None:
        self.unanswered = set(range(len(self.entries)))


class Lane:
    """Walks over folders until they are done, an error ends it, or `stop` is set.
    Raises MailError and StoreUnusable."""

    def __init__(
        self,
        source: MailSource,
        destination: MailDestination,
        runs: Mapping[bytes, FolderRun],
        work: Work,
        tools: Tools,
        stop: threading.Event,
    ) -> None:
        self._source = source
        self._destination = destination
        self._runs = runs
        self._work = work
        self._tools = tools
        self._stop = stop
        self._ending = threading.Event()
        self._batch: list[Message] = []
        self._batch_bytes = 0
        self._batch_run: FolderRun | None = None
        self._outbound: deque[_Window] = deque()
        self._sent: dict[int, _Window] = {}
        self._refused_folders: list[int] = []
        self._intents = 0
        self._intents_written = 0
        self._reader_done = False
        self._reader_error: BaseException | None = None
        self._store_error: BaseException | None = None
        self._halt: MailError | None = None

    def run(self, folders: Iterable[ListedFolder]) -> None:
        """Copy what is missing of these folders."""
        reader = threading.Thread(target=self._read, args=(folders,), name=f"{threading.current_thread().name}-reader")
        reader.start()
        try:
            self._write()
        except Poisoned as poison:
            self._work.poisonings += 1
            ids = {run.mapped.name: run.id for run in self._runs.values()}
            self._work.suspects |= {(ids[folder], uid) for folder, uid in poison.suspects}
            raise
        except Disconnected as cut:
            oldest = next(iter(self._sent.values()), None)
            if oldest is not None and not self._ending.is_set():
                self._work.died_at([(oldest.folder.id, entry.uid) for entry in oldest.entries], cut)
            raise
        finally:
            self._ending.set()
            if not self._reader_done:
                self._source.abort()
            reader.join()
            self._let_go()
        error = self._store_error or self._halt or self._reader_error
        if error is not None:
            raise error
        for folder_id in self._refused_folders:
            self._work.tally.fail_rest(folder_id)

    # The reader's side

    def _read(self, folders: Iterable[ListedFolder]) -> None:
        try:
            try:
                for step in self._source.read(folders, self._choose):
                    self._take(step)
                    if self._ending.is_set():
                        break
            finally:
                if not self._ending.is_set():
                    self._flush()
        except Exception as error:  # noqa: BLE001 - outermost loop of the thread: the writer raises it
            self._reader_error = error
            if isinstance(error, Disconnected) and (place := self._source.died_at()) and not self._ending.is_set():
                self._work.died_at([(self._runs[place[0]].id, place[1])], error)
        finally:
            self._reader_done = True
            self._destination.wake()

    def _choose(self, listing: Listing) -> Sequence[Listed]:
        """The messages of a listing that have not arrived yet; the others are counted and their flags compared."""
        run = self._runs[listing.folder]
        if listing.uidvalidity and run.marks and listing.uidvalidity != run.marks.uidvalidity:
            raise Disconnected(f"The source folder {run.mapped.source.display} was replaced while it was being read.")
        if run.known is None:
            with self._tools.database.read() as connection:
                run.known = Known(journal.windows(connection, run.id), self._work.account.started_at or 0.0)
        wanted: list[Listed] = []
        there = copied = skipped = octets = 0
        for listed in listing.messages:
            before = run.known.find(listed.uid) if len(run.known) else None
            if before is not None:
                copied += before.this_pass
                there += not before.this_pass
                run.compare_flags(listed)
                octets += listed.size if before.this_pass else 0
            elif listed.uid in run.skipped:
                run.skipped_seen.add(listed.uid)
                skipped += 1
            elif (run.id, listed.uid) in self._work.given_up:
                self._unreadable(run, listed, self._work.given_up[run.id, listed.uid])
            else:
                wanted.append(listed)
        run.listed += len(listing.messages)
        size = sum(listed.size for listed in listing.messages)
        self._work.tally.add(run.id, copied=copied, there=there, excluded=skipped)
        self._work.tally.add(run.id, bytes_listed=size, bytes_copied=octets)
        if listing.last:
            self._work.tally.put(run.id, listed=run.listed)
        return wanted

    def _take(self, step: Step) -> None:
        run = self._runs[step.folder]
        match step:
            case Read(message=message):
                self._add(run, message)
            case Gone(uids=uids):
                self._work.tally.add(run.id, gone=len(uids))
            case Unreadable(listed=listed, error=error):
                self._unreadable(run, listed, error)
            case Incomplete(missing=missing, error=error):
                self._work.tally.add(run.id, listed=missing, failed=missing)
                self._folder_failed(run, error)
            case FolderRefused(error=error):
                self._refused_folders.append(run.id)  # what is on its way of it must arrive first
                self._folder_failed(run, error)
            case FolderEnd():
                self._flush()
                run.read = True

    def _unreadable(self, run: FolderRun, listed: Listed, error: MailError) -> None:
        run.clean = False
        self._work.tally.fail(run.id, listed.uid)
        self._record(message_failure(self._work.account.id, run.id, listed, error, None))

    def _folder_failed(self, run: FolderRun, error: MailError) -> None:
        run.clean = False
        self._record(folder_failure(self._work.account.id, run.id, error))

    def _add(self, run: FolderRun, message: Message) -> None:
        alone = (run.id, message.listed.uid) in self._work.suspects
        if self._batch and (alone or run is not self._batch_run):
            self._flush()
        cost = self._tools.budget.cost(message.content.weight)
        # What is half full goes first: lanes that hold on to part of the budget while they wait would wait for each
        # other.
        while not self._tools.budget.take(cost, 0 if self._batch else _POLL_SECONDS):
            self._flush()
            if self._ending.is_set():
                message.content.close()
                return
        self._batch_run = run
        self._batch.append(message)
        self._batch_bytes += message.content.length
        if alone or len(self._batch) >= WINDOW_MESSAGES or self._batch_bytes >= WINDOW_BYTES:
            self._flush(synchronising=alone)

    def _flush(self, synchronising: bool = False) -> None:
        """Journal the intent to store the batch; it is sent once that is on disk."""
        run, messages = self._batch_run, self._batch
        if run is None or not messages:
            return
        entries = [Entry(m.listed.uid, m.fingerprint, m.listed.flags) for m in messages]
        batch = Batch(self._intents, run.mapped.name, messages, synchronising or self._work.distrusted)
        window = _Window(run, batch, entries)
        future = self._tools.write(lambda connection: journal.open_window(connection, run.id, run.low_uid, entries))
        self._batch, self._batch_bytes = [], 0
        self._intents += 1
        with run.lock:
            run.open_windows += 1
        future.add_done_callback(lambda done: self._intent_written(window, done))

    def _intent_written(self, window: _Window, done: Future[int]) -> None:
        error = done.exception()
        if error is None:
            window.id = done.result()
            self._outbound.append(window)
        else:
            self._store_error = error
        self._intents_written += 1
        self._destination.wake()

    # The writer's side

    def _write(self) -> None:
        stopped_at: float | None = None
        while True:
            if self._store_error is not None:
                raise self._store_error
            halted = self._stop.is_set() or self._halt is not None
            if halted and not self._ending.is_set():
                self._ending.set()
                stopped_at = time.monotonic()
            while self._outbound and not halted and self._destination.room():
                window = self._outbound.popleft()
                self._sent[window.batch.key] = window
                self._destination.send(window.batch)
            written = self._intents_written == self._intents
            if not self._sent and (halted or (self._reader_done and written and not self._outbound)):
                return
            if stopped_at is not None and time.monotonic() - stopped_at > STOP_SECONDS:
                raise Disconnected("The destination did not answer in time for what was in flight.")
            began, waits_for = time.monotonic(), Wait.DESTINATION if self._sent else Wait.SOURCE
            results = self._destination.poll(_POLL_SECONDS)
            self._work.pace.wait(waits_for, time.monotonic() - began)
            for result in results:
                self._settle(result)

    def _settle(self, result: Stored | Refused) -> None:
        window = self._sent[result.key]
        if isinstance(result, Stored):
            self._arrived(window, result)
            positions: Sequence[int] = result.positions
        else:
            self._refused(window, result)
            positions = (result.position,)
        for position in positions:
            self._release(window.batch.messages[position])
        window.unanswered.difference_update(positions)
        if not window.unanswered:
            del self._sent[result.key]
            self._close(window)

    def _arrived(self, window: _Window, result: Stored) -> None:
        run = window.folder
        if result.uidvalidity is not None and result.uidvalidity != run.opened.uidvalidity:
            raise Disconnected(f"The destination folder {run.mapped.display} was replaced while it was being filled.")
        uids: Sequence[int | None] = result.uids or [None] * len(result.positions)
        for position, uid in zip(result.positions, uids, strict=True):
            window.arrived.append(replace(window.entries[position], destination_uid=uid))
            self._work.deaths.pop((run.id, window.entries[position].uid), None)
        if result.uids is None:
            run.uids_unknown = True
        else:
            run.low_uid = max(run.low_uid, max(result.uids) + 1)
        self._work.dropped_flags.update(result.dropped_flags)
        size = sum(window.batch.messages[position].content.length for position in result.positions)
        self._work.tally.add(run.id, copied=len(result.positions), bytes_copied=size)
        self._work.progressed(len(result.positions), size)

    def _refused(self, window: _Window, result: Refused) -> None:
        """A message's own fault is noted and the others go on; anything wider ends the lane in good order."""
        run, error = window.folder, result.error
        run.clean = False
        if error.scope in (Scope.ACCOUNT, Scope.SERVER):
            self._halt = self._halt or error
            return
        message = window.batch.messages[result.position]
        self._work.tally.fail(run.id, message.listed.uid)
        if error.scope is Scope.FOLDER:
            if not run.refused:  # one failure, however many messages of it meet the same answer
                run.refused = True
                self._record(folder_failure(self._work.account.id, run.id, error))
        else:
            header = message.content.head()
            self._record(message_failure(self._work.account.id, run.id, message.listed, error, header))

    def _close(self, window: _Window) -> None:
        arrived = sorted(window.arrived, key=lambda entry: entry.uid)
        run = window.folder
        with run.lock:
            run.open_windows -= 1

        def close(connection: Transaction) -> None:
            journal.close_window(connection, window.id, arrived)
            if self._work.had_failures:
                events.resolve_messages(connection, run.id, [entry.uid for entry in arrived])

        self._submit(close)

    # Both sides

    def _record(self, failure: dict[str, object]) -> None:
        self._submit(lambda connection: events.record_failure(connection, failure))

    def _submit(self, operation: Callable[[Transaction], Any]) -> None:
        self._tools.write(operation).add_done_callback(self._written)

    def _written(self, done: Future[Any]) -> None:
        if (error := done.exception()) is not None:
            self._store_error = error
            self._destination.wake()

    def _release(self, message: Message) -> None:
        self._tools.budget.give(self._tools.budget.cost(message.content.weight))
        message.content.close()

    def _let_go(self) -> None:
        """Forget the intents of what was never sent; what was sent and not answered stays open for `reconcile`."""
        self._tools.write(lambda _: None).result()  # all intents are written, and their callbacks have run
        for window in self._outbound:
            self._submit(lambda connection, window=window: journal.close_window(connection, window.id, []))  # type: ignore[misc]
        for message in self._batch:
            self._release(message)
        for window in (*self._outbound, *self._sent.values()):
            for position in window.unanswered:
                self._release(window.batch.messages[position])
        self._outbound.clear()
        self._tools.write(lambda _: None).result()
