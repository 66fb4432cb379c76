"""Mail of a given size."""

from __future__ import annotations

from tests.servers.maildir import MailItem


def item(size: int, folder: str = "INBOX", instant: int = 1_600_000_000) -> MailItem:
    head = f"Subject: {size} in {folder}\r\n\r\n".encode()
    return MailItem(folder, head + b"x" * (size - len(head) - 2) + b"\r\n", frozenset({"\\Seen"}), instant)
