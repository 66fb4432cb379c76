"""Writes mbox files as the programs do that there are, and reads a mailbox of such files back, as a multiset."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from tests.servers.maildir import MailItem, crlf
from tui_migrate.mail.mbox.archive import MboxArchive
from tui_migrate.mail.message import Content

NEW_YEAR = int(datetime(2020, 1, 1, 12, 0, tzinfo=UTC).timestamp())


class Quoting(Enum):
    """What a program does to lines that begin with `From `, and whether it says how long a message is."""

    MBOXO = "mboxo"
    MBOXRD = "mboxrd"
    MBOXCL = "mboxcl"
    MBOXCL2 = "mboxcl2"
    NONE = "none"


@dataclass(frozen=True)
class Letter:
    """A message in an mbox file. Lines end with LF."""

    octets: bytes
    stored: str = ""
    """Fields that a program has added, each with its line end."""
    separator: str = ""
    """Without its line end; empty: one of `NEW_YEAR`."""


def mail(subject: str, body: str = "Hello.\n", fields: str = "") -> bytes:
    """A usual message."""
    head = f"From: anna@old.example\nTo: bob@old.example\nSubject: {subject}\nMessage-ID: <{subject}@old.example>\n"
    return f"{head}{fields}\n{body}".encode()


def mbox(letters: Iterable[Letter | bytes], quoting: Quoting = Quoting.MBOXO) -> bytes:
    """A file of these."""
    return b"".join(_written(each if isinstance(each, Letter) else Letter(each), quoting) for each in letters)


def separator(instant: int = NEW_YEAR, zone: str = "", sender: str = "anna@old.example") -> str:
    """As ctime(3) has the date, in UTC; `zone` stands before the year."""
    moment = datetime.fromtimestamp(instant, UTC)
    return f"From {sender} {moment:%a %b} {moment.day:2} {moment:%H:%M:%S} {zone + ' ' if zone else ''}{moment:%Y}"


def contents(archive: MboxArchive) -> Counter[MailItem]:
    """All messages by folder, with octets, flags and date; -1: the message's own header tells."""
    items: Counter[MailItem] = Counter()
    for folder in archive.folders():
        for item in archive.contents(folder.name).items:
            content = archive.read(folder.name, item, None)
            assert content is not None
            instant = -1 if item.instant is None else item.instant
            items[MailItem("/".join(folder.path), octets(content), item.flags, instant)] += 1
    return items


def read_back(path: Path) -> Counter[MailItem]:
    """The same of what lies there."""
    with closing(MboxArchive(path)) as archive:
        return contents(archive)


def messages(path: Path) -> Counter[bytes]:
    """Their octets alone."""
    return Counter(each.content for each in read_back(path).elements())


def expected(letters: Iterable[bytes]) -> Counter[bytes]:
    """Messages as they are to arrive."""
    return Counter(map(crlf, letters))


def names(path: Path, folder: bytes = b"INBOX") -> list[str]:
    """What the messages of a folder are known by."""
    with closing(MboxArchive(path)) as archive:
        return [each.name for each in archive.contents(folder).items]


def octets(content: Content) -> bytes:
    """All of them."""
    with closing(content):
        return b"".join(content.chunks())


def folders(path: Path) -> list[str]:
    """Readable paths, in their order."""
    with closing(MboxArchive(path)) as archive:
        return ["/".join(each.path) for each in archive.folders()]


def write_tree(root: Path, files: dict[str, Sequence[Letter | bytes] | bytes]) -> Path:
    """Files below `root`: mbox files of these letters, or these octets. Returns: the root."""
    for name, inside in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(inside if isinstance(inside, bytes) else mbox(inside))
    return root


def _written(letter: Letter, quoting: Quoting) -> bytes:
    head, _, body = letter.octets.partition(b"\n\n")
    if quoting in (Quoting.MBOXO, Quoting.MBOXCL):
        body = re.sub(rb"(?m)^From ", b">From ", body)
    elif quoting is Quoting.MBOXRD:
        body = re.sub(rb"(?m)^(>*From )", rb">\1", body)
    length = b"Content-Length: %d\n" % len(body) if quoting in (Quoting.MBOXCL, Quoting.MBOXCL2) else b""
    line = (letter.separator or separator()).encode()
    return line + b"\n" + letter.stored.encode() + head + b"\n" + length + b"\n" + body + b"\n"
