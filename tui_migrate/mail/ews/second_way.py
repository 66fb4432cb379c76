"""The second way to signed and encrypted mail, of which Exchange makes no MIME: its header, and its one attachment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from tui_migrate.errors import CommandRefused
from tui_migrate.mail.ews import requests
from tui_migrate.mail.ews.answers import Element
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Item, Properties, Value
from tui_migrate.mail.mapi.mime import write_mime
from tui_migrate.mail.mapi.smime import protected
from tui_migrate.mail.message import Content
from tui_migrate.mail.spool import gather

_BY_VALUE = 1
_RECIPIENTS = {1: "ToRecipients", 2: "CcRecipients", 3: "BccRecipients"}
_EPOCH, _SECOND = 116_444_736_000_000_000, 10_000_000
"""1970 as PtypTime, and a second."""


def made(session: EwsSession, item: str, spool_folder: Path | None) -> Content | None:
    """A signed or encrypted message, as it was sent; None where the item is none such, or does not tell. Raises
    MailError."""
    try:
        told = session.ask_one(requests.get_parts(item)).find("Items")
        element = told.children[0] if told and told.children else None
        attached = element.find("Attachments") if element else None
        if element is None or attached is None or len(attached.children) != 1:
            return None
        named = attached.children[0].find("AttachmentId")
        if attached.children[0].name != "FileAttachment" or named is None:
            return None
        answer = session.ask_one(requests.get_attachment(named.attributes.get("Id", "")))
    except CommandRefused:
        return None
    data = next((each.octets for each in answer.walk() if each.octets is not None), None)
    if data is None:
        return None
    try:
        message = _Message(item, _properties(element), _people(element), data)
        if protected(message) is None:
            return None

        def pump(take: Callable[[bytes], object]) -> None:
            write_mime(message, take)

        return gather(pump, spool_folder)
    finally:
        answer.close()


class _File:
    """What is attached."""

    embedded: Item | None = None

    def __init__(self, content: Content) -> None:
        self.properties: Properties = {tags.ATTACH_METHOD: _BY_VALUE}
        self._content = content

    def data(self) -> Iterator[bytes]:
        return self._content.chunks()


class _Message:
    """The item, as the builder of mail wants it."""

    keywords: Sequence[str] = ()
    codepage = "utf-8"

    def __init__(self, key: str, properties: Properties, recipients: Sequence[Properties], data: Content) -> None:
        self.key = key
        self.properties = properties
        self.recipients = recipients
        self.attachments = (_File(data),)


def _properties(element: Element) -> Properties:
    """The header that it came with; of what was sent from here there is none, and it is made from these."""
    name, address = _person(element.find("From", "Mailbox"))
    found: dict[int, Value] = {
        tags.MESSAGE_CLASS: element.told("ItemClass"),
        tags.TRANSPORT_HEADERS: element.told("ExtendedProperty", "Value"),
        tags.SUBJECT: element.told("Subject"),
        tags.MESSAGE_ID: element.told("InternetMessageId"),
        tags.FROM_NAME: name,
        tags.FROM_TYPE: "SMTP",
        tags.FROM_ADDRESS: address,
    }
    try:
        sent = datetime.fromisoformat(element.told("DateTimeSent")).timestamp()
        found[tags.SUBMIT_TIME] = int(sent) * _SECOND + _EPOCH
    except (ValueError, OverflowError):
        pass
    return found


def _people(element: Element) -> list[Properties]:
    found: list[Properties] = []
    for kind, name in _RECIPIENTS.items():
        listed = element.find(name)
        for each in listed.children if listed else ():
            shown, address = _person(each)
            found.append(
                {
                    tags.RECIPIENT_TYPE: kind,
                    tags.DISPLAY_NAME: shown,
                    tags.ADDRESS_TYPE: "SMTP",
                    tags.EMAIL_ADDRESS: address,
                }
            )
    return found


def _person(mailbox: Element | None) -> tuple[str, str]:
    """Name and address."""
    return (mailbox.told("Name"), mailbox.told("EmailAddress")) if mailbox else ("", "")
