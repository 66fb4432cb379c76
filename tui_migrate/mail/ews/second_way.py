"""What Exchange tells of a signed or encrypted message, of which it makes no MIME."""

from __future__ import annotations

from pathlib import Path

from tui_migrate.errors import CommandRefused
from tui_migrate.mail.ews import requests
from tui_migrate.mail.ews.answers import Element
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.mapi.second_way import BCC, CC, TO, Person, Told, made
from tui_migrate.mail.message import Content

_RECIPIENTS = {TO: "ToRecipients", CC: "CcRecipients", BCC: "BccRecipients"}


def protected_mail(session: EwsSession, item: str, spool_folder: Path | None) -> Content | None:
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
        return made(item, _told(element), data, spool_folder)
    finally:
        answer.close()


def _told(element: Element) -> Told:
    return Told(
        element.told("ItemClass"),
        element.told("ExtendedProperty", "Value"),
        element.told("Subject"),
        element.told("InternetMessageId"),
        _person(element.find("From", "Mailbox")),
        element.told("DateTimeSent"),
        {kind: _people(element.find(name)) for kind, name in _RECIPIENTS.items()},
    )


def _people(listed: Element | None) -> list[Person]:
    return [_person(each) for each in listed.children] if listed else []


def _person(mailbox: Element | None) -> Person:
    return (mailbox.told("Name"), mailbox.told("EmailAddress")) if mailbox else ("", "")
