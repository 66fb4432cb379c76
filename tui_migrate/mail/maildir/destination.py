"""A Maildir that is filled: ours alone, or one that a server has open meanwhile, whose own files stay as they are."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tui_migrate.errors import Disconnected, FolderUnreadable, MailError, NotWritable
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item
from tui_migrate.mail.files.look import FileLook
from tui_migrate.mail.files.numbered import listed
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.maildir.archive import content_in
from tui_migrate.mail.maildir.delivery import TOGETHER
from tui_migrate.mail.maildir.faults import of_folder, of_mailbox, words_of
from tui_migrate.mail.maildir.folder import MailFile
from tui_migrate.mail.maildir.making import make_folder, make_mailbox
from tui_migrate.mail.maildir.small import is_directory, open_directory
from tui_migrate.mail.maildir.subscriptions import subscribe
from tui_migrate.mail.maildir.target import TargetFolder, read_in
from tui_migrate.mail.maildir.tree import Layout, check_free
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import (
    Batch,
    Capacity,
    FlagChanges,
    Listed,
    NewFolder,
    Opened,
    Refused,
    Stored,
    Tree,
)
from tui_migrate.mail.stream import Valve

_KEPT_OPEN = 2
"""Folders. Each has five descriptors, and knows its messages' numbers."""


class MaildirDestination:
    """A mailbox. Until a folder is prepared nothing is written."""

    carries = Carries()

    def __init__(self, path: Path, spool_folder: Path | None) -> None:
        """Raises MailError."""
        self._path = path
        self._spool_folder = spool_folder
        self._root: int | None = None
        self._helpers = ThreadPoolExecutor(TOGETHER, f"{threading.current_thread().name} fsync")
        self._folders: OrderedDict[bytes, TargetFolder] = OrderedDict()
        self._prepared: set[bytes] = set()
        self._untold: list[Stored | Refused] = []
        self._valve: Valve | None = None
        self._woken = threading.Event()
        self._cut = False
        self._layout = self._opened_layout()

    def tree(self) -> Tree:
        """The folders. Raises MailError."""
        self._layout = self._opened_layout()
        with self._reading("INBOX"):
            return self._layout.tree(self._root)

    def through(self, valve: Valve) -> None:
        """All octets that are written pass through this valve from now on."""
        self._valve = valve

    def prepare(self, folders: Sequence[NewFolder]) -> dict[bytes, Opened | MailError]:
        """Make, subscribe and open. Raises MailError where nothing can be written at all."""
        self._make_root()
        outcomes: dict[bytes, Opened | MailError] = {}
        for folder in sorted(folders, key=lambda each: each.display.count("/")):
            try:
                outcomes[folder.name] = self._prepare(folder)
            except OSError as error:
                outcomes[folder.name] = of_folder(error, folder.display)
            except MailError as error:
                outcomes[folder.name] = error
        return outcomes

    @property
    def waits_for_each(self) -> bool:
        """A disk answers at once."""
        return False

    def room(self) -> bool:
        """One batch at a time."""
        return not self._untold

    def in_flight(self) -> int:
        """Batches."""
        return len({each.key for each in self._untold})

    def send(self, batch: Batch) -> None:
        """Store it. Raises MailError where nobody can tell what has become of it."""
        if self._cut:
            raise Disconnected("Writing was stopped.")
        try:
            self._untold += self._folder(batch.folder).store(batch)
        except OSError as error:
            raise of_mailbox(error, "The Maildir cannot be written to.") from error
        if self._valve is not None:
            self._valve.passed(batch.size)

    def poll(self, timeout: float) -> list[Stored | Refused]:
        """What has been stored and refused."""
        if not self._untold:
            self._woken.wait(timeout)
        self._woken.clear()
        if self._cut:
            raise Disconnected("Writing was stopped.")
        told, self._untold = self._untold, []
        return told

    def wake(self) -> None:
        """From any thread."""
        self._woken.set()

    def capacity(self) -> Capacity:
        """The disk's: what quotas a server has is not known here."""
        try:
            told = os.statvfs(next(each for each in (self._path, *self._path.parents) if each.exists()))
        except OSError as error:
            raise of_mailbox(error, f"Nothing can be seen of {self._path}.") from error
        free = told.f_bavail * told.f_frsize
        return Capacity(free=free, words=f"{free >> 20:,} MB free on the disk")

    def look(self) -> FileLook[MailFile]:
        """For recognising what is there."""
        return FileSource(self, None, self._spool_folder).look()

    census = look

    def token(self, folder: bytes) -> str:
        """Not told: who looks at what we write wants to see it."""
        return ""

    def as_they_lie(self, folder: bytes, uids: Sequence[int]) -> dict[int, tuple[Listed, bytes]]:
        """Messages with all their octets."""
        with self._reading(folder.decode("latin-1")):
            opened = self._folder(folder)
            items = {uid: item for uid in uids if (item := opened.item(uid)) is not None}
            found = {uid: (listed(uid, item), read_in(opened, item)) for uid, item in items.items()}
        return {uid: (each, octets) for uid, (each, octets) in found.items() if octets is not None}

    def change_flags(self, folder: bytes, changes: FlagChanges) -> Mapping[str, int]:
        """By other names of the files. Raises MailError."""
        try:
            return self._folder(folder).change_flags(changes)
        except OSError as error:
            raise of_mailbox(error, "Flags cannot be changed.") from error

    def unkept(self, folder: bytes, flags: Set[str]) -> Set[str]:
        """Keywords that have no letter. Raises MailError."""
        with self._reading(folder.decode("latin-1")):
            return self._folder(folder).letters.unkept(flags)

    def abort(self) -> None:
        """Write nothing more; from another thread."""
        self._cut = True
        if self._valve is not None:
            self._valve.release()
        self._woken.set()

    def close(self) -> None:
        """Give back what is open."""
        self._helpers.shutdown()
        for folder in self._folders.values():
            folder.close()
        self._folders.clear()
        if self._root is not None:
            os.close(self._root)
            self._root = None

    # As an archive, for those who look

    def folders(self) -> list[ArchiveFolder]:
        """All of them. Raises MailError."""
        return [ArchiveFolder(each.name, each.path, each.role) for each in self.tree().folders]

    def contents(self, folder: bytes) -> Contents[MailFile]:
        """What lies in a folder now. Raises FolderUnreadable."""
        with self._reading(folder.decode("latin-1")):
            return self._folder(folder).contents(write=folder in self._prepared)

    def read(self, folder: bytes, item: Item[MailFile], spool_folder: Path | None) -> Content | None:
        """The octets of a message; None: it is gone. Raises MailError."""
        with self._reading(folder.decode("latin-1")):
            opened = self._folder(folder)
        return content_in(opened.files, item.place, spool_folder)

    def remarks(self) -> tuple[()]:
        """Nothing."""
        return ()

    # Inside

    def _opened_layout(self) -> Layout:
        try:
            if self._root is None:
                self._root = open_directory(str(self._path))
        except FileNotFoundError:
            pass  # it is made when mail comes
        except OSError as error:
            raise NotWritable(f"The Maildir {self._path} cannot be opened.", server_words=words_of(error)) from error
        with self._reading("INBOX"):
            return Layout(self._root)

    def _make_root(self) -> None:
        try:
            if self._root is None:
                make_mailbox(self._path)
                self._root = open_directory(str(self._path))
        except OSError as error:
            raise of_mailbox(error, f"The Maildir {self._path} cannot be made.") from error
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=self._root, effective_ids=True):
            raise NotWritable(f"We may not write into the Maildir {self._path}.")

    def _prepare(self, folder: NewFolder) -> Opened:
        root = self._root
        assert root is not None
        where = self._layout.where(folder.name)
        if where and folder.create:
            check_free(where, folder, root)
        if folder.create or not where or is_directory(where, root):
            make_folder(where, root)
        if folder.subscribe:
            subscribe(folder.name, self._layout.delimiter, root)
        self._prepared.add(folder.name)
        return self._folder(folder.name).opened(folder.name)

    def _folder(self, name: bytes) -> TargetFolder:
        """Raises OSError and MailError."""
        found = self._folders.get(name)
        if found is None:
            if self._root is None:
                raise FolderUnreadable("There is no Maildir yet.", server_words=str(self._path))
            while len(self._folders) >= _KEPT_OPEN:
                self._folders.popitem(last=False)[1].close()
            descriptor = open_directory(self._layout.where(name) or ".", self._root)
            found = self._folders[name] = TargetFolder(descriptor, self._helpers, guest=self._layout.guest)
        self._folders.move_to_end(name)
        return found

    @contextmanager
    def _reading(self, folder: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FolderUnreadable(f"The folder {folder} cannot be read.", server_words=words_of(error)) from error
