"""Items as Outlook keeps them, made in memory, and the mail that is made of them."""

from __future__ import annotations

import email
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default

from tui_migrate.mail.mapi.item import Attachment, Item, Properties, Value
from tui_migrate.mail.mapi.mime import write_mime


@dataclass
class MadeAttachment:
    """An attachment. What stands in `properties` wins over what is made of the other fields."""

    content: bytes = b""
    name: str = ""
    method: int = 1
    item: Item | None = None
    more: dict[int, Value] = field(default_factory=dict)
    pieces: int = 1000

    @property
    def properties(self) -> Properties:
        named: dict[int, Value] = {0x3707: self.name} if self.name else {}
        return {0x3705: self.method, **named, **self.more}

    @property
    def embedded(self) -> Item | None:
        return self.item

    def data(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), self.pieces):
            yield self.content[start : start + self.pieces]


@dataclass
class MadeItem:
    """An item."""

    properties: Properties
    recipients: Sequence[Properties] = ()
    attachments: Sequence[Attachment] = ()
    keywords: Sequence[str] = ()
    codepage: str = "cp1252"
    key: str = "item 1"


def octets(item: Item) -> bytes:
    """The mail that an item is."""
    pieces: list[bytes] = []
    write_mime(item, pieces.append)
    return b"".join(pieces)


def mail(item: Item) -> EmailMessage:
    """The same as the standard library reads it. None of it may be odd."""
    message = email.message_from_bytes(octets(item), policy=default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert not part.defects, part.defects
    return message


def filetime(moment: datetime) -> int:
    """100 ns since 1601."""
    return int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000


def person(name: str, address: str, kind: int = 1) -> Properties:
    """A row of the table of recipients."""
    return {0x3001: name, 0x3002: "SMTP", 0x3003: address, 0x39FE: address, 0x0C15: kind}


def content(part: Message) -> str | bytes:
    """What is in a part: text with line ends as Python has them."""
    assert isinstance(part, EmailMessage)
    found: str | bytes = part.get_content()
    return found.replace("\r\n", "\n") if isinstance(found, str) else found
