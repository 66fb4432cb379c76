"""Messages and folders at which connections have ended, over all runs of an account."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterable

from tui_migrate.errors import (
    FolderEndsConnections,
    FolderEndsReading,
    MailError,
    MessageEndsConnections,
    MessageEndsReading,
    ReaderEnded,
    Stalled,
)
from tui_migrate.timing import Timing

MessageKey = tuple[int, int]
"""Id of the folder's record, and source UID; UID 0: the folder itself."""


class Culprits:
    """Knows who is to be read or sent alone, and who has ended too many connections. Thread-safe."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._lock = threading.Lock()
        self._suspects: set[MessageKey] = set()
        self._poisonings = 0
        """Connections that had to be closed because the destination did not understand a message's line."""
        self._deaths: Counter[MessageKey] = Counter()
        """How often the destination's connection has died at a message. A flaky line hits another one each time."""
        self._unread: Counter[MessageKey] = Counter()
        """How often the source's connection has ended at one: they are read last."""
        self._isolated = 0
        """How often that has happened since something was copied."""
        self.source_stalls = False
        """True when the source has stalled at one of them."""
        self.given_up: dict[MessageKey, MailError] = {}
        """Those that have ended too many connections, and what is said of them."""

    @property
    def distrusted(self) -> bool:
        """True when the destination has misunderstood so often that every message goes with a synchronising literal."""
        return self._poisonings >= self._timing.distrusted_after

    def is_suspect(self, key: MessageKey) -> bool:
        """True when a message is to be sent alone, with a synchronising literal."""
        return key in self._suspects

    def times(self, key: MessageKey) -> int:
        """How often the source's connection has ended at a message or folder."""
        return self._unread.get(key, 0)

    def unread(self) -> set[Hashable]:
        """The messages and folders at which the source's connection has ended."""
        with self._lock:
            return {*self._unread}

    def suspect(self, *keys: MessageKey) -> None:
        """Have these messages sent alone from now on."""
        with self._lock:
            self._suspects.update(keys)

    def poisoned(self, keys: Iterable[MessageKey]) -> None:
        """Note that the destination has not understood the line of one of these messages."""
        with self._lock:
            self._poisonings += 1
            self._suspects.update(keys)

    def read(self, key: MessageKey) -> None:
        """Note that a message has come from the source."""
        if key in self._unread:
            with self._lock:
                self._unread.pop(key, None)

    def arrived(self, keys: Iterable[MessageKey]) -> None:
        """Note that these messages have arrived at the destination."""
        if self._deaths:
            with self._lock:
                for key in keys:
                    self._deaths.pop(key, None)

    def progressed(self) -> None:
        """Note that something was copied."""
        with self._lock:
            self._isolated = 0

    def ended_at(self, key: MessageKey, error: MailError) -> bool:
        """Note that the source's connection ended, or could not be read on, while this was next. True when so much is
        known by that now that the others need not wait for it; a server that ends every connection is given time."""
        with self._lock:
            self._unread[key] += 1
            self.source_stalls |= isinstance(error, Stalled)
            if self._unread[key] >= (self._timing.unread_after if key[1] else self._timing.unopened_after):
                self.given_up[key] = _unread(key, error)
                self._isolated = 0
            self._isolated += 1
            patient = key[1] == 0 and key not in self.given_up
            return not patient and self._isolated <= self._timing.isolated_at_once

    def died_at(self, keys: Iterable[MessageKey], error: MailError) -> None:
        """Note that the destination's connection ended while these messages were next: twice is a reason to isolate
        one, four times to give it up."""
        with self._lock:
            for key in keys:
                self._deaths[key] += 1
                if self._deaths[key] >= self._timing.alone_after:
                    self._suspects.add(key)
                if self._deaths[key] >= self._timing.give_up_after:
                    sentence = f"Each connection to the destination ended at this message: {error.sentence}"
                    self.given_up[key] = MessageEndsConnections(sentence, server_words=error.server_words)


def _unread(key: MessageKey, error: MailError) -> MailError:
    """What is said of a message or folder at which reading always ended: with a connection, or a process of ours."""
    of_files = isinstance(error, ReaderEnded)
    if key[1]:
        kind: type[MailError] = MessageEndsReading if of_files else MessageEndsConnections
    else:
        kind = FolderEndsReading if of_files else FolderEndsConnections
    what = "Reading ended each time" if of_files else "Each connection to the source ended"
    sentence = f"{what} at this {'message' if key[1] else 'folder'}: {error.sentence}"
    return kind(sentence, server_words=error.server_words, command=error.command)
