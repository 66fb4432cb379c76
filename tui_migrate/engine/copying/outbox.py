"""Messages on their way from a lane's reader to its writer: batched, and each batch's intent journaled."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from tui_migrate.engine.copying.budget import OVERHEAD
from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.gates import destination_gate
from tui_migrate.engine.copying.surroundings import Coupling, LaneSurroundings
from tui_migrate.engine.copying.window_size import WindowSize
from tui_migrate.mail.protocols import Batch, Listed, Message
from tui_migrate.model.journal import Entry
from tui_migrate.store import journal

_SLICE = 1 << 17
"""Octets of the budget that are taken at once, since all lanes share its lock: a window of small mail is three."""


@dataclass(slots=True, eq=False)
class Outgoing:
    """A window on its way: intent written, sent, answered message by message."""

    folder: FolderRun
    batch: Batch
    entries: list[Entry]
    id: int = 0
    arrived: dict[int, int | None] = field(default_factory=dict)
    """The UIDs under which messages have arrived, as far as they are told, by position in the batch."""
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
        self._credit = 0
        """Octets of the budget that are ours and not used yet."""
        self.size = WindowSize()
        """Of the windows that are made."""
        self._full = self._onward.window(self.size.messages, self.size.octets)
        """Messages and octets with which the batch goes."""
        self._run: FolderRun | None = None
        self._intents = 0
        self._intents_written = 0
        self.used = 0.0
        """Seconds of a processor that the reader's thread has had, as of its last window: to ask for each message would
        be a twentieth of what it costs."""
        self.waits_for_memory = False
        """True while the reader waits until what is on its way has arrived."""
        self.ready: deque[Outgoing] = deque()
        """Windows whose intent is on disk: they may be sent."""

    @property
    def empty(self) -> bool:
        """True when nothing waits to be sent, and no intent is on its way into the journal."""
        return self._intents_written == self._intents and not self.ready

    @property
    def writing(self) -> bool:
        """True while an intent is on its way into the journal."""
        return self._intents_written != self._intents

    def add(self, run: FolderRun, message: Message) -> bool:
        """Take on a message. False when there was no memory for it until the lane's end."""
        alone = self._work.culprits.is_suspect((run.id, message.listed.uid)) or self._work.destination_outage.lasts
        if self._batch and (alone or run is not self._run):
            self.flush()
        cost = _cost(message)
        if cost > self._credit and not self._reserve(cost):
            message.content.close()
            return False
        self._credit -= cost
        self._run = run
        self._batch.append(message)
        self._bytes += message.content.length
        if alone or len(self._batch) >= self._full[0] or self._bytes >= self._full[1]:
            self.flush(synchronising=alone)
        return True

    def _reserve(self, cost: int) -> bool:
        """Reserve so much of the budget, and more of it for what comes next where there is room. False at the lane's
        end."""
        taken = self._tools.budget.take(cost, wished=max(cost, _SLICE))
        self.waits_for_memory = not taken
        if not taken:
            # What is half full goes first: lanes that hold on to part of the budget while they wait would wait for
            # each other.
            self.flush()
            self._give_back()
        while not taken and not self._ending.is_set():
            taken = self._tools.budget.take(cost, self._tools.timing.poll)
        self.waits_for_memory = False
        self._credit += taken
        return taken > 0

    def _give_back(self) -> None:
        """Give back what is reserved and not used."""
        if self._credit:
            self._tools.budget.give(self._credit)
            self._credit = 0

    def flush(self, synchronising: bool = False) -> None:
        """Journal the intent to store the batch; it is sent once that is on disk."""
        run, messages = self._run, self._batch
        if run is None or not messages:
            return
        self._give_back()
        self.used = time.thread_time()
        entries = [Entry(m.listed.uid, m.fingerprint, m.listed.flags) for m in messages]
        batch = Batch(self._intents, run.pair.mapped.name, messages, synchronising or self._work.culprits.distrusted)
        window = Outgoing(run, batch, entries)
        future = self._tools.write(
            lambda connection: journal.open_window(connection, run.id, run.walk.low_uid, entries)
        )
        self._batch, self._bytes = [], 0
        self._full = self._onward.window(self.size.messages, self.size.octets)
        self._intents += 1
        run.walk.open_window()
        future.add_done_callback(lambda done: self._intent_written(window, done))

    def release(self, messages: Sequence[Message]) -> None:
        """These messages are of no more use: their share of the budget is free again."""
        if messages:
            self._tools.budget.give(sum(map(_cost, messages)))
            for message in messages:
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
        self._give_back()
        for run, messages in unsent:
            self.release(messages)
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


def _cost(message: Message) -> int:
    """What a message counts for."""
    return message.content.weight + OVERHEAD
