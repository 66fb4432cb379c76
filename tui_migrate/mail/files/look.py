"""What lies in a mailbox of files, for recognising and for counting it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Generic, Protocol, TypeVar

from tui_migrate.errors import MailError
from tui_migrate.mail.census import ALL, Carries, Evidence, Headcount, MessageRow, Sighted, evidence
from tui_migrate.mail.field_dates import derive_date
from tui_migrate.mail.files.archive import Archive, Item
from tui_migrate.mail.files.numbered import Numbered
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Content, Head, fingerprint
from tui_migrate.model import Fingerprint, Scope

P = TypeVar("P")

_WAY = "files"
_MOST_HEADS = 50_000
"""That are kept: 25 MB."""


class Readable(Protocol[P]):
    """Lists folders and reads messages."""

    @property
    def archive(self) -> Archive[P]:
        """Where they lie."""

    def numbered(self, name: bytes, *, anew: bool) -> Numbered[P]:
        """What lies in a folder."""

    def content(self, name: bytes, item: Item[P]) -> Content | None:
        """The octets of a message."""


class FileLook(Generic[P]):
    """Reads every message as a whole, of which more than its numbers is asked."""

    def __init__(self, source: Readable[P]) -> None:
        self._source = source
        self._heads: dict[int, Head] = {}
        """Of what was read for the last listing, by UID: its headers are asked for next."""
        self._folder = b""

    @property
    def carries(self) -> Carries:
        """As the kind says."""
        return self._source.archive.carries

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """Of now."""
        return {name: self._source.numbered(name, anew=True).status() for name in folders}

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """The messages with a UID of at least `low_uid`, ascending. Those of which nothing but their header tells when
        they arrived are read for it."""
        self._heads, self._folder = {}, folder
        items = [*self._source.numbered(folder, anew=True).items(low_uid)]
        read = dict(self._read(folder, [uid for uid, item in items if item.instant is None]))
        return [Present(uid, *read.get(uid, (item.size, item.instant)), item.flags) for uid, item in items]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID."""
        return {uid: head.print for uid, head in self.heads(folder, uids).items()}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        """All that headers are recognised by, by UID."""
        kept = self._heads if folder == self._folder else {}
        known = {uid: kept[uid] for uid in uids if uid in kept}
        rest = self._contents(folder, [uid for uid in uids if uid not in known])
        return known | {uid: Head.of(content.head()) for uid, content in rest}

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        """Of whole messages."""
        return {uid: fingerprint(content, 0, first=True) for uid, content in self._contents(folder, uids)}

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """Folders that are none of the `known` ones."""
        return [
            Sighted(each.name, each.path, (_WAY,))
            for each in self._source.archive.folders()
            if each.selectable and each.name not in known
        ]

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """Messages that can be listed, in each folder."""
        found: dict[bytes, Headcount | MailError] = {}
        for name in folders:
            try:
                uids = frozenset(uid for uid, _ in self._source.numbered(name, anew=True).items(1))
                found[name] = Headcount({_WAY: len(uids)}, uids)
            except MailError as error:
                found[name] = error
        return found

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """Messages with UIDs in these spans, ascending. Those of which nothing but their header tells when they arrived
        are read for it, where others can tell."""
        numbered = self._source.numbered(folder, anew=False)
        items = [each for span in spans for each in numbered.items(span.start, span.stop)]
        undated = [uid for uid, item in items if item.instant is None] if self.carries.dates else []
        read = dict(self._read(folder, undated))
        told = ((uid, item.flags, *read.get(uid, (item.size, item.instant))) for uid, item in items)
        return [MessageRow(uid, size or None, instant, flags) for uid, flags, size, instant in told]

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        """Of whole messages, by UID."""
        return {uid: evidence(content, rebuilt) for uid, content in self._contents(folder, uids)}

    def _read(self, folder: bytes, uids: Sequence[int]) -> Iterator[tuple[int, tuple[int, int | None]]]:
        """By UID: octets, and when it arrived."""
        for uid, content in self._contents(folder, uids):
            header = content.head()
            if folder == self._folder and len(self._heads) < _MOST_HEADS:
                self._heads[uid] = Head.of(header)
            date = derive_date(header)
            yield uid, (content.length, date[1] if date else None)

    def _contents(self, folder: bytes, uids: Sequence[int]) -> Iterator[tuple[int, Content]]:
        numbered = self._source.numbered(folder, anew=False)
        for uid in uids:
            if (item := numbered.item(uid)) is None:
                continue
            try:
                content = self._source.content(folder, item)
            except MailError as error:
                if error.scope is not Scope.MESSAGE:
                    raise
                continue
            if content is not None:
                yield uid, content
                content.close()
