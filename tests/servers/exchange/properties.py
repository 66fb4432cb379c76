"""Properties of items and folders as XML, in the order that the schema wants."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import getaddresses, parsedate_to_datetime

from tests.servers.exchange.items import ExchangeItem, Value
from tests.servers.exchange.mailbox import ExchangeFolder
from tests.servers.exchange.shapes import ALL, DEFAULT, Extended, Shape
from tests.servers.exchange.words import element, escaped, instant, truth

_CUT = 255


def item_xml(item: ExchangeItem, shape: Shape) -> list[bytes]:
    """An item, with its MIME where that is wanted."""
    if (drawn := item.drawn.get(shape)) is None:
        drawn = item.drawn[shape] = _rest(item, shape).encode()
    name = f"<t:{item.element}>".encode()
    if not shape.mime:
        return [name, drawn]
    return [name, b'<t:MimeContent CharacterSet="UTF-8">', item.encoded, b"</t:MimeContent>", drawn]


def folder_xml(folder: ExchangeFolder, shape: Shape) -> str:
    """A folder."""
    told = [f'<t:FolderId Id="{folder.id}" ChangeKey="{folder_key(folder)}"/>']
    for uri, draw in _FOLDER.items():
        if uri == "":
            told += [_extended(each, folder_value(folder, each.key)) for each in shape.extended]
        elif _wanted(uri, shape, _FOLDER_DEFAULT):
            told.append(draw(folder))
    name = folder_element(folder)
    return f"<t:{name}>{''.join(told)}</t:{name}>"


def folder_key(folder: ExchangeFolder) -> str:
    """A folder's ChangeKey."""
    return "AQAAABYAAAA" + b64encode(folder.history[-1].to_bytes(15, "big")).decode()


def folder_element(folder: ExchangeFolder) -> str:
    """The name of a folder's XML."""
    return "SearchFolder" if folder.is_search else _FOLDERS.get(folder.folder_class, "Folder")


def folder_value(folder: ExchangeFolder, key: str) -> Value | None:
    """An extended property of a folder; None: it has none."""
    if key in folder.properties:
        return folder.properties[key]
    draw = _FOLDER_EXTENDED.get(key)
    return draw(folder) if draw else None


def item_value(item: ExchangeItem, key: str) -> Value | None:
    """An extended property; None: it has none."""
    if key in item.properties:
        return item.properties[key]
    draw = _EXTENDED.get(key)
    return draw(item) if draw else None


def field_text(item: ExchangeItem, uri: str) -> str | None:
    """A property that can be compared and sorted by; None: it cannot be."""
    draw = _COMPARED.get(uri)
    return draw(item) if draw else None


def _rest(item: ExchangeItem, shape: Shape) -> str:
    told = [f'<t:ItemId Id="{item.id}" ChangeKey="{item.change_key}"/>']
    for uri, draw in _ITEM.items():
        if uri == "":
            told += [_extended(each, item_value(item, each.key), cut=shape.cut) for each in shape.extended]
        elif _wanted(uri, shape, _DEFAULT):
            told.append(draw(item))
    return "".join(told) + f"</t:{item.element}>"


def _wanted(uri: str, shape: Shape, default: frozenset[str]) -> bool:
    return uri in shape.fields or shape.base == ALL or (shape.base == DEFAULT and uri in default)


def _extended(asked: Extended, value: Value | None, *, cut: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        told = "<t:Values>" + "".join(element("Value", each) for each in value) + "</t:Values>"
    else:
        told = element("Value", _text(value)[: _CUT if cut else None])
    return f"<t:ExtendedProperty>{asked.uri}{told}</t:ExtendedProperty>"


def _text(value: str | int | bool | bytes | datetime) -> str:
    match value:
        case bool():
            return truth(value)
        case bytes():
            return b64encode(value).decode()
        case datetime():
            return instant(value)
        case _:
            return str(value)


def _header(name: str, tag: str) -> Callable[[ExchangeItem], str]:
    def draw(item: ExchangeItem) -> str:
        value = item.headers[name]
        return element(tag, str(value)) if value is not None else ""

    return draw


def _people(name: str, tag: str, *, one: bool = False) -> Callable[[ExchangeItem], str]:
    def draw(item: ExchangeItem) -> str:
        found = getaddresses([str(each) for each in item.headers.get_all(name, [])])
        boxes = [_person(called, address) for called, address in found if address][: 1 if one else None]
        return f"<t:{tag}>{''.join(boxes)}</t:{tag}>" if boxes else ""

    return draw


def _person(name: str, address: str) -> str:
    told = [element("Name", name or address), element("EmailAddress", address), element("RoutingType", "SMTP")]
    return f"<t:Mailbox>{''.join(told)}</t:Mailbox>"


def _sent(item: ExchangeItem) -> datetime:
    try:
        return parsedate_to_datetime(str(item.headers["Date"]))
    except ValueError:
        return item.received


def _categories(item: ExchangeItem) -> str:
    told = "".join(element("String", each) for each in item.categories)
    return f"<t:Categories>{told}</t:Categories>" if told else ""


def _attachments(item: ExchangeItem) -> str:
    told = "".join(
        f'<t:FileAttachment><t:AttachmentId Id="{each.id}"/>{element("Name", each.name)}'
        f"{element('ContentType', each.content_type)}{element('Size', str(len(each.octets)))}"
        f"{element('IsInline', 'false')}</t:FileAttachment>"
        for each in item.attachments
    )
    return f"<t:Attachments>{told}</t:Attachments>" if told else ""


def _block(item: ExchangeItem) -> str:
    """The headers as they are in the MIME."""
    head, end, _ = item.octets.partition(b"\r\n\r\n")
    return (head + end).decode("latin-1")


def _transport(item: ExchangeItem) -> str:
    fields = [line.partition(":") for line in _block(item).replace("\r\n ", " ").replace("\r\n\t", " ").splitlines()]
    told = "".join(
        f'<t:InternetMessageHeader HeaderName="{escaped(name)}">{escaped(text.strip())}</t:InternetMessageHeader>'
        for name, _, text in fields
        if name
    )
    return f"<t:InternetMessageHeaders>{told}</t:InternetMessageHeaders>" if told else ""


def _parent(item: ExchangeItem) -> str:
    return f'<t:ParentFolderId Id="{item.folder.id}" ChangeKey="AQAAAA=="/>'


def _size(item: ExchangeItem) -> int:
    return len(item.octets) if item.size is None else item.size


def _subject(item: ExchangeItem) -> str:
    return str(item.headers.get("Subject", ""))


def _message_id(item: ExchangeItem) -> str:
    return str(item.headers.get("Message-ID", ""))


_ITEM: Mapping[str, Callable[[ExchangeItem], str]] = {
    "item:ParentFolderId": _parent,
    "item:ItemClass": lambda item: element("ItemClass", item.item_class),
    "item:Subject": lambda item: element("Subject", _subject(item)),
    "item:Sensitivity": lambda item: element("Sensitivity", "Normal"),
    "item:Attachments": _attachments,
    "item:DateTimeReceived": lambda item: element("DateTimeReceived", instant(item.received)),
    "item:Size": lambda item: element("Size", str(_size(item))),
    "item:Categories": _categories,
    "item:Importance": lambda item: element("Importance", "Normal"),
    "item:InReplyTo": _header("In-Reply-To", "InReplyTo"),
    "item:IsDraft": lambda item: element("IsDraft", truth(item.draft)),
    "item:InternetMessageHeaders": _transport,
    "item:DateTimeSent": lambda item: element("DateTimeSent", instant(_sent(item))),
    "item:DateTimeCreated": lambda item: element("DateTimeCreated", instant(item.received)),
    "item:HasAttachments": lambda item: element("HasAttachments", truth(bool(item.attachments))),
    "": lambda item: "",  # the place of extended properties
    "item:LastModifiedTime": lambda item: element("LastModifiedTime", instant(item.received)),
    "item:Flag": lambda item: f"<t:Flag>{element('FlagStatus', item.flag)}</t:Flag>",
    "message:Sender": _people("Sender", "Sender", one=True),
    "message:ToRecipients": _people("To", "ToRecipients"),
    "message:CcRecipients": _people("Cc", "CcRecipients"),
    "message:From": _people("From", "From", one=True),
    "message:InternetMessageId": _header("Message-ID", "InternetMessageId"),
    "message:IsRead": lambda item: element("IsRead", truth(item.read)),
    "message:References": _header("References", "References"),
}
_DEFAULT = frozenset(
    {
        "item:Subject",
        "item:HasAttachments",
        "item:Size",
        "item:Sensitivity",
        "item:DateTimeSent",
        "item:DateTimeCreated",
        "message:From",
        "message:IsRead",
    }
)
_COMPARED: Mapping[str, Callable[[ExchangeItem], str]] = {
    "item:DateTimeReceived": lambda item: instant(item.received),
    "item:DateTimeCreated": lambda item: instant(item.received),
    "item:LastModifiedTime": lambda item: instant(item.received),
    "item:Subject": _subject,
    "item:ItemClass": lambda item: item.item_class,
    "item:Size": lambda item: f"{_size(item):020}",
    "message:IsRead": lambda item: truth(item.read),
    "message:InternetMessageId": _message_id,
}
_EXTENDED: Mapping[str, Callable[[ExchangeItem], Value | None]] = {
    "0x001A": lambda item: item.item_class,
    "0x0037": _subject,
    "0x007D": lambda item: _block(item) or None,
    "0x0E06": lambda item: item.received,
    "0x0E07": lambda item: item.read * 0x01 | item.draft * 0x08,
    "0x0E08": _size,
    "0x0E23": lambda item: item.history[0][0],
    "0x1035": _message_id,
    "0x1081": lambda item: item.verb,
    "0x1090": lambda item: {"Complete": 1, "Flagged": 2}.get(item.flag),
    "0x3007": lambda item: item.received,
    "0x3008": lambda item: item.received,
    "PublicStrings:Keywords": lambda item: item.categories or None,
}
_FOLDERS: Mapping[str, str] = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}
_FOLDER: Mapping[str, Callable[[ExchangeFolder], str]] = {
    "folder:ParentFolderId": lambda folder: (
        f'<t:ParentFolderId Id="{folder.parent.id}" ChangeKey="{folder_key(folder.parent)}"/>' if folder.parent else ""
    ),
    "folder:FolderClass": lambda folder: element("FolderClass", folder.folder_class) if folder.folder_class else "",
    "folder:DisplayName": lambda folder: element("DisplayName", folder.name),
    "folder:TotalCount": lambda folder: element("TotalCount", str(len(folder.held))),
    "folder:ChildFolderCount": lambda folder: element("ChildFolderCount", str(len(folder.children))),
    "": lambda folder: "",  # the place of extended properties
    "folder:DistinguishedFolderId": lambda folder: element("DistinguishedFolderId", folder.role) if folder.role else "",
    "folder:UnreadCount": lambda folder: element("UnreadCount", str(sum(not each.read for each in folder.held))),
}
_FOLDER_DEFAULT = frozenset(
    f"folder:{each}" for each in ("DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount")
)


_FOLDER_EXTENDED: Mapping[str, Callable[[ExchangeFolder], Value | None]] = {
    "0x10F4": lambda folder: folder.hidden or None,
    "0x3001": lambda folder: folder.name,
    "0x3602": lambda folder: len(folder.held),
    "0x3603": lambda folder: sum(not each.read for each in folder.held),
    "0x360A": lambda folder: bool(folder.children),
    "0x3613": lambda folder: folder.folder_class or None,
}
