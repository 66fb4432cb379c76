"""Logins proven: one, or hundreds side by side, never with more connections than a server is to have.

The threads are our own, named, and daemons: a login that a server keeps waiting for half a minute delays no one who
leaves. One that is told to stop ends after the login that it is at, and tells nothing of it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from tui_migrate.errors import MailboxInUse, MailError, MigrateError
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.lessons import Experience, Lessons
from tui_migrate.mail.protocols import MailDestination, MailSource
from tui_migrate.model import Login, Scope, Server, Side

MOST_THREADS = 20
_NEVER = 0xFFFF_FFFF
"""A UID that no message has: to ask for it opens the folder, and reads nothing."""
_LOOK_AGAIN_SECONDS = 0.5
"""Connections that the engine gives back are noticed so late at most."""


def prove(side: Side, server: Server, login: Login, lessons: Lessons | None = None) -> None:
    """Log in and out, as what the mailbox is to be. Raises MailError.

    One that somebody else has open is proven too: only who has logged in is told so (RFC 2449 section 8.1.2).
    """
    with contextlib.suppress(MailboxInUse):
        _opened(side, server, login, lessons).close()


def open_inbox(side: Side, server: Server, login: Login) -> int:
    """Log in, open INBOX, and log out. Returns how many messages are in it. Raises MailError.

    A server may accept a login, and say only at the next command that the mailbox does not open for it.
    """
    try:
        with contextlib.closing(_opened(side, server, login)) as mailbox:
            inbox = next(each.name for each in mailbox.tree().folders if each.path == ("INBOX",))
            look = mailbox.look()
            number = look.numbers([inbox])[inbox].messages
            look.headers(inbox, [_NEVER])
    except MailboxInUse:
        return 0
    return number


class Inside(NamedTuple):
    """What a login leads to."""

    folders: Sequence[str] = ("INBOX",)
    """That can hold messages, INBOX first."""
    remarks: Sequence[tuple[str, str]] = ()
    """See `MailSource`."""


def look_inside(side: Side, server: Server, login: Login) -> Inside:
    """Log in, look, and log out. Raises MailError."""
    try:
        with contextlib.closing(_opened(side, server, login)) as mailbox:
            names = {folder.display for folder in mailbox.tree().folders if folder.selectable}
            remarks = [*cast(MailSource, mailbox).remarks()] if side is Side.SOURCE else ()
    except MailboxInUse:
        return Inside()
    return Inside(sorted(names, key=lambda name: (name != "INBOX", name.casefold())), remarks)


def _opened(side: Side, server: Server, login: Login, lessons: Lessons | None = None) -> MailSource | MailDestination:
    if side is Side.SOURCE:
        return open_source(server, login, lessons=lessons)
    return open_destination(server, login, lessons=lessons)


class Slots:
    """Connections by server that all proofs of this process share."""

    def __init__(self, used: Callable[[Server], int]) -> None:
        self._used = used
        """Connections to a server that others hold: the engine."""
        self._held: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def hold(self, server: Server) -> Iterator[None]:
        """Wait until the server is to have one more connection. One is always allowed: else an engine that uses all of
        them would stop every proof for days."""
        key = server.key
        while not self._take(key, max(1, server.max_connections - self._used(server))):
            with self._changed:
                self._changed.wait(_LOOK_AGAIN_SECONDS)
        try:
            yield
        finally:
            with self._changed:
                self._held[key] -= 1
                self._changed.notify_all()

    def _take(self, key: str, limit: int) -> bool:
        with self._changed:
            free = self._held[key] < limit
            self._held[key] += free
            return free


@dataclass(frozen=True, slots=True)
class Job:
    """Two logins to be proven; `key` is the caller's."""

    key: int
    logins: tuple[Login, Login]


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a job: the errors of source and destination; None where the login was accepted."""

    key: int
    source: MailError | None
    destination: MailError | None
    trouble: MigrateError | None = None
    """Why what was proven could not be recorded."""

    @property
    def errors(self) -> list[MailError]:
        """What was refused."""
        return [error for error in (self.source, self.destination) if error is not None]

    @property
    def of_server(self) -> MailError | None:
        """An error that every other account would meet too."""
        return next((error for error in self.errors if error.scope is Scope.SERVER), None)


class Proving:
    """Proves logins in threads. An error of a server ends it: hundreds of accounts would only meet the same one."""

    def __init__(
        self,
        servers: tuple[Server, Server],
        jobs: Sequence[Job],
        slots: Slots,
        told: Callable[[Proof], None],
        ended: Callable[[], None],
    ) -> None:
        """`told` is called with each proof and `ended` once, in threads of this pool."""
        self._servers = servers
        self._jobs = deque(jobs)
        self._slots = slots
        self._told = told
        self._ended = ended
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._experience = Experience()
        wanted = sum(server.max_connections for server in servers)
        names = [f"prove-{number}" for number in range(min(len(jobs), wanted, MOST_THREADS))]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        self._working = len(self._threads)

    def start(self) -> None:
        """Begin the proofs."""
        for thread in self._threads:
            thread.start()
        if not self._threads:
            self._ended()

    def stop(self) -> None:
        """Begin no further proof, and tell nothing more of those that are under way."""
        self._stop.set()

    @property
    def is_over(self) -> bool:
        """True when no thread works any more."""
        with self._lock:
            return not self._working

    def join(self, seconds: float | None = None) -> None:
        """Wait for the threads, each at most so long."""
        for thread in self._threads:
            thread.join(seconds)

    def _work(self) -> None:
        try:
            while not self._stop.is_set() and (job := self._next()) is not None:
                proof = Proof(job.key, *map(self._try, Side, self._servers, job.logins))
                if self._stop.is_set():
                    return
                if proof.of_server is not None:
                    with self._lock:
                        self._jobs.clear()
                self._told(proof)
        finally:
            with self._lock:
                self._working -= 1
                last = not self._working
            if last:
                self._ended()

    def _next(self) -> Job | None:
        with self._lock:
            return self._jobs.popleft() if self._jobs else None

    def _try(self, side: Side, server: Server, login: Login) -> MailError | None:
        with self._slots.hold(server):
            if self._stop.is_set():
                return None
            try:
                prove(side, server, login, self._experience.of(server))
            except MailError as error:
                return error
        return None
