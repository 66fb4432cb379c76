"""What a client can ask about folders and items."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TypeVar
from xml.etree.ElementTree import Element

from tests.servers.exchange.asking import Asking, Operation, within
from tests.servers.exchange.items import ExchangeItem
from tests.servers.exchange.mailbox import ExchangeFolder
from tests.servers.exchange.properties import (
    field_text,
    folder_key,
    folder_xml,
    item_value,
    item_xml,
)
from tests.servers.exchange.restrictions import folder_meets, item_meets
from tests.servers.exchange.shapes import extended_of
from tests.servers.exchange.states import Difference, State, opened, told
from tests.servers.exchange.words import M, Refusal, T, element, escaped, local, truth

_Each = TypeVar("_Each", ExchangeItem, ExchangeFolder)
MOST_CHANGES = 512
MOST_FOUND = 1000


def _get_folder(asking: Asking, thing: Element) -> list[bytes]:
    folder = asking.folder(thing)
    shape = asking.folder_shape
    return [f"<m:Folders>{folder_xml(folder, shape)}</m:Folders>".encode()]


def _find_folder(asking: Asking, thing: Element) -> list[bytes]:
    shape = asking.folder_shape
    parent, deep = asking.folder(thing), asking.request.get("Traversal") == "Deep"
    if deep and parent.public:
        raise Refusal("ErrorInvalidOperation", "Deep traversal is not supported for public folders.")
    found = list(parent.below()) if deep else parent.children
    if (restriction := asking.request.find(f"{M}Restriction/*")) is not None:
        found = [folder for folder in found if folder_meets(folder, restriction)]
    page, view = _page(asking, found, "IndexedPageFolderView")
    inner = "".join(folder_xml(each, shape) for each in page)
    return [f"<m:RootFolder {view}><t:Folders>{inner}</t:Folders></m:RootFolder>".encode()]


def _sync_folder_hierarchy(asking: Asking, thing: Element) -> list[bytes]:
    shape = asking.folder_shape
    named = asking.request.find(f"{M}SyncFolderId/*")
    top = asking.folder(named) if named is not None else asking.folder(Element("DistinguishedFolderId", Id="root"))
    state = opened(asking.request.findtext(f"{M}SyncState", ""), top.id, asking.generation)
    below = {id(each) for each in top.below()}
    changes: list[str] = []
    for point, folder in top.mailbox.log:
        if point != folder.history[-1] or state.holds(point):
            continue
        knows = any(state.holds(each) for each in folder.history)
        if folder.gone and knows:
            changes.append(f'<t:Delete><t:FolderId Id="{folder.id}" ChangeKey="{folder_key(folder)}"/></t:Delete>')
        elif id(folder) in below:
            name = "Update" if knows else "Create"
            changes.append(f"<t:{name}>{folder_xml(folder, shape)}</t:{name}>")
    state = State(top.id, ((0, top.mailbox.now),), asking.generation)
    return [
        f"<m:SyncState>{state.sealed(asking.state_size)}</m:SyncState>"
        f"<m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>"
        f"<m:Changes>{''.join(changes)}</m:Changes>".encode()
    ]


def _find_item(asking: Asking, thing: Element) -> list[bytes]:
    shape = asking.listing_shape
    folder = asking.folder(thing)
    found = [] if asking.request.get("Traversal") != "Shallow" else folder.held[::-1]
    if (restriction := asking.request.find(f"{M}Restriction/*")) is not None:
        found = [item for item in found if item_meets(item, restriction)]
    for order in reversed(asking.request.findall(f"{M}SortOrder/{T}FieldOrder")):
        found.sort(key=_sorting(order[0]), reverse=order.get("Order") == "Descending")
    page, view = _page(asking, found, "IndexedPageItemView")
    asking.items += len(page)
    parts = [f"<m:RootFolder {view}><t:Items>".encode()]
    for item in page:
        parts += item_xml(item, shape)
    return [*parts, b"</t:Items></m:RootFolder>"]


def _sync_folder_items(asking: Asking, thing: Element) -> list[bytes]:
    shape = asking.listing_shape
    try:
        folder = asking.folder(thing)
    except Refusal as refusal:
        if refusal.code == "ErrorFolderNotFound":
            raise Refusal("ErrorSyncFolderNotFound", refusal.text) from None
        raise
    if folder.public or folder.is_search:
        raise Refusal("ErrorInvalidOperation", "The operation can not be performed on this folder.")
    most = int(asking.request.findtext(f"{M}MaxChangesReturned", "0"))
    if not 1 <= most <= MOST_CHANGES:
        raise Refusal("ErrorSchemaValidation", as_fault=True)
    state = opened(asking.request.findtext(f"{M}SyncState", ""), folder.id, asking.generation)
    different, state, last = told(folder, state, most)
    asking.items += len(different)
    parts = [
        f"<m:SyncState>{state.sealed(asking.state_size)}</m:SyncState>"
        f"<m:IncludesLastItemInRange>{truth(last)}</m:IncludesLastItemInRange><m:Changes>".encode()
    ]
    for difference, item in different:
        parts.append(f"<t:{difference.value}>".encode())
        if difference in (Difference.CREATE, Difference.UPDATE):
            parts += item_xml(item, shape)
        else:
            parts.append(f'<t:ItemId Id="{item.id}" ChangeKey="{item.change_key}"/>'.encode())
        if difference is Difference.READ:
            parts.append(element("IsRead", truth(item.read)).encode())
        parts.append(f"</t:{difference.value}>".encode())
    return [*parts, b"</m:Changes>"]


def _get_item(asking: Asking, thing: Element) -> list[bytes]:
    shape = asking.item_shape
    item = asking.item(thing.get("Id", ""))
    if shape.mime and item.mime_error:
        raise Refusal(item.mime_error)
    asking.items += 1
    return [b"<m:Items>", *item_xml(item, shape), b"</m:Items>"]


def _get_attachment(asking: Asking, thing: Element) -> list[bytes]:
    _, attachment = asking.attachment(thing.get("Id", ""))
    told = (
        f'<m:Attachments><t:FileAttachment><t:AttachmentId Id="{escaped(attachment.id)}"/>'
        f"{element('Name', attachment.name)}{element('ContentType', attachment.content_type)}"
        f"{element('Size', str(len(attachment.octets)))}<t:Content>"
    )
    return [told.encode(), b64encode(attachment.octets), b"</t:Content></t:FileAttachment></m:Attachments>"]


def _convert_id(asking: Asking, thing: Element) -> list[bytes]:
    name = thing.get("Id", "")
    known = asking.known(name)
    form = escaped(asking.request.get("DestinationFormat", "EwsId"))
    told = f'Format="{form}" Id="{known.id}" Mailbox="{asking.user}"'
    return [f'<m:AlternateId xsi:type="t:AlternateIdType" {told}/>'.encode()]


def _page(asking: Asking, found: list[_Each], name: str) -> tuple[list[_Each], str]:
    """What a view shows of what was found, and the attributes that say so."""
    view = asking.request.find(f"{M}{name}")
    most, offset = MOST_FOUND, 0
    if view is not None:
        most = min(most, int(view.get("MaxEntriesReturned", most)))
        offset = int(view.get("Offset", 0))
        if most < 1 or offset < 0:
            raise Refusal("ErrorInvalidPagingMaxRows", "Paging maximum rows must be greater than zero.")
        if view.get("BasePoint") == "End":
            offset = max(0, len(found) - offset - most)
    page = found[offset : offset + most]
    last = offset + len(page) >= len(found)
    indexed = f'IndexedPagingOffset="{offset + len(page)}" ' if view is not None else ""
    return page, f'{indexed}TotalItemsInView="{len(found)}" IncludesLastItemInRange="{truth(last)}"'


def _sorting(uri: Element) -> Callable[[ExchangeItem], str]:
    if local(uri) == "ExtendedFieldURI":
        key = extended_of(uri).key

        def by_value(item: ExchangeItem) -> str:
            value = item_value(item, key)
            return f"{value:020}" if isinstance(value, int) else str(value or "")

        return by_value
    name = uri.get("FieldURI", "")

    def by_field(item: ExchangeItem) -> str:
        if (text := field_text(item, name)) is None:
            raise Refusal("ErrorUnsupportedPathForSortGroup", "The property can not be used for sorting.")
        return text

    return by_field


def _itself(asking: Asking) -> list[Element]:
    return [asking.request]


def _synced(asking: Asking) -> list[Element]:
    found = asking.request.findall(f"{M}SyncFolderId/*")
    if len(found) != 1:
        raise Refusal("ErrorSchemaValidation", as_fault=True)
    return found


OPERATIONS: Mapping[str, Operation] = {
    "GetFolder": Operation(within("FolderIds"), _get_folder, "<m:Folders/>"),
    "FindFolder": Operation(within("ParentFolderIds"), _find_folder),
    "SyncFolderHierarchy": Operation(_itself, _sync_folder_hierarchy),
    "FindItem": Operation(within("ParentFolderIds"), _find_item),
    "SyncFolderItems": Operation(_synced, _sync_folder_items),
    "GetItem": Operation(within("ItemIds"), _get_item, "<m:Items/>"),
    "ConvertId": Operation(within("SourceIds"), _convert_id),
    "GetAttachment": Operation(within("AttachmentIds"), _get_attachment, "<m:Attachments/>"),
}
