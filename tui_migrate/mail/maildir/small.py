"""Directories and files of a mailbox are opened from the one above, and no link is followed: whoever owns the mailbox
could put one there that leads to other people's files, and this program may run as root."""

from __future__ import annotations

import os
import stat

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MOST = 1 << 28


def open_directory(name: str, above: int | None = None) -> int:
    """A descriptor of the directory at the end of this path. Raises OSError."""
    opened = os.open(name.partition("/")[0] if above is not None else name, _DIRECTORY, dir_fd=above)
    below = name.partition("/")[2] if above is not None else ""
    if not below:
        return opened
    try:
        return open_directory(below, opened)
    finally:
        os.close(opened)


def open_file(name: str, above: int) -> int:
    """A descriptor of a regular file. Raises OSError."""
    opened = os.open(name, _FILE, dir_fd=above)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(0, "it is no regular file")
    return opened


def is_directory(name: str, above: int) -> bool:
    """True when there is a directory of this name."""
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode)
    except OSError:
        return False


def names_in(directory: int) -> list[str]:
    """What lies there. Raises OSError."""
    with os.scandir(directory) as entries:
        return [each.name for each in entries]


def octets_of(name: str, above: int) -> bytes:
    """What stands in a file that some server keeps beside the mail; nothing where there is none. Raises OSError."""
    try:
        opened = open_file(name, above)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    with os.fdopen(opened, "rb") as file:
        return file.read(_MOST)


def lines_of(name: str, above: int) -> list[str]:
    """The same in lines. Raises OSError."""
    return [text_of(line) for line in octets_of(name, above).split(b"\n")]


def text_of(octets: bytes) -> str:
    """As an admin reads it: what is no UTF-8 is from a time before."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
