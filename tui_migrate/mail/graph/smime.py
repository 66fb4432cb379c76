"""The second way to signed and encrypted mail, of which Exchange makes no MIME: its header, and its one attachment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tui_migrate.mail.graph.rows import CLASS, expanded, properties_of
from tui_migrate.mail.graph.session import GraphSession, Json
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.item import Item, Properties, Value
from tui_migrate.mail.mapi.mime import write_mime
from tui_migrate.mail.mapi.smime import protected
from tui_migrate.mail.message import Content
from tui_migrate.mail.spool import gather

_FIELDS = (
    "internetMessageHeaders,internetMessageId,subject,from,sender,toRecipients,ccRecipients,bccRecipients,sentDateTime"
)
_BY_VALUE = 1
_RECIPIENTS = {1: "toRecipients", 2: "ccRecipients", 3: "bccRecipients"}
_EPOCH, _SECOND = 116_444_736_000_000_000, 10_000_000
"""1970 as PtypTime, and a second."""


def protected_mail(session: GraphSession, name: str, spool_folder: Path | None) -> Content | None:
    """A signed or encrypted message, as it was sent. None where the item is none such. Raises MailError."""
    message = session.path("messages", name)
    row = session.json(f"{message}?$select={_FIELDS}&{expanded(CLASS)}")
    attached = [*session.pages(f"{message}/attachments?$select=id,name,size", 0)]
    if len(attached) != 1 or not isinstance(attached[0].get("id"), str):
        return None
    data = session.content(f"{session.path('messages', name, 'attachments', attached[0]['id'])}/$value")
    try:
        item = _Message(name, _properties(row), _people(row), data)
        if protected(item) is None:
            return None

        def pump(take: Callable[[bytes], object]) -> None:
            write_mime(item, take)

        return gather(pump, spool_folder)
    finally:
        data.close()


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


def _properties(row: Json) -> Properties:
    """The header that it came with; of what was sent from here there is none, and it is made from these."""
    by = _person(row.get("from") or row.get("sender"))
    found: dict[int, Value] = {
        tags.MESSAGE_CLASS: properties_of(row).get(CLASS, ""),
        tags.TRANSPORT_HEADERS: _headers(row.get("internetMessageHeaders")),
        tags.SUBJECT: str(row.get("subject") or ""),
        tags.MESSAGE_ID: str(row.get("internetMessageId") or ""),
        tags.FROM_NAME: by[0],
        tags.FROM_TYPE: "SMTP",
        tags.FROM_ADDRESS: by[1],
    }
    try:
        sent = datetime.fromisoformat(str(row.get("sentDateTime"))).timestamp()
        found[tags.SUBMIT_TIME] = int(sent) * _SECOND + _EPOCH
    except (ValueError, OverflowError):
        pass
    return found


def _headers(told: object) -> str:
    """Exchange tells each field unfolded."""
    fields = [each for each in (told if isinstance(told, list) else ()) if isinstance(each, dict)]
    return "".join(f"{each.get('name')}: {' '.join(str(each.get('value')).split())}\n" for each in fields)


def _people(row: Json) -> list[Mapping[int, Value]]:
    found: list[Mapping[int, Value]] = []
    for kind, name in _RECIPIENTS.items():
        told = row.get(name)
        for each in told if isinstance(told, list) else ():
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


def _person(told: object) -> tuple[str, str]:
    """Name and address."""
    person = told.get("emailAddress") if isinstance(told, dict) else None
    if not isinstance(person, dict):
        return "", ""
    return str(person.get("name") or ""), str(person.get("address") or "")
