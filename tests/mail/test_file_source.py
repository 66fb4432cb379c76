"""Mailboxes of files of whatever kind, as a source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tui_migrate.engine.copying.portions import portions
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import Read, Since

INBOX = b"INBOX"


@dataclass
class Shelf:
    """An archive of one folder that counts how often it is listed, and which messages are read."""

    names: list[str]
    listed: int = 0
    read_names: list[str] = field(default_factory=list)

    carries = Carries()

    def folders(self) -> Sequence[ArchiveFolder]:
        return [ArchiveFolder(INBOX, ("INBOX",))]

    def token(self, folder: bytes) -> str:
        return " ".join(self.names)

    def contents(self, folder: bytes) -> Contents[str]:
        self.listed += 1
        return Contents([Item(name, name) for name in self.names], token=self.token(folder))

    def read(self, folder: bytes, item: Item[str], spool_folder: Path | None) -> Content | None:
        self.read_names.append(item.name)
        return Content.of(b"Subject: %b\r\n\r\n" % item.name.encode()) if item.name in self.names else None

    def remarks(self) -> Iterable[tuple[str, str]]:
        return ()

    def close(self) -> None:
        pass


def test_a_folder_is_listed_once_however_many_portions_are_read_of_it() -> None:
    shelf = Shelf([f"{number:04}" for number in range(1000)])
    source = FileSource(shelf, None, None)
    (inbox,) = source.tree().folders
    parts = portions(inbox, 10)
    found = [step for step in source.read(parts, lambda listing: listing.messages) if isinstance(step, Read)]
    assert len(parts) > 50
    assert len(found) == 1000
    assert shelf.listed == 1
    assert shelf.read_names == shelf.names


def test_a_folder_that_is_read_as_a_whole_once_more_is_listed_anew() -> None:
    shelf = Shelf(["a"])
    source = FileSource(shelf, None, None)
    (inbox,) = source.tree().folders
    for names in (["a"], ["a", "b"]):
        shelf.names = names
        found = [*source.read([inbox], lambda listing: listing.messages)]
        assert len([step for step in found if isinstance(step, Read)]) == len(names)


def test_a_folder_that_is_as_it_was_is_not_listed_again() -> None:
    shelf = Shelf(["a", "b"])
    (before,) = FileSource(shelf, None, None).tree().folders
    assert before.status is not None
    told = before.status
    settled = {INBOX: Since(told.uidvalidity, told.uidnext, told.token, told.messages)}
    source = FileSource(shelf, None, None)
    assert source.tree(settled).folders == (before,)
    assert shelf.listed == 1
    shelf.names = ["a", "c"]
    (after,) = source.tree(settled).folders
    assert (shelf.listed, after.status and after.status.token) == (2, "a c")
