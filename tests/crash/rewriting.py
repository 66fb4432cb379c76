"""Destinations that rewrite what they are given, and mail that is easily taken for other mail."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.faults.fault import Fault
from tests.servers.imap.server import MODERN
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.servers.session import Session

ONE_BY_ONE = MODERN.replace(" MULTIAPPEND", "")
Rewrite = Callable[[bytes], bytes]


def fields_of(header: bytes) -> list[bytes]:
    return re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]+)*", header)


def encode(header: bytes) -> bytes:
    def word(found: re.Match[bytes]) -> bytes:
        return b"=?utf-8?B?" + b64encode(found[0]) + b"?="

    return re.sub(rb"[\x80-\xff]+", word, header)


KINDS: dict[str, Rewrite] = {
    "add": lambda header: b"\r\n".join(filter(None, [b"Received: from us by them\r\nX-New: 1", header, b"X-Last: 2"])),
    "drop": lambda header: b"\r\n".join(f for f in fields_of(header) if not f.startswith((b"X-", b"Received"))),
    "reorder": lambda header: b"\r\n".join(sorted(fields_of(header))),
    "encode": encode,
    "all": lambda header: KINDS["add"](KINDS["encode"](KINDS["drop"](KINDS["reorder"](header)))),
}


def mailbox(twins: bool = True) -> Mailbox:
    """Mail that is easily taken for other mail."""
    box = Mailbox()
    folder = box.folder("INBOX")
    for number in range(60):
        subject = ["plain", "Grüße aus Köln", "Привет"][number % 3]
        head = (
            f"X-Odd: {number}\r\nDate: Mon, 1 Jan 2024 00:00:{number % 5:02} +0000\r\nSubject: {subject} {number // 5}"
        )
        identity = f"\r\nMessage-ID: <{number}@b.example>" if number % 4 else ""
        folder.add(
            f"{head}{identity}\r\n\r\ntext {number}\r\n".encode(), date=f"01-Jan-2024 10:00:{number % 7:02} +0000"
        )
    if not twins:
        return box
    one = b"X-A: 1\r\nDate: Tue, 2 Jan 2024 00:00 +0000\r\nMessage-ID: <twin@b.example>\r\nSubject: twin\r\n\r\none\r\n"
    for message in (
        one,
        one,
        one.replace(b"one\r\n", b"two\r\n"),
        one,
        b"X-B: 1\r\n\r\n",
        one.replace(b"one\r\n", b""),
    ):
        folder.add(message)
    return box


def stored(box: Mailbox, rewrite: Rewrite) -> Counter[bytes]:
    """What shall lie at the destination."""

    def rewritten(octets: bytes) -> bytes:
        header, end, body = octets.partition(b"\r\n\r\n")
        return rewrite(header) + end + body

    return Counter(rewritten(message.octets) for message in box.folder("INBOX").messages)


def there(box: Mailbox) -> Counter[bytes]:
    return Counter(message.octets for message in box.folder("INBOX").messages)


@dataclass
class Strike(Fault):
    """Calls `strike` when the nth message has been stored, before anybody hears of it."""

    strike: Callable[[], None] = lambda: None
    nth: int = 0
    count: int = field(default=0, init=False)
    """Messages that were to be stored."""

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        self.count += 1
        if self.count == self.nth:
            self.strike()
        return True
