"""Files and folders that are ours: opened without following a link, or refused.

Who can write into a folder beside us may lay a link in the place of a file that we are about to make, empty or protect,
and its target would be made, emptied or protected instead: as root, any file of the machine.
"""

from __future__ import annotations

import errno
import getpass
import os
import pwd
import stat
from pathlib import Path

from tui_migrate.errors import StoreUnusable

_LINK = "is a link, which is not followed here: put the file or folder itself in its place"


def open_own(path: Path, flags: int) -> int:
    """A descriptor of this regular file; one that is made (O_CREAT) is for its owner alone (0600).

    Raises StoreUnusable when it is a link, is no file, belongs to somebody else, or is to be written and has another
    name besides; OSError when it cannot be opened."""
    try:
        handle = os.open(
            path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600
        )  # a pipe must not hold us up
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreUnusable(f"{path} {_LINK}.") from error
        raise
    try:
        _check_file(path, os.fstat(handle), written=bool(flags & (os.O_WRONLY | os.O_RDWR)))
    except BaseException:
        os.close(handle)
        raise
    return handle


def check_own_file(path: Path) -> None:
    """Check a file that somebody else must open, by its name, as `open_own` does. One that is not there is right.
    Raises StoreUnusable."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    _check_file(path, found, written=True)


def make_own_folder(path: Path) -> None:
    """A folder for its owner alone (0700), made where it is not there. Raises StoreUnusable, and OSError."""
    path.mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise StoreUnusable(f"{path} {_LINK}.") from error
        raise
    try:
        _check_owner(path, os.fstat(handle))
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def check_shared_folder(path: Path) -> None:
    """A folder that may be shared on purpose: by its group, never by everybody, who could exchange what is in it.

    Raises StoreUnusable."""
    for found in {path.lstat().st_uid, path.stat().st_uid}:
        if found not in (os.geteuid(), 0):
            raise _of_another(path, found)
    mode = path.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise StoreUnusable(f"Everybody can write into {path}, and exchange the files in it: chmod o-w it.")


def user_name() -> str:
    """Who works here, as the audit trail calls him: a container may run as a user that has a number alone."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # before and since Python 3.13
        return _name(os.geteuid())


def _check_file(path: Path, found: os.stat_result, *, written: bool) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise StoreUnusable(f"{path} {_LINK}.")
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnusable(f"{path} is no file.")
    _check_owner(path, found)
    if written and found.st_nlink > 1:
        raise StoreUnusable(f"{path} is a file that has another name elsewhere (a hard link): move one of them away.")


def _check_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise _of_another(path, found.st_uid)


def _of_another(path: Path, owner: int) -> StoreUnusable:
    return StoreUnusable(
        f"{path} belongs to {_name(owner)}: run tui-migrate as that user, or name another folder with --data-dir."
    )


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"the user number {user}"
