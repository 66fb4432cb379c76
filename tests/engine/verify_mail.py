"""Mail that is verified at the other end."""

from __future__ import annotations

from tests.servers.maildir import MailItem

DAY = 1_600_000_000
SEEN = frozenset({"\\Seen"})


def item(subject: str, folder: str = "INBOX", body: str = "hello", **changes: object) -> MailItem:
    content = f"Subject: {subject}\r\nFrom: a@old.example\r\n\r\n{body}\r\n".encode()
    values = {"flags": SEEN, "instant": DAY, **changes}
    return MailItem(folder, content, **values)  # type: ignore[arg-type]


ITEMS = [item(f"mail {number}", folder) for folder in ("INBOX", "Work", "Work/2019") for number in range(5)]
