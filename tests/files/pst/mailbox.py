"""A file of Outlook with plain mail in it, from the messages of a mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.files.pst.store import MadeFolder, MadeMessage, MadeStore, pst
from tests.servers.maildir import INBOX, MailItem

_EPOCH = 11_644_473_600
"""Seconds from 1601 to 1970."""


def write_pst(path: Path, items: Iterable[MailItem]) -> None:
    """Folders are called as they are; the inbox is `Inbox`."""
    folders: dict[str, list[MadeMessage]] = {}
    for item in items:
        folders.setdefault(item.folder, []).append(_message(item))
    named = [MadeFolder("Inbox" if name == INBOX else name, found) for name, found in folders.items()]
    path.write_bytes(pst(MadeStore(named)))


def _message(item: MailItem) -> MadeMessage:
    headers, _, body = item.content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").partition(b"\r\n\r\n")
    text = headers.decode("utf-8", "replace") + "\r\n\r\n"
    subject = next((line[9:] for line in text.split("\r\n") if line.startswith("Subject: ")), "")
    return MadeMessage(
        {
            0x001A001F: "IPM.Note",
            0x0037001F: subject,
            0x007D001F: text,
            0x0E060040: (item.instant + _EPOCH) * 10_000_000,
            0x0E070003: 1 if "\\Seen" in item.flags else 0,
            0x0E080003: len(item.content),
            0x1000001F: body.decode("utf-8", "replace"),
        }
    )
