"""A mailbox that lies in files, of whatever kind, as a source, but for what a connection has: see `ApartSource`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from tui_migrate.errors import Contradicted, MailError
from tui_migrate.mail.files.archive import Archive, ArchiveFolder, Item
from tui_migrate.mail.files.look import FileLook
from tui_migrate.mail.files.numbered import Numbered, listed
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import (
    Choose,
    Excluded,
    FolderEnd,
    FolderRefused,
    Gone,
    Incomplete,
    Listed,
    ListedFolder,
    Listing,
    Message,
    Ordinals,
    Read,
    Since,
    Step,
    Tree,
    Unreadable,
)
from tui_migrate.model import Scope

P = TypeVar("P")

NOTHING: Mapping[bytes, Since] = MappingProxyType({})
_STRETCH = 5000
_KEPT = 200_000
"""Items of folders that are kept in memory, listed and not read yet: no folder is listed twice for nothing."""


class FileSource(Generic[P]):
    """A message's UID is the one that a server gave it, else the ordinal of its name."""

    def __init__(
        self,
        archive: Archive[P],
        ordinals: Ordinals | None,
        spool_folder: Path | None,
        at: Callable[[int], object] = lambda uid: None,
    ) -> None:
        """`at` is told the UID of each message before it is read, and 0 before a folder is listed."""
        self._archive = archive
        self._ordinals = ordinals
        self._spool_folder = spool_folder
        self._kept: dict[bytes, Numbered[P]] = {}
        self._items = 0
        """In all folders kept. Added up anew for each folder, it would cost the square of their number."""
        self._unused: set[bytes] = set()
        """Of the folders kept, those whose listing nobody has asked for since."""
        self._at = at

    def tree(self, settled: Mapping[bytes, Since] = NOTHING) -> Tree:
        """The folders, each with its numbers: those of `settled` where it is as it was then. One whose messages cannot
        be listed has none. Raises MailError."""
        folders = tuple(self._folder(each, settled.get(each.name)) for each in self._archive.folders())
        return Tree(folders, delimiter="/", prefix="")

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Walk over folders, message by message. Raises MailError."""
        for folder in folders:
            self._at(0)
            try:
                # All portions go by one listing: to list the whole folder for each would cost the square of its size.
                numbered = self.numbered(folder.name, anew=folder.chosen is None and folder.uids is None)
                if folder.status is not None and folder.status.uidvalidity != numbered.uidvalidity:
                    told = f"{folder.status.uidvalidity}, {numbered.uidvalidity}"
                    sentence = "The folder was replaced a moment ago."
                    raise Contradicted(sentence, server_words=told, uidvalidity=numbered.uidvalidity)
            except MailError as error:
                if error.scope is not Scope.FOLDER:
                    raise
                yield FolderRefused(folder.name, error)
                continue
            if folder.chosen is not None:
                yield from self._read(folder.name, numbered.item, folder.chosen, newest_first)
            else:
                yield from self._walk(folder, numbered, choose, newest_first)
            yield FolderEnd(folder.name)

    def remarks(self) -> Iterable[tuple[str, str]]:
        """As the kind says. Raises MailError."""
        return self._archive.remarks()

    def look(self) -> FileLook[P]:
        """For recognising what is there. Not while a `read` is under way."""
        return FileLook(self)

    census = look

    @property
    def archive(self) -> Archive[P]:
        """What it reads in."""
        return self._archive

    def numbered(self, name: bytes, *, anew: bool) -> Numbered[P]:
        """What lies in a folder. `anew`: not as it was when that was asked for before. Raises MailError."""
        if name in self._kept and (not anew or name in self._unused):
            self._unused.discard(name)
            return self._kept[name]
        found = Numbered(name, self._archive.contents(name), self._ordinals)
        self._items += len(found) - len(self._kept.get(name, ()))
        self._kept[name] = found
        self._unused.discard(name)
        self._forget(name)
        return found

    def content(self, name: bytes, item: Item[P]) -> Content | None:
        """The octets of a message; None when it is gone. Raises MailError."""
        return self._archive.read(name, item, self._spool_folder)

    def close(self) -> None:
        """Give back what is open."""
        self._archive.close()

    def _folder(self, folder: ArchiveFolder, since: Since | None) -> ListedFolder:
        return ListedFolder(
            folder.name,
            folder.path,
            folder.selectable,
            folder.role,
            folder.role_by_name,
            folder.subscribed,
            self._status(folder.name, since) if folder.selectable else None,
        )

    def _status(self, name: bytes, since: Since | None) -> FolderStatus | None:
        try:
            if since is not None and since.token == self._archive.token(name):
                return FolderStatus(since.messages, since.uidnext, since.uidvalidity, since.token)
            numbered = self.numbered(name, anew=True)
        except MailError as error:
            if error.scope is not Scope.FOLDER:
                raise
            return None
        self._unused.add(name)
        return numbered.status()

    def _forget(self, latest: bytes) -> None:
        """Folders that were kept first go first, so that memory does not grow with the mailbox."""
        while len(self._kept) > 1 and self._items > _KEPT:
            first = next(each for each in self._kept if each != latest)
            self._items -= len(self._kept.pop(first))
            self._unused.discard(first)

    def _walk(self, folder: ListedFolder, numbered: Numbered[P], choose: Choose, newest_first: bool) -> Iterator[Step]:
        span = folder.uids or range(1, numbered.uidnext)
        uids = numbered.uids(span.start, span.stop)
        starts = range(0, max(1, len(uids)), _STRETCH)
        for start in reversed(starts) if newest_first else starts:
            last = start == starts[0 if newest_first else -1]
            here = uids[start : start + _STRETCH]
            items = dict(numbered.items(here[0], here[-1] + 1)) if here else {}
            stretch = [listed(uid, item) for uid, item in items.items()]
            wanted = choose(Listing(folder.name, numbered.uidvalidity, stretch, last, numbered.exists))
            if last and span.start <= 1:
                yield from self._beside(folder.name, numbered)
            yield from self._read(folder.name, items.get, wanted, newest_first)

    @staticmethod
    def _beside(name: bytes, numbered: Numbered[P]) -> Iterator[Step]:
        contents = numbered.contents
        if contents.damage is not None and contents.missing:
            yield Incomplete(name, contents.missing, contents.damage)
        for each in contents.excluded:
            yield Excluded(name, each.reason, each.items, each.octets)

    def _read(
        self, name: bytes, item_of: Callable[[int], Item[P] | None], wanted: Sequence[Listed], newest_first: bool
    ) -> Iterator[Step]:
        for each in reversed(wanted) if newest_first else wanted:
            self._at(each.uid)
            item = item_of(each.uid)
            try:
                content = self.content(name, item) if item is not None else None
            except MailError as error:
                if error.scope is not Scope.MESSAGE:
                    raise
                yield Unreadable(name, each, error)
                continue
            if content is None:
                yield Gone(name, (each.uid,))
            else:
                yield Read(name, Message.of(each, content))
