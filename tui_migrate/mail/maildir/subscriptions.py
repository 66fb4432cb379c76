"""Which folders a user has subscribed to, as Dovecot and Courier keep it beside the mail."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.mail.imap.names import decode
from tui_migrate.mail.maildir.layout import INBOX
from tui_migrate.mail.maildir.small import lines_of, octets_of, text_of

DOVECOT, COURIER = "subscriptions", "courierimapsubscribed"
SECOND_VERSION = b"V\t2\n"
"""Dovecot's first line where levels are separated by tabs. There is none where they are as on the wire."""


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
