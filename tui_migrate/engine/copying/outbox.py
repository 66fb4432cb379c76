"""Messages on their way from a lane's reader to its writer: batched, and each batch's intent journaled."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.gates import destination_gate
from tui_migrate.engine.copying.surroundings import Coupling, LaneSurroundings
from tui_migrate.mail.protocols import Batch, Listed, Message
from tui_migrate.model.journal import Entry
from tui_migrate.store import journal

WINDOW_MESSAGES = 50
WINDOW_BYTES = 2 << 20


@dataclass(slots=True, eq=False)
class Outgoing:
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


class Outbox:
    """The reader adds and flushes, the writer takes from `ready`."""

    def __init__(self, surroundings: LaneSurroundings, coupling: Coupling) -> None:
        self._work = surroundings.work
        self._tools = surroundings.tools
        self._notes = coupling.notes
        self._ending = coupling.ending
        self._wake = coupling.wake
        self._onward = destination_gate(self._work, self._tools, self._ending)
        self._batch: list[Message] = []
        self._bytes = 0
        self._run: FolderRun | None = None
        self._intents = 0
        self._intents_written = 0
        self.ready: deque[Outgoing] = deque()
        """Windows whose intent is on disk: they may be sent."""

    @property
    def empty(self) -> bool:
        """True when nothing waits to be sent, and no intent is on its way into the journal."""
        return self._intents_written == self._intents and not self.ready

    def add(self, run: FolderRun, message: Message) -> bool:
        """Take on a message. False when there was no memory for it until the lane's end."""
        alone = self._work.culprits.is_suspect((run.id, message.listed.uid)) or self._work.destination_outage.lasts
        if self._batch and (alone or run is not self._run):
            self.flush()
        cost = self._tools.budget.cost(message.content.weight)
        # What is half full goes first: lanes that hold on to part of the budget while they wait would wait for each
        # other.
        while not self._tools.budget.take(cost, 0 if self._batch else self._tools.timing.poll):
            self.flush()
            if self._ending.is_set():
                message.content.close()
                return False
        self._run = run
        self._batch.append(message)
        self._bytes += message.content.length
        messages, octets = self._onward.window(WINDOW_MESSAGES, WINDOW_BYTES)
        if alone or len(self._batch) >= messages or self._bytes >= octets:
            self.flush(synchronising=alone)
        return True

    def flush(self, synchronising: bool = False) -> None:
        """Journal the intent to store the batch; it is sent once that is on disk."""
        run, messages = self._run, self._batch
        if run is None or not messages:
            return
        entries = [Entry(m.listed.uid, m.fingerprint, m.listed.flags) for m in messages]
        batch = Batch(self._intents, run.pair.mapped.name, messages, synchronising or self._work.culprits.distrusted)
        window = Outgoing(run, batch, entries)
        future = self._tools.write(
            lambda connection: journal.open_window(connection, run.id, run.walk.low_uid, entries)
        )
        self._batch, self._bytes = [], 0
        self._intents += 1
        run.walk.open_window()
        future.add_done_callback(lambda done: self._intent_written(window, done))

    def release(self, message: Message) -> None:
        """The message is of no more use: its share of the budget is free again."""
        self._tools.budget.give(self._tools.budget.cost(message.content.weight))
        message.content.close()

    def let_go(self) -> Iterator[tuple[FolderRun, Sequence[Listed]]]:
        """Forget the intents of what was never sent. Returns these messages by folder. Nobody may add any more."""
        self._notes.settled()
        for window in self.ready:
            window.folder.walk.close_window()
            self._notes.submit(lambda connection, window=window: journal.close_window(connection, window.id, []))  # type: ignore[misc]
        unsent = [(window.folder, window.batch.messages) for window in self.ready]
        if self._run is not None and self._batch:
            unsent.append((self._run, self._batch))
        self.ready.clear()
        self._batch = []
        for run, messages in unsent:
            for message in messages:
                self.release(message)
            yield run, [message.listed for message in messages]

    def _intent_written(self, window: Outgoing, done: Future[int]) -> None:
        error = done.exception()
        if error is None:
            window.id = done.result()
            self.ready.append(window)
        else:
            self._notes.error = error
        self._intents_written += 1
        self._wake()
