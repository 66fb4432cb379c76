"""A mailbox in memory as a destination."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from tests.doubles.looking import MemoryLook, listed, tree
from tests.doubles.places import Moment, Place, Session
from tests.servers.mailbox import DATE, Folder, Mailbox, StoredMessage
from tui_migrate.errors import CommandRefused, Disconnected, FolderNotMade, MailError, OverQuota
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import (
    Batch,
    Capacity,
    FlagChanges,
    Listed,
    Message,
    NewFolder,
    Opened,
    Refused,
    Stored,
    Tree,
)
from tui_migrate.mail.stream import Valve

BATCHES = 2
"""So many may be stored before anything of them has been told."""


class _Numbered(Session):
    """Names and numbers are those that IMAP has."""

    def name(self, folder: Folder) -> bytes:
        return folder.name.encode("latin-1")

    def status(self, folder: Folder) -> FolderStatus:
        return FolderStatus(len(folder.messages), folder.uidnext, folder.uidvalidity)

    def messages(self, folder: Folder) -> dict[int, StoredMessage]:
        return {message.uid: message for message in sorted(folder.messages, key=lambda each: each.uid)}


class MemoryDestination:
    """One session. Messages are stored as they are sent, and told of when somebody asks."""

    def __init__(self, place: Place, mailbox: Mailbox) -> None:
        self._session = _Numbered(place, mailbox)
        self._untold: list[Stored | Refused] = []
        self._open: Counter[int] = Counter()
        """Messages of batches of which nothing has been told."""
        self._error: MailError | None = None
        self._woken = threading.Event()

    def tree(self) -> Tree:
        """The folders."""
        return tree(self._session)

    def through(self, valve: Valve) -> None:
        """What is stored passes here."""
        self._session.valve = valve

    def prepare(self, folders: Sequence[NewFolder]) -> dict[bytes, Opened | MailError]:
        """Make, subscribe and open."""
        outcomes: dict[bytes, Opened | MailError] = {}
        for folder in folders:
            try:
                outcomes[folder.name] = self._opened(folder)
            except CommandRefused as error:
                outcomes[folder.name] = error
        return outcomes

    def _opened(self, wanted: NewFolder) -> Opened:
        mailbox, name = self._session.mailbox, wanted.name.decode("latin-1")
        if wanted.create:
            role = [f"\\{wanted.role}"] if wanted.role else []
            mailbox.add_named(name, *role, subscribed=False)
        folder = self._session.find(wanted.name)
        if folder is None:
            raise FolderNotMade(f"There is no folder {wanted.display}.", server_words=name)
        with self._session.asking(Moment.OPEN, folder):
            if wanted.subscribe:
                mailbox.subscriptions.add(name)
            return Opened(wanted.name, folder.uidvalidity, folder.uidnext, len(folder.messages))

    @property
    def waits_for_each(self) -> bool:
        """As the place says."""
        return self._session.place.waits_for_each

    def room(self) -> bool:
        """Once the place opens, and until too much is untold."""
        return len(self._open) < BATCHES and self._session.place.opens()

    def in_flight(self) -> int:
        """Batches."""
        return len(self._open)

    def send(self, batch: Batch) -> None:
        """Store all of it, up to where the script ends the session."""
        folder = self._session.opened(batch.folder)
        self._open[batch.key] = len(batch.messages)
        for position, message in enumerate(batch.messages):
            if self._error is not None:
                return
            try:
                told = self._stored(batch.key, position, folder, message)
            except Disconnected as error:
                self._error = error
            except MailError as error:
                self._untold.append(Refused(batch.key, position, error))
            else:
                self._untold.append(told)

    def _stored(self, key: int, position: int, folder: Folder, message: Message) -> Stored:
        octets = b"".join(message.content.chunks())
        self._session.passed(len(octets))
        with self._session.asking(Moment.STORE, folder) as mailbox:
            if mailbox.quota is not None and mailbox.kibibytes(len(octets)) > mailbox.quota:
                raise OverQuota("The mailbox is full.", server_words=f"{mailbox.quota} KiB")
            dropped = self._dropped(folder, message.listed.flags)
            date = message.date.decode("latin-1").strip('"') if message.date else DATE
            uid = folder.add(octets, message.listed.flags - dropped, date).uid
        with self._session.asking(Moment.STORED, folder):
            return Stored(key, (position,), folder.uidvalidity, (uid,), tuple(sorted(dropped)))

    def poll(self, timeout: float) -> list[Stored | Refused]:
        """What has been stored and refused."""
        if not self._untold and self._error is None:
            self._woken.wait(timeout)
        self._woken.clear()
        if self._untold:
            with self._session.asking(Moment.TELL):
                told, self._untold = self._untold, []
            self._open -= Counter(each.key for each in told for _ in _positions(each))
            return told
        if self._error is not None:
            raise self._error
        return []

    def wake(self) -> None:
        """From any thread."""
        self._woken.set()

    def capacity(self) -> Capacity:
        """By the quota."""
        mailbox = self._session.mailbox
        if mailbox.quota is None:
            return Capacity()
        return Capacity(free=max(0, mailbox.quota - mailbox.kibibytes()) << 10, words=f"{mailbox.quota} KiB")

    def look(self) -> MemoryLook:
        """For recognising."""
        return MemoryLook(self._session)

    census = look

    def as_they_lie(self, folder: bytes, uids: Sequence[int]) -> dict[int, tuple[Listed, bytes]]:
        """With all their octets."""
        there = self._session.messages(self._session.opened(folder))
        return {uid: (listed(uid, there[uid]), there[uid].octets) for uid in uids if uid in there}

    def change_flags(self, folder: bytes, changes: FlagChanges) -> Mapping[str, int]:
        """Message by message."""
        there, unkept = self._session.opened(folder), Counter[str]()
        with self._session.asking(Moment.FLAGS, there):
            for (added, removed), uids in changes.items():
                dropped = self._dropped(there, frozenset(added))
                unkept.update(dict.fromkeys(dropped, len(uids)))
                for message in there.messages:
                    if message.uid in uids:
                        there.change_flags(message, (message.flags | {*added}) - {*removed} - dropped)
        return unkept

    def unkept(self, folder: bytes, flags: Set[str]) -> Set[str]:
        """As the folder says."""
        return self._dropped(self._session.opened(folder), frozenset(flags))

    @staticmethod
    def _dropped(folder: Folder, flags: frozenset[str]) -> frozenset[str]:
        new = "\\*" in folder.permanent_flags
        kept = {each for each in flags if each in folder.permanent_flags or (new and not each.startswith("\\"))}
        return flags - kept

    def abort(self) -> None:
        """From another thread."""
        self._session.abort()
        self._error = self._error or Disconnected("The session was cut.")
        self.wake()

    def close(self) -> None:
        """It is over."""
        self._session.close()


def _positions(told: Stored | Refused) -> Sequence[int]:
    return told.positions if isinstance(told, Stored) else (told.position,)
