"""Mail behind POP, and the account list's place for it."""

from __future__ import annotations

from tests.engine.support import Keys, plain
from tests.servers.maildir import MailItem

FIRST = 1_562_061_600
"""Tue, 2 Jul 2019 10:00:00 +0000."""


def mail(number: int, body: bytes = b"text\r\n", header: bytes = b"") -> MailItem:
    """A message that says in its header when it came; the file's date is another one."""
    received = b"Received: from a by b; Tue, 2 Jul 2019 10:%02d:%02d +0000\r\n" % divmod(number % 3600, 60)
    content = b"%sMessage-ID: <%d@old.example>\r\n%s\r\n%s" % (received, number, header, body)
    return MailItem("INBOX", content, frozenset({"\\Seen"} if number % 2 else ()), FIRST + number % 3600)


def pop(port: int, **keys: object) -> Keys:
    return {**plain(port, **keys), "protocol": "pop"}
