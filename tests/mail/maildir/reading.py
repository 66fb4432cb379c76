"""Maildirs read as a migration reads them, and small ones written by hand."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.servers.maildir import MailItem
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.maildir.folder import MailFile
from tui_migrate.mail.protocols import Gone, Message, Read, Step, Unreadable


def source(path: Path) -> FileSource[MailFile]:
    return FileSource(MaildirArchive(path), None, None)


def steps(path: Path) -> list[Step]:
    """All that comes of a Maildir."""
    with closing(source(path)) as opened:
        return [*opened.read(opened.tree().folders, lambda listing: listing.messages)]


def mail(path: Path) -> list[MailItem]:
    """The messages, in their order; one without a date has arrived at 0."""
    with closing(source(path)) as opened:
        paths = {each.name: each.display for each in opened.tree().folders}
    found = steps(path)
    assert not [each for each in found if isinstance(each, Unreadable | Gone)]
    return [_item(paths[each.folder], each.message) for each in found if isinstance(each, Read)]


def _item(folder: str, message: Message) -> MailItem:
    with closing(message.content) as content:
        return MailItem(folder, b"".join(content.chunks()), message.listed.flags, message.instant or 0)


def counted(path: Path) -> Counter[MailItem]:
    return Counter(mail(path))


def make_folder(path: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def put(folder: Path, name: str, octets: bytes = b"Subject: x\n\nbody\n", time: int = 1_600_000_000) -> Path:
    """A file in one of the directories of a folder: `cur/NAME`."""
    file = folder / name
    file.write_bytes(octets)
    os.utime(file, (time, time))
    return file
