"""Which folders of a mailbox the folders on disk, or in an archive, are."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tui_migrate.errors import FileDamaged, FolderDamaged
from tui_migrate.mail.eml.files import Files, Vanished
from tui_migrate.mail.files.archive import ArchiveFolder
from tui_migrate.mail.packed.bounds import text
from tui_migrate.mail.roles import role_of_name

INBOX = b"INBOX"
_MOST = 100_000
_APPLE = (b".mbox", b".imapmbox")
"""What the folders of Apple Mail end with. All that lies in one is its own, but for further such folders."""


def places(files: Files, *, in_apple: bool) -> dict[bytes, list[bytes]]:
    """By the name of each folder of the mailbox, where its messages lie; the inbox always is there. `in_apple`: all of
    it is one folder of Apple Mail. Raises FileDamaged when there are too many."""
    found: dict[bytes, list[bytes]] = {INBOX: []}
    for number, place in enumerate(_walk(files)):
        if number == _MOST:
            raise FileDamaged(f"There are more than {_MOST:,} folders.")
        found.setdefault(_name(place, in_apple), []).append(place)
    return {name: sorted(found[name]) for name in sorted(found, key=lambda name: (name != INBOX, name))}


def is_apple(name: str) -> bool:
    """True for what Apple Mail calls its folders."""
    return name.lower().endswith(tuple(each.decode() for each in _APPLE))


def described(name: bytes) -> ArchiveFolder:
    """With the role that its name tells at the top. Files know nothing of subscriptions: all folders have one, since
    mail programs hide what has none."""
    path = tuple(unicodedata.normalize("NFC", text(part)) for part in name.split(b"/"))
    role = role_of_name(path[0]) if len(path) == 1 else None
    return ArchiveFolder(name, path, role, role_by_name=role is not None, subscribed=True)


def _walk(files: Files) -> Iterator[bytes]:
    waiting = [b""]
    while waiting:
        yield (place := waiting.pop())
        try:
            names = set(files.subfolders(place))
        except (FolderDamaged, Vanished):
            continue  # who wants to know what lies in it is told why
        if b"Messages" in names:
            names.discard(b"Attachments")  # of the messages, which are read with them
        names.discard(b"__MACOSX")  # twins of all files, without their content
        waiting += [b"%b/%b" % (place, name) if place else name for name in names]


def _name(place: bytes, in_apple: bool) -> bytes:
    parts = []
    for part in place.split(b"/") if place else ():
        stem, dot, ending = part.rpartition(b".")
        if stem and (dot + ending).lower() in _APPLE:
            in_apple = True
            parts.append(stem)
        elif not in_apple:
            parts.append(part)
    if parts and parts[0].upper() == INBOX:
        parts[0] = INBOX
    return b"/".join(parts) or INBOX
