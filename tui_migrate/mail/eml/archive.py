"""A mailbox whose messages are files of their own, as an archive (see `mail.files`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tui_migrate.errors import FolderDamaged
from tui_migrate.mail.census import Carries
from tui_migrate.mail.eml.files import File, Vanished, is_mail
from tui_migrate.mail.eml.folders import described, is_apple, places
from tui_migrate.mail.eml.forms import content_of, glance
from tui_migrate.mail.eml.items import EmlItems, key_of
from tui_migrate.mail.eml.opening import open_files
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item, LeftOut
from tui_migrate.mail.message import Content
from tui_migrate.mail.packed.bounds import text

_OTHERS = {
    b".zip": "archives",
    b".tar": "archives",
    b".tgz": "archives",
    b".gz": "archives",
    b".mbox": "mbox files",
    b".mbx": "mbox files",
}
"""What is worth a word of its own among files that are no mail, by their names' ends."""


class EmlArchive:
    """A folder, an archive, or a folder in an archive. The name of a message stays as long as path, size and time of
    its file do; in an archive path, size and checksum (ZIP) or time (tar): what is exported once more keeps its names.
    """

    carries = Carries(dates=False)

    def __init__(self, path: Path, spool_folder: Path | None = None) -> None:
        """`spool_folder`: for a tar archive that is packed, and for large messages of Outlook. Raises MailError."""
        self._spool_folder = spool_folder
        self._files = open_files(path, spool_folder)
        self._in_apple = is_apple(path.name)
        self._places: dict[bytes, list[bytes]] | None = None

    def folders(self) -> Sequence[ArchiveFolder]:
        """The inbox first. Raises MailError."""
        self._places = places(self._files, in_apple=self._in_apple)
        return [described(name) for name in self._places]

    def token(self, folder: bytes) -> str:
        """Only a listing tells: directories do not show that a file in them has changed."""
        return ""

    def contents(self, folder: bytes) -> Contents[File]:
        """The start of each file is read for it: there its flags are, and that it is mail. Raises MailError."""
        left_out: dict[str, LeftOut] = {}
        files = []
        for each in self._found(folder):
            if isinstance(each, LeftOut):
                _count(left_out, each)
            elif is_mail(each.path):
                files.append(each)
            elif reason := _reason(each):
                _count(left_out, LeftOut(reason, 1, each.size))
        items, seen = EmlItems(), Counter[bytes]()
        for file in sorted(files, key=lambda file: (file.path, file.at)):
            try:
                found = glance(self._files, file, self._spool_folder)
            except Vanished:
                continue
            if isinstance(found, str):
                _count(left_out, LeftOut(found, 1, file.size))
            else:
                key = key_of(file)
                seen[key] += 1
                items.add(file, found, key, seen[key])
        excluded = [left_out[reason] for reason in sorted(left_out)]
        return Contents(items, excluded, token=items.token(excluded))

    def read(self, folder: bytes, item: Item[File], spool_folder: Path | None) -> Content | None:
        """With the line ends of mail. Raises MailError."""
        try:
            return content_of(self._files, item.place, spool_folder)
        except Vanished:
            return None

    def remarks(self) -> tuple[()]:
        """Nothing beside what the listing says."""
        return ()

    def close(self) -> None:
        """Give back what is open."""
        self._files.close()

    def _found(self, folder: bytes) -> Iterator[File | LeftOut]:
        if self._places is None or folder not in self._places:
            self._places = places(self._files, in_apple=self._in_apple)
        try:
            for place in self._places[folder]:
                yield from self._files.files(place)
        except (KeyError, Vanished):
            raise FolderDamaged(f"The folder {text(folder)} is not there any more.") from None


def _reason(file: File) -> str:
    """Why it is left out; empty for what is read with a message."""
    name = file.name.lower()
    if name.endswith(b".emlxpart"):
        return ""
    if name == b"mbox":
        return "mbox files"
    return next((reason for ending, reason in _OTHERS.items() if name.endswith(ending)), "other files")


def _count(left_out: dict[str, LeftOut], one: LeftOut) -> None:
    before = left_out.get(one.reason, LeftOut(one.reason, 0))
    left_out[one.reason] = LeftOut(one.reason, before.items + one.items, before.octets + one.octets)
