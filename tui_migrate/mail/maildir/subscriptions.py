"""Which folders a user has subscribed to, as Dovecot and Courier keep it beside the mail."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui_migrate.mail.imap.names import decode
from tui_migrate.mail.maildir.layout import INBOX
from tui_migrate.mail.maildir.letters import replace_file
from tui_migrate.mail.maildir.making import Owner
from tui_migrate.mail.maildir.small import lines_of, octets_of, text_of

DOVECOT, COURIER = "subscriptions", "courierimapsubscribed"
SECOND_VERSION = b"V\t2\n"
"""Dovecot's first line, where levels are separated by tabs. There is none where they are as on the wire."""

_LOCK = f"{DOVECOT}.lock"
_PATIENCE, _OLD = 10.0, 30.0
"""Seconds."""


def subscribed(root: int, delimiter: str) -> set[tuple[str, ...]]:
    """The paths of the folders. `delimiter`: between levels in names. Raises OSError."""
    return {*_of_dovecot(root, delimiter), *_of_courier(root)}


def _of_dovecot(root: int, delimiter: str) -> Iterator[tuple[str, ...]]:
    written = octets_of(DOVECOT, root)
    separator = "\t" if written.startswith(SECOND_VERSION) else delimiter
    for line in written.split(b"\n"):
        yield _path(text_of(line), separator)


def _of_courier(root: int) -> Iterator[tuple[str, ...]]:
    for line in lines_of(COURIER, root):
        yield _path(line.removeprefix(f"{INBOX}.") if line != INBOX else line, ".")


def _path(line: str, separator: str) -> tuple[str, ...]:
    path = tuple(decode(part.encode()) for part in line.split(separator))
    return (INBOX, *path[1:]) if path[0].upper() == INBOX else path


def subscribe(name: bytes, delimiter: str, root: int) -> None:
    """Add a folder, by its name as on the wire. Dovecot may do the same at this moment: it makes the new file under
    the name that says so. Raises OSError."""
    if not octets_of(DOVECOT, root) and (written := octets_of(COURIER, root)):
        line = name if name == INBOX.encode() else f"{INBOX}.".encode() + name
        _add(COURIER, line, written, root)
        return
    with _locked(root):
        written = octets_of(DOVECOT, root)
        second = written.startswith(SECOND_VERSION)
        _add(DOVECOT, name.replace(delimiter.encode(), b"\t") if second else name, written, root)


def _add(file: str, line: bytes, written: bytes, root: int) -> None:
    if line in written.split(b"\n"):
        return
    start = written if not written or written.endswith(b"\n") else written + b"\n"
    replace_file(file, start + line + b"\n", root, Owner.of(root))


@contextmanager
def _locked(root: int) -> Iterator[None]:
    """Waits for others. A lock that is older than any that is held was left by one that was killed."""
    began = time.monotonic()
    while True:
        try:
            os.close(os.open(_LOCK, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=root))
            break
        except FileExistsError:
            if time.monotonic() - began > _PATIENCE or _is_old(root):
                with suppress(FileNotFoundError):
                    os.unlink(_LOCK, dir_fd=root)
            time.sleep(0.01)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            os.unlink(_LOCK, dir_fd=root)


def _is_old(root: int) -> bool:
    try:
        return time.time() - os.stat(_LOCK, dir_fd=root, follow_symlinks=False).st_mtime > _OLD
    except FileNotFoundError:
        return False
