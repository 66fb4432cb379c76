"""Messages that are files of their own, in folders and archives; and what is found in them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import MailError
from tui_migrate.mail.eml.archive import EmlArchive
from tui_migrate.mail.eml.files import File
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item

Mail = Mapping[str, bytes]
"""Files by their paths."""


def mail(subject: str, body: str = "Hello\r\n") -> bytes:
    """A message with the line ends of mail."""
    text = f"From: a@example.org\r\nSubject: {subject}\r\nDate: Mon, 2 Mar 2020 10:00:00 +0100\r\n\r\n{body}"
    return text.encode()


def write_tree(root: Path, files: Mail) -> Path:
    """Returns: the root."""
    root.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


def write_zip(path: Path, files: Mail, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Returns: the archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: Mail, form: int = tarfile.PAX_FORMAT) -> Path:
    """Packed as its name says. Returns: the archive."""
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz", format=form) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def emlx(message: bytes, flags: int = 1, received: int = 1_500_000_000) -> bytes:
    """As Apple Mail writes it: with LF, in a field of eleven octets and before a property list."""
    kept = message.replace(b"\r\n", b"\n")
    properties = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
\t<key>conversation-id</key>
\t<integer>42</integer>
\t<key>date-received</key>
\t<integer>{received}</integer>
\t<key>flags</key>
\t<integer>{flags}</integer>
\t<key>remote-id</key>
\t<string>7</string>
</dict>
</plist>
"""
    return b"%-10d\n" % len(kept) + kept + properties.encode()


@dataclass(frozen=True)
class Found:
    """A message, as it would be copied."""

    folder: str
    octets: bytes
    flags: frozenset[str]
    instant: int | None


@contextmanager
def opened(path: Path, spool_folder: Path | None = None) -> Iterator[EmlArchive]:
    """A mailbox, closed in the end."""
    archive = EmlArchive(path, spool_folder)
    try:
        yield archive
    finally:
        archive.close()


def contents(path: Path, folder: bytes = b"INBOX") -> Contents[File]:
    """What lies in a folder."""
    with opened(path) as archive:
        return archive.contents(folder)


def folders(path: Path) -> list[ArchiveFolder]:
    """All that there are."""
    with opened(path) as archive:
        return [*archive.folders()]


def octets_of(archive: EmlArchive, item: Item[File]) -> bytes:
    """Of a message that is there."""
    content = archive.read(b"", item, None)
    assert content is not None
    with closing(content):
        return b"".join(content.chunks())


def found_in(path: Path, spool_folder: Path | None = None) -> list[Found]:
    """All messages, in the order of folders and listings. Raises MailError for the first that cannot be read."""
    with opened(path, spool_folder) as archive:
        return [
            Found("/".join(folder.path), octets_of(archive, item), item.flags, item.instant)
            for folder in archive.folders()
            for item in archive.contents(folder.name).items
        ]


def octets_in(path: Path) -> dict[str, list[bytes]]:
    """Of all messages, by folder."""
    found: dict[str, list[bytes]] = {}
    for each in found_in(path):
        found.setdefault(each.folder, []).append(each.octets)
    return found


def left_out(path: Path) -> dict[str, dict[str, int]]:
    """What is no mail, by folder and reason."""
    with opened(path) as archive:
        return {
            "/".join(folder.path): {each.reason: each.items for each in excluded}
            for folder in archive.folders()
            if (excluded := archive.contents(folder.name).excluded)
        }


def damage_of(path: Path) -> dict[str, MailError]:
    """What reading all messages ends with, by the paths of the files that cannot be read."""
    failed: dict[str, MailError] = {}
    with opened(path) as archive:
        for folder in archive.folders():
            for item in archive.contents(folder.name).items:
                try:
                    octets_of(archive, item)
                except MailError as error:
                    failed[item.place.path.decode("latin-1")] = error
    return failed
