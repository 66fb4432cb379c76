"""Folders and items as JSON, with as much of them as was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from tests.servers.graph.mailbox import ROOT, Attached, Folder, GraphMailbox, Item

_PROPERTY = re.compile(r"id eq '(\w+) (0x[0-9A-Fa-f]+)'")
_OF_FIELD = {"read": "isRead", "draft": "isDraft", "flagged": "flag", "categories": "categories"}
"""What a test changes, as Graph calls it."""


def folder_shown(mailbox: GraphMailbox, folder: Folder) -> dict[str, Any]:
    """A folder."""
    items = [each for each in mailbox.items.values() if each.folder == folder.id]
    shown: dict[str, Any] = {
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": "AQMkroot==" if folder.parent == ROOT else folder.parent,
        "childFolderCount": sum(each.parent == folder.id for each in mailbox.folders.values()),
        "unreadItemCount": sum(not each.read for each in items),
        "totalItemCount": len(items),
        "sizeInBytes": sum(len(each.mime) for each in items),
        "isHidden": folder.hidden,
    }
    return {"@odata.type": "#microsoft.graph.mailSearchFolder", **shown} if folder.search else shown


def item_shown(
    item: Item, select: Set[str], expand: str, *, immutable: bool, fields: Set[str] | None = None
) -> dict[str, Any]:
    """An item. `select`: empty means all that is usual; `fields`: what has changed, None: all is shown."""
    shown: dict[str, Any] = {"@odata.etag": 'W/"CQAAABYAAAA"', "id": item.id if immutable else item.plain_id}
    if item.item_class.startswith("IPM.Schedule.Meeting"):
        shown = {"@odata.type": "#microsoft.graph.eventMessageRequest", **shown}
    if fields is not None:
        wanted = {_OF_FIELD[each] for each in fields if each in _OF_FIELD}
        select = wanted & select if select else wanted
        if not select:
            return shown
    shown |= {name: make(item) for name, make in _FIELDS.items() if name in select or (not select and name in _USUAL)}
    if expand and fields is None:
        shown["singleValueExtendedProperties"] = [
            {"id": f"{kind} {number}", "value": value}
            for kind, number in _PROPERTY.findall(expand)
            if (value := _property(item, int(number, 16))) is not None
        ]
    return shown


def attached_shown(attached: Attached, number: int) -> dict[str, Any]:
    """An attachment, without its content."""
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": f"A{number}=",
        "name": attached.name,
        "contentType": attached.content_type,
        "size": len(attached.content),
        "isInline": False,
    }


def moment(seconds: int) -> str:
    """As Graph writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _property(item: Item, number: int) -> str | None:
    match number:
        case 0x1081:
            return str(item.verb) if item.verb else None
        case 0x0E08:
            return str(len(item.mime) + 1500)  # of its properties: no MIME is made to tell it
        case 0x001A:
            return item.item_class
    return None


def _header(item: Item, name: str) -> str:
    return str(message_from_bytes(item.mime, policy=default).get(name, ""))


def _headers(item: Item) -> list[dict[str, str]]:
    """Values are unfolded, as Exchange shows them."""
    head = item.mime.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    fields = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    return [{"name": name, "value": value.strip()} for name, _, value in (each.partition(":") for each in fields)]


def _address(text: str) -> Mapping[str, Any]:
    return {"emailAddress": {"name": text.partition("<")[0].strip(), "address": text.partition("<")[2].strip("> ")}}


_FIELDS = {
    "receivedDateTime": lambda item: moment(item.received),
    "sentDateTime": lambda item: moment(item.received),
    "isRead": lambda item: item.read,
    "isDraft": lambda item: item.draft,
    "flag": lambda item: {"flagStatus": "flagged" if item.flagged else "notFlagged"},
    "categories": lambda item: [*item.categories],
    "internetMessageId": lambda item: _header(item, "Message-ID"),
    "parentFolderId": lambda item: item.folder,
    "subject": lambda item: _header(item, "Subject"),
    "hasAttachments": lambda item: bool(item.attached),
    "importance": lambda item: "normal",
    "from": lambda item: _address(_header(item, "From")),
    "toRecipients": lambda item: [_address(_header(item, "To"))],
    "body": lambda item: {"contentType": "text", "content": ""},
    "internetMessageHeaders": _headers,
}
_USUAL = _FIELDS.keys() - {"internetMessageHeaders"}
