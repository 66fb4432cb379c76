"""Which folders a Maildir has, and what they are called, however they lie in each other.

Maildir++ has them side by side, with a dot before each level (`.Sent.2024`); Dovecot's `fs` and mbsync's `Verbatim`
have them in each other (`Sent/2024`); mbsync's `Legacy` has a dot before those that lie in another (`Sent/.2024`).
A directory is a folder when it has a `cur` or a `new`, and that is all that is asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_migrate.mail.imap.names import decode
from tui_migrate.mail.maildir.folder import CUR, NEW, TMP
from tui_migrate.mail.maildir.small import is_directory, open_directory

INBOX = "INBOX"
_DEEPEST = 60
"""Levels. More of them are no mailbox, and paths have an end."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, by where it lies."""

    where: str
    """Below the mailbox's own directory; empty for that itself."""
    path: tuple[str, ...]
    """Decoded; ("INBOX",) for the inbox."""
    is_inbox: bool = False
    is_link: bool = False
    """True where another directory is shown there, which nobody looks into."""

    @property
    def name(self) -> bytes:
        """For the journal: of no other folder of the mailbox."""
        if self.is_inbox:
            return INBOX.encode()
        name = os.fsencode(self.where)
        return b"./" + name if name.upper() == INBOX.encode() else name


def is_folder(descriptor: int) -> bool:
    """True for the directory of a folder."""
    return is_directory(CUR, descriptor) or is_directory(NEW, descriptor)


def places(root: int) -> list[Place]:
    """The folders of a mailbox, the inbox first. Raises OSError."""
    found = sorted(_below(root, "", ()), key=lambda each: each.path)
    if is_folder(root):
        return [Place("", (INBOX,), is_inbox=True), *found]
    inbox = next((each for each in found if each.path == (INBOX,)), None)
    if inbox is None:
        return found
    return [replace(inbox, is_inbox=True), *(each for each in found if each is not inbox)]


def is_nested(found: list[Place]) -> bool:
    """True where folders lie in each other's directories."""
    return any(each.where and not each.where.startswith(".") for each in found)


def _below(above: int, where: str, path: tuple[str, ...]) -> Iterator[Place]:
    with os.scandir(above) as entries:
        named = [(each.name, each.is_symlink()) for each in entries if each.is_dir()]
    for name, is_link in named:
        if name in (CUR, NEW, TMP):
            continue
        inside = f"{where}/{name}" if where else name
        levels = (*path, *_levels(name, nested=bool(path)))
        if levels[0].upper() == INBOX:
            levels = (INBOX, *levels[1:])
        if is_link:
            if is_directory(f"{name}/{CUR}", above):
                yield Place(inside, levels, is_link=True)
            continue
        try:
            opened = open_directory(name, above)
        except PermissionError:
            yield Place(inside, levels)  # whether it is one cannot be seen, and shall not stay unsaid
            continue
        except FileNotFoundError:
            continue
        try:
            if is_folder(opened):
                yield Place(inside, levels)
            if len(levels) < _DEEPEST and (path or not name.startswith(".")):
                yield from _below(opened, inside, levels)
        finally:
            os.close(opened)


def _levels(name: str, *, nested: bool) -> tuple[str, ...]:
    """What a directory adds to the path of the one that it lies in."""
    if name.startswith("."):
        parts = [name[1:]] if nested else name[1:].split(".")
        if all(parts):
            return tuple(decode(os.fsencode(part)) for part in parts)
    return (decode(os.fsencode(name)),)
