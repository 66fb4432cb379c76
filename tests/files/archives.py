"""One mailbox as files of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.files.mbox import Letter, mbox, separator
from tests.files.pst.mailbox import write_pst
from tests.servers.maildir import INBOX, MailItem, write_maildir


def as_mboxes(path: Path, items: Iterable[MailItem]) -> None:
    """A folder of files, one for each folder of mail."""
    path.mkdir()
    found: dict[str, list[Letter]] = {}
    for item in items:
        status = "Status: RO\n" if "\\Seen" in item.flags else ""
        letter = Letter(item.content.replace(b"\r\n", b"\n"), status, separator(item.instant))
        found.setdefault(item.folder, []).append(letter)
    for name, letters in found.items():
        (path / name).write_bytes(mbox(letters))


def as_emls(path: Path, items: Iterable[MailItem]) -> None:
    """A directory for each folder of mail, a file for each message."""
    for number, item in enumerate(items):
        place = path if item.folder == INBOX else path / item.folder
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.eml").write_bytes(item.content)


def as_maildir(path: Path, items: Iterable[MailItem]) -> None:
    """Maildir++."""
    path.mkdir()
    write_maildir(path, ".", items)


ARCHIVES: Mapping[str, Callable[[Path, Iterable[MailItem]], None]] = {
    "mbox": as_mboxes,
    "eml": as_emls,
    "maildir": as_maildir,
    "pst": write_pst,
}
"""By kind of mailbox. Folders have names of one level."""
