"""Many accounts that are looked at side by side: who is read now, and what has come of the others.

The threads are our own, named, and daemons: a server that is silent delays no one who leaves.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tui_migrate.model import Account

R = TypeVar("R")

MOST_THREADS = 20


@dataclass(frozen=True, slots=True)
class BeingRead:
    """An account that is being read."""

    account: str
    folder: str
    messages: int
    """Read so far."""


class Stopped(Exception):
    """Nobody wants to know any more."""


class AccountBatch(Generic[R]):
    """Accounts that are being looked at; `R` is what comes of each."""

    def __init__(self, accounts: Sequence[Account], check: Callable[[Account, AccountBatch[R]], R], name: str) -> None:
        """`name`: of the threads."""
        self.accounts = accounts
        self._check = check
        self._waiting = deque(accounts)
        self._reports: dict[int, R] = {}
        self._reading: dict[int, BeingRead] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._over = threading.Event()
        names = [f"{name}-{number}" for number in range(min(len(accounts), MOST_THREADS))]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        self._working = len(self._threads)

    def start(self) -> None:
        """Begin to look at the accounts."""
        for thread in self._threads:
            thread.start()
        if not self._threads:
            self._over.set()

    def stop(self) -> None:
        """Read nothing more than what is under way."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all accounts are read, but not longer than this. True when they are."""
        return self._over.wait(seconds)

    @property
    def is_over(self) -> bool:
        """True when nothing is read any more."""
        return self._over.is_set()

    @property
    def reports(self) -> list[R]:
        """What is known so far, in the order in which the accounts were given."""
        with self._lock:
            return [self._reports[each.id] for each in self.accounts if each.id in self._reports]

    @property
    def reading(self) -> list[BeingRead]:
        """What is being read now."""
        with self._lock:
            return list(self._reading.values())

    def tell(self, account: Account, folder: str, messages: int) -> None:
        """Note that more messages of this folder have been read. Raises Stopped."""
        if self._stop.is_set():
            raise Stopped
        with self._lock:
            before = self._reading.get(account.id)
            read = (before.messages if before else 0) + messages
            self._reading[account.id] = BeingRead(account.source_user, folder, read)

    def _work(self) -> None:
        try:
            self._check_all()
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    self._over.set()

    def _check_all(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                if not self._waiting:
                    return
                account = self._waiting.popleft()
            try:
                report = self._check(account, self)
            except Stopped:
                return
            with self._lock:
                self._reading.pop(account.id, None)
                self._reports[account.id] = report
