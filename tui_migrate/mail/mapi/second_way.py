"""The second way to signed and encrypted mail, of which Exchange makes no MIME: its header, and its one attachment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.attachments import Method
from tui_migrate.mail.mapi.dates import moment
from tui_migrate.mail.mapi.item import Item, Properties, Value
from tui_migrate.mail.mapi.mime import write_mime
from tui_migrate.mail.mapi.smime import protected
from tui_migrate.mail.message import Content
from tui_migrate.mail.spool import gather

TO, CC, BCC = 1, 2, 3
"""Kinds of recipients (MS-OXOMSG section 2.2.3.1.2)."""

Person = tuple[str, str]
"""Name and address."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a server tells of an item; empty: nothing."""

    message_class: str
    headers: str
    """That it came with; of what was sent from here there are none, and they are made from the rest."""
    subject: str
    message_id: str
    sender: Person
    sent: str
    """ISO 8601."""
    recipients: Mapping[int, Sequence[Person]]
    """By kind."""


def made(key: str, told: Told, data: Content, spool_folder: Path | None) -> Content | None:
    """The message as it was sent; None where it is neither signed nor encrypted. `key`: its own, and always the same;
    `data`: of its one attachment."""
    message = _Message(key, told, data)
    if protected(message) is None:
        return None

    def pump(take: Callable[[bytes], object]) -> None:
        write_mime(message, take)

    return gather(pump, spool_folder)


class _File:
    """What is attached."""

    embedded: Item | None = None

    def __init__(self, content: Content) -> None:
        self.properties: Properties = {tags.ATTACH_METHOD: Method.BY_VALUE}
        self._content = content

    def data(self) -> Iterator[bytes]:
        return self._content.chunks()


class _Message:
    """The item, as the builder of mail wants it."""

    keywords: Sequence[str] = ()
    codepage = "utf-8"

    def __init__(self, key: str, told: Told, data: Content) -> None:
        self.key = key
        self.properties = _properties(told)
        self.recipients = [_recipient(kind, *person) for kind, persons in told.recipients.items() for person in persons]
        self.attachments = (_File(data),)


def _properties(told: Told) -> Properties:
    name, address = told.sender
    found: dict[int, Value] = {
        tags.MESSAGE_CLASS: told.message_class,
        tags.TRANSPORT_HEADERS: told.headers,
        tags.SUBJECT: told.subject,
        tags.MESSAGE_ID: told.message_id,
        tags.FROM_NAME: name,
        tags.FROM_TYPE: "SMTP",
        tags.FROM_ADDRESS: address,
    }
    with contextlib.suppress(ValueError, OverflowError):
        found[tags.SUBMIT_TIME] = moment(int(datetime.fromisoformat(told.sent).timestamp()))
    return found


def _recipient(kind: int, name: str, address: str) -> Properties:
    return {
        tags.RECIPIENT_TYPE: kind,
        tags.DISPLAY_NAME: name,
        tags.ADDRESS_TYPE: "SMTP",
        tags.EMAIL_ADDRESS: address,
    }
