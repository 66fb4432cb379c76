"""Directories are made, and files are given to whom the mailbox belongs: this program may run as root."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.mail.maildir.folder import CUR, NEW, TMP
from tui_migrate.mail.maildir.small import open_directory

_PRIVATE = 0o700
_OF_FILES = 0o666


@dataclass(frozen=True, slots=True)
class Owner:
    """Of a directory, and of what is put into it."""

    user: int
    group: int
    mode: int
    """Of directories; files have the same, but that nobody runs them."""

    @classmethod
    def of(cls, directory: int) -> Owner:
        """Raises OSError."""
        told = os.fstat(directory)
        return cls(told.st_uid, told.st_gid, stat.S_IMODE(told.st_mode))

    def give(self, descriptor: int) -> None:
        """What was made just now, as far as the system lets us: only root gives files away. Raises OSError."""
        told = os.fstat(descriptor)
        if (told.st_uid, told.st_gid) != (self.user, self.group):
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, self.user, self.group)
        mode = self.mode if stat.S_ISDIR(told.st_mode) else self.mode & _OF_FILES
        if stat.S_IMODE(told.st_mode) != mode:
            os.fchmod(descriptor, mode)


def make_mailbox(path: Path) -> None:
    """Its directory, and those above it that are missing, for nobody but whom the one above belongs to. Raises
    OSError."""
    if not path.parent.is_dir():
        make_mailbox(path.parent)
    above = open_directory(str(path.parent))
    try:
        _make(path.name, above, Owner(os.fstat(above).st_uid, os.fstat(above).st_gid, _PRIVATE))
    finally:
        os.close(above)


def make_folder(where: str, root: int) -> None:
    """A folder, with all that it needs; what is there of it stays as it is. Raises OSError."""
    owner = Owner.of(root)
    opened = os.dup(root)
    try:
        for name in where.split("/") if where else ():
            _make(name, opened, owner)
            below = open_directory(name, opened)
            os.close(opened)
            opened = below
        made = [_make(part, opened, owner) for part in (TMP, NEW, CUR)]  # the last one makes a folder of it
        if all(made) and where.startswith("."):
            _mark(opened, owner)
    finally:
        os.close(opened)


def _make(name: str, above: int, owner: Owner) -> bool:
    """False: it is there."""
    try:
        os.mkdir(name, _PRIVATE, dir_fd=above)
    except FileExistsError:
        return False
    made = open_directory(name, above)
    try:
        owner.give(made)
    finally:
        os.close(made)
    os.fsync(above)
    return True


def _mark(folder: int, owner: Owner) -> None:
    """By this file Maildir++ tells that a folder lies in a mailbox, and is none of its own."""
    made = os.open("maildirfolder", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        owner.give(made)
    finally:
        os.close(made)
