"""mbox files as a mailbox: one file, a folder of them, a profile of Thunderbird, what Apple Mail and Google export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tui_migrate.errors import FileDamaged, FilesMissing, FolderDamaged, MailError, MessageDamaged
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item
from tui_migrate.mail.mbox import content
from tui_migrate.mail.mbox.files import Indexed, MboxFile
from tui_migrate.mail.mbox.index import Index, Variant
from tui_migrate.mail.mbox.items import Items, Place
from tui_migrate.mail.mbox.layout import INBOX, Named, is_cache, layout
from tui_migrate.mail.mbox.octets import Octets
from tui_migrate.mail.mbox.takeout import SECOND_INBOX, Takeout
from tui_migrate.mail.mbox.tree import Tree, find
from tui_migrate.mail.message import Content
from tui_migrate.printable import plural


class MboxArchive:
    """A mailbox of mbox files. Raises FilesMissing, FileDamaged, FileChanged, PathRefused when it is opened."""

    carries = Carries(last_line_end=False)

    def __init__(self, path: Path) -> None:
        self._tree: Tree = find(path)
        self._named = {each.folder.name: each for each in layout(self._tree)}
        self._by_google = [each.file for each in self._tree.files if each.start.by_google]
        self._sorted: Takeout | None = None
        self._reading: tuple[Indexed, Octets] | None = None

    def folders(self) -> Sequence[ArchiveFolder]:
        """Those that are files by their names; what Google exported is read for its labels."""
        named = [each.folder for each in self._named.values()]
        if not self._by_google:
            return named
        return [*named, *self._takeout().folders()]

    def contents(self, folder: bytes) -> Contents[Place]:
        """What lies in a folder now. Raises FolderDamaged, FilesMissing, FileChanged."""
        if (named := self._named.get(folder)) is None:
            found = self._takeout().contents(folder) if self._by_google else None
            if found is None:
                raise FolderDamaged("There is no such folder.", server_words=folder.decode("utf-8", "replace"))
            return found
        indexed = self._indexed(named)
        index = indexed.index
        missing, damage = (1, _headless(named.file, index)) if index.headless else (0, None)
        return Contents(Items(indexed), index.excluded(), missing=missing, damage=damage, token=indexed.token)

    def token(self, folder: bytes) -> str:
        """Of a folder's file. What Google exported is read as a whole for its labels. Raises as `contents` does."""
        named = self._named.get(folder)
        return named.file.token() if named is not None else ""

    def read(self, folder: bytes, item: Item[Place], spool_folder: Path | None) -> Content | None:
        """The octets of a message. Raises FileChanged where the file is not as it was listed, MessageDamaged,
        StoreUnusable."""
        indexed, number = item.place
        try:
            octets = self._open(indexed)
            made = content.read(octets, indexed.index, number, spool_folder)
        except FileDamaged as error:
            raise MessageDamaged(error.sentence, server_words=error.server_words) from None
        try:
            octets.check()
        except MailError:
            made.close()
            raise
        return made

    def close(self) -> None:
        """Give back what is open."""
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None

    def remarks(self) -> Iterator[tuple[str, str]]:
        """What an admin wants to know of these files before they are copied: labels and texts. Reads all of them.
        Raises as `contents` does."""
        for each in self._named.values():
            with suppress(FolderDamaged):  # who lists it is told
                index = self._indexed(each).index
                if len(index) and index.variant is not Variant.UNKNOWN:
                    yield "/".join(each.folder.path), index.variant.value
        if self._by_google:
            takeout = self._takeout()
            yield "Google Takeout", f"{plural(len(takeout.folders()), 'folder')}, one for each label"
        if is_cache(self._tree):
            yield "ImapMail", "kept for reading offline: what was never opened may not be there, the server has it"
        if self._tree.links:
            yield "Links", f"{plural(self._tree.links, 'link')} left alone: only files inside of the mailbox are read"

    def _indexed(self, named: Named) -> Indexed:
        try:
            return named.file.index()
        except (FileDamaged, FilesMissing) as error:
            if len(self._tree.files) == 1:
                raise
            raise FolderDamaged(error.sentence, server_words=error.server_words) from None

    def _takeout(self) -> Takeout:
        files = [file.index() for file in self._by_google]
        if self._sorted is None or self._sorted.files != files:
            self._sorted = Takeout(files, SECOND_INBOX) if INBOX in self._named else Takeout(files)
        return self._sorted

    def _open(self, indexed: Indexed) -> Octets:
        if self._reading is None or self._reading[0] is not indexed:
            self.close()
            self._reading = indexed, indexed.open()
        return self._reading[1]


def _headless(file: MboxFile, index: Index) -> MailError:
    octets = plural(index.headless, "octet")
    return FolderDamaged(f"{file.path} does not begin with a separator: its first {octets} are of no message.")
