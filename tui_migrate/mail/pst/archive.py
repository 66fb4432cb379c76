"""A PST or OST file as a mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tui_migrate.errors import FolderDamaged, MessageDamaged
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item, LeftOut
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.classes import why_no_mail
from tui_migrate.mail.mapi.dates import arrived
from tui_migrate.mail.mapi.flags import flags_of
from tui_migrate.mail.mapi.mime import write_mime
from tui_migrate.mail.message import Content
from tui_migrate.mail.pst.codepage import remark
from tui_migrate.mail.pst.damage import DAMAGE
from tui_migrate.mail.pst.folders import PstFolder, folders_of
from tui_migrate.mail.pst.item import PstItem, Whole
from tui_migrate.mail.pst.items import Items, Place
from tui_migrate.mail.pst.listing import SIZE, rows_of
from tui_migrate.mail.pst.store import Store
from tui_migrate.mail.spool import gather


class PstArchive:
    """A file that is open. Nothing in it is ever changed."""

    def __init__(self, path: Path, codepage: int = 0) -> None:
        """`codepage`: see `Store`. Raises MailError."""
        self._store = Store(path, codepage)
        disk = self._store.disk
        self._token = f"{disk.size:x}.{disk.modified:x}.{self._store.key}"
        self._folders: dict[bytes, PstFolder] = {}

    @property
    def carries(self) -> Carries:
        """Flags and dates."""
        return Carries()

    def folders(self) -> Sequence[ArchiveFolder]:
        """Raises FileDamaged, FileChanged."""
        return [folder.shown for folder in self._known().values()]

    def token(self, folder: bytes) -> str:
        """Of the file, as it was when it was opened."""
        return self._store.disk.stamp

    def contents(self, folder: bytes) -> Contents[Place]:
        """In ascending NID, which is the order in which they came. What is hidden in a folder (views, rules) is in no
        listing. Raises FolderDamaged, FileChanged."""
        known = self._known().get(folder)
        if known is None:
            raise FolderDamaged("There is no such folder any more.")
        try:
            return self._listed(known)
        except DAMAGE as damage:
            raise self._store.disk.error(FolderDamaged, "What is in the folder cannot be listed.", damage) from damage

    def read(self, folder: bytes, item: Item[Place], spool_folder: Path | None) -> Content | None:
        """The mail that a message becomes. Raises MessageDamaged, FileChanged."""
        nid, token = item.place
        without: list[str] = []

        def pump(write: Callable[[bytes], object]) -> None:
            without[:] = write_mime(self._item(nid), write)
            self._store.disk.check()

        try:
            if token != self._token and self._store.find(nid) is None:
                return None  # of an earlier state of the file
        except DAMAGE as damage:
            raise self._store.disk.error(MessageDamaged, f"Message {nid:#x} cannot be found.", damage) from damage
        content = gather(pump, spool_folder)
        content.without = tuple(dict.fromkeys(each.rstrip(".") for each in without))
        return content

    def remarks(self) -> Iterator[tuple[str, str]]:
        """Of an old file, what its names and texts are read as."""
        if (codepage := remark(self._store)) is not None:
            yield "Code page", codepage

    def close(self) -> None:
        """Give the file back."""
        self._store.disk.close()

    def _known(self) -> dict[bytes, PstFolder]:
        if not self._folders:
            found = {each.shown.name: each for each in folders_of(self._store)}
            self._store.disk.check()
            self._folders = found
        return self._folders

    def _listed(self, folder: PstFolder) -> Contents[Place]:
        items = Items(self._store.key, self._token)
        left_out: dict[str, list[int]] = {}
        """Reason: octets of each."""
        for row in rows_of(self._store, folder.nid):
            size = max(tags.number(row.values, SIZE) or 0, 0)
            reason = why_no_mail(row.message_class, folder.folder_class)
            if reason is not None:
                left_out.setdefault(reason, []).append(size)
                continue
            row.complete()
            items.add(row.nid, flags_of(row.values, row.keywords), arrived(row.values), size)
        self._store.disk.check()
        excluded = [LeftOut(reason, len(sizes), sum(sizes)) for reason, sizes in sorted(left_out.items())]
        return Contents(items, excluded, token=self._store.disk.stamp)

    def _item(self, nid: int) -> PstItem:
        """A message. Raises MessageDamaged, FileChanged."""
        store = self._store
        whole = Whole(store, nid)
        try:
            node = store.node(nid)
        except DAMAGE as damage:
            raise whole.error(damage) from damage
        return PstItem(whole, node, f"{store.key}-{nid:x}", store.encoding)
