"""Where mailboxes in memory are, and what goes wrong there by script."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tui_migrate.errors import CommandRefused, Disconnected
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.stream import Valve


class Moment(StrEnum):
    """When something may go wrong."""

    LOG_IN = "log in"
    TREE = "tree"
    OPEN = "open"
    """A folder at the destination."""
    LIST = "list"
    """The messages of a folder."""
    CHANGES = "changes"
    """What has changed in a folder since."""
    READ = "read"
    STORE = "store"
    """A message is about to be stored."""
    STORED = "stored"
    """It lies there, and nobody has been told."""
    TELL = "tell"
    """All that has been stored is about to be told."""
    FLAGS = "flags"


@dataclass
class Fault:
    """Happens from the `nth` time on that this moment comes, so many `times`; None: for ever.

    What happens may raise, which the one who asked is told, or change what is there: it is called under the lock.
    """

    moment: Moment
    happens: Callable[[], object]
    nth: int = 1
    times: int | None = 1
    folder: str = ""
    """By its readable name; empty: in any."""
    _met: int = field(default=0, init=False, repr=False)

    @property
    def happened(self) -> bool:
        """It has had its turn."""
        return self._met >= self.nth

    def is_due(self, moment: Moment, folder: str) -> bool:
        """Count this moment, if it is such a one. True when it has its turn."""
        if moment is not self.moment or (self.folder and folder != self.folder):
            return False
        self._met += 1
        return self._met >= self.nth and (self.times is None or self._met < self.nth + self.times)


def raising(make: Callable[[], BaseException]) -> Callable[[], object]:
    """What happens is that this is raised, made anew each time."""

    def happen() -> None:
        raise make()

    return happen


class Place:
    """Mailboxes that are found under one path."""

    def __init__(self, *mailboxes: Mailbox) -> None:
        self.mailboxes = {mailbox.user: mailbox for mailbox in mailboxes}
        self.faults: list[Fault] = []
        self.said: list[str] = []
        """What was asked, in order: the moment, and the folder where there is one."""
        self.sessions = self.most = 0
        """Open ones, now and at most."""
        self.opens: Callable[[], bool] = lambda: True
        """False: nothing may be sent here yet. Called often."""
        self.waits_for_each = False
        """True: lanes take it for slow (see `MailDestination`)."""
        self.lock = threading.RLock()

    def meet(self, moment: Moment, folder: str = "") -> None:
        """Raises what the script wants. Under the lock."""
        self.said.append(f"{moment} {folder}".rstrip())
        for fault in [each for each in self.faults if each.is_due(moment, folder)]:
            fault.happens()

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which makes its own lock and has its own sessions and script."""
        return {"mailboxes": self.mailboxes, "said": self.said}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(*state["mailboxes"].values())  # type: ignore[misc]
        self.said = state["said"]


PLACES: dict[str, Place] = {}
"""By path."""


class Session(ABC):
    """One who has a mailbox open."""

    def __init__(self, place: Place, mailbox: Mailbox) -> None:
        self.place = place
        self.mailbox = mailbox
        self.valve: Valve | None = None
        self._cut = False
        with place.lock:
            place.sessions += 1
            place.most = max(place.most, place.sessions)

    @contextmanager
    def asking(self, moment: Moment, folder: Folder | None = None) -> Iterator[Mailbox]:
        """The mailbox, which nobody else changes meanwhile. Raises Disconnected, and what the script wants."""
        with self.place.lock:
            if self._cut:
                raise Disconnected("The session was cut.")
            try:
                self.place.meet(moment, self.mailbox.readable_name(folder.name) if folder else "")
            except Disconnected:
                self._cut = True
                raise
            yield self.mailbox

    def passed(self, octets: int) -> None:
        """So many have moved. Not under the lock: it may take as long as a limit wants."""
        if self.valve is not None:
            self.valve.passed(octets)

    @abstractmethod
    def name(self, folder: Folder) -> bytes:
        """What a folder is called here."""

    @abstractmethod
    def status(self, folder: Folder) -> FolderStatus:
        """Its numbers."""

    @abstractmethod
    def messages(self, folder: Folder) -> dict[int, StoredMessage]:
        """Its mail, by the numbers that it has here, ascending."""

    def find(self, name: bytes) -> Folder | None:
        """The folder of this name, if it can be opened."""
        folders = self.mailbox.folders.values()
        return next((each for each in folders if each.can_be_opened and self.name(each) == name), None)

    def opened(self, name: bytes) -> Folder:
        """The same. Raises CommandRefused."""
        if (folder := self.find(name)) is None:
            raise CommandRefused("There is no such folder.", server_words=name.decode("utf-8", "replace"))
        return folder

    def abort(self) -> None:
        """From any thread."""
        self._cut = True
        if self.valve is not None:
            self.valve.release()

    def close(self) -> None:
        """It is over."""
        with self.place.lock:
            self.place.sessions -= 1
