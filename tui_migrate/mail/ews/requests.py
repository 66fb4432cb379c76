"""Requests of Exchange Web Services as octets (SOAP 1.1): what is asked, in which version, and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

VERSIONS = ("Exchange2013_SP1", "Exchange2010_SP2", "Exchange2007_SP1")
"""What is asked for, one after the other where it is refused. Newer ones are known to fewer servers and tell us
nothing more."""
FOUND_AT_ONCE = 1000
"""Items of a page of FindItem, which servers bound so."""
CHANGES_AT_ONCE = 512
"""Changes of an answer to SyncFolderItems, which the protocol bounds so."""
INBOX = '<t:DistinguishedFolderId Id="inbox"/>'
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
)


class Property(NamedTuple):
    """A property that a request asks for by its MAPI tag."""

    tag: int
    type: str

    @property
    def xml(self) -> str:
        """Its path."""
        return f'<t:ExtendedFieldURI PropertyTag="0x{self.tag:04X}" PropertyType="{self.type}"/>'


HIDDEN = Property(0x10F4, "Boolean")
MESSAGE_FLAGS = Property(0x0E07, "Integer")
ICON = Property(0x1080, "Integer")
LAST_VERB = Property(0x1081, "Integer")
FLAG_STATUS = Property(0x1090, "Integer")
TRANSPORT_HEADERS = Property(0x007D, "String")
_MARKS = (MESSAGE_FLAGS, ICON, LAST_VERB, FLAG_STATUS)


def fields(*uris: str, extended: Sequence[Property] = ()) -> str:
    """Further properties that are wanted."""
    told = "".join(f'<t:FieldURI FieldURI="{uri}"/>' for uri in uris) + "".join(each.xml for each in extended)
    return f"<t:AdditionalProperties>{told}</t:AdditionalProperties>" if told else ""


def _shape(name: str, more: str = "", *, mime: bool = False) -> str:
    octets = "<t:IncludeMimeContent>true</t:IncludeMimeContent>" if mime else ""
    return f"<m:{name}><t:BaseShape>IdOnly</t:BaseShape>{octets}{more}</m:{name}>"


_FOLDER = _shape(
    "FolderShape",
    fields(
        "folder:DisplayName",
        "folder:ParentFolderId",
        "folder:FolderClass",
        "folder:TotalCount",
        extended=(HIDDEN,),
    ),
)
_LISTED = fields(
    "item:ItemClass",
    "item:Size",
    "item:DateTimeReceived",
    "item:Categories",
    extended=_MARKS,
)


def distinguished(name: str) -> str:
    """A folder by what it is for, in a mailbox of any language."""
    return f'<t:DistinguishedFolderId Id="{escape(name)}"/>'


_PARTS = (
    "item:ItemClass",
    "item:Subject",
    "item:DateTimeSent",
    "item:Attachments",
    "message:InternetMessageId",
    "message:From",
    "message:ToRecipients",
    "message:CcRecipients",
    "message:BccRecipients",
)
PUBLIC = b"public "
"""Before the id of a public folder, of which no changes are told."""


def folder_id(name: bytes) -> str:
    """A folder by its name: its id, or that of the inbox."""
    return INBOX if name == b"INBOX" else f'<t:FolderId Id="{escape(name.removeprefix(PUBLIC).decode())}"/>'


def get_folder(*folders: str) -> str:
    """What these folders are."""
    return f"<m:GetFolder>{_FOLDER}<m:FolderIds>{''.join(folders)}</m:FolderIds></m:GetFolder>"


def find_folders(parent: str, offset: int) -> str:
    """The folders right below one."""
    view = f'<m:IndexedPageFolderView MaxEntriesReturned="{FOUND_AT_ONCE}" Offset="{offset}" BasePoint="Beginning"/>'
    within = f"<m:ParentFolderIds>{parent}</m:ParentFolderIds>"
    return f'<m:FindFolder Traversal="Shallow">{_FOLDER}{view}{within}</m:FindFolder>'


def sync_hierarchy(top: str, state: str) -> str:
    """The folders below one, as far as they are not known in this state."""
    known = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return f"<m:SyncFolderHierarchy>{_FOLDER}<m:SyncFolderId>{top}</m:SyncFolderId>{known}</m:SyncFolderHierarchy>"


def find_items(folder: bytes, offset: int) -> str:
    """A page of a folder's items, with all that a listing tells, as they have come."""
    view = f'<m:IndexedPageItemView MaxEntriesReturned="{FOUND_AT_ONCE}" Offset="{offset}" BasePoint="Beginning"/>'
    order = (
        '<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder>'
        "</m:SortOrder>"
    )
    within = f"<m:ParentFolderIds>{folder_id(folder)}</m:ParentFolderIds>"
    return f'<m:FindItem Traversal="Shallow">{_shape("ItemShape", _LISTED)}{view}{order}{within}</m:FindItem>'


def sync_items(folder: bytes, state: str) -> str:
    """What has changed in a folder since this state; ids alone, since each further property costs the server a call."""
    known = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return (
        f"<m:SyncFolderItems>{_shape('ItemShape')}<m:SyncFolderId>{folder_id(folder)}</m:SyncFolderId>{known}"
        f"<m:MaxChangesReturned>{CHANGES_AT_ONCE}</m:MaxChangesReturned></m:SyncFolderItems>"
    )


def get_items(ids: Iterable[str]) -> str:
    """All that a listing tells of these items."""
    return f"<m:GetItem>{_shape('ItemShape', _LISTED)}{_items(ids)}</m:GetItem>"


def get_mime(ids: Iterable[str]) -> str:
    """The octets of these items."""
    return f"<m:GetItem>{_shape('ItemShape', mime=True)}{_items(ids)}</m:GetItem>"


def get_parts(item: str) -> str:
    """What an item is made of whose octets cannot be had: its class, its header as it came, and its attachments."""
    more = fields(*_PARTS, extended=(TRANSPORT_HEADERS,))
    return f"<m:GetItem>{_shape('ItemShape', more)}{_items([item])}</m:GetItem>"


def get_attachment(attachment: str) -> str:
    """The octets of an attachment."""
    named = f'<t:AttachmentId Id="{escape(attachment)}"/>'
    return f"<m:GetAttachment><m:AttachmentIds>{named}</m:AttachmentIds></m:GetAttachment>"


def envelope(operation: str, version: str, impersonated: str = "") -> bytes:
    """A request. `impersonated`: the address of the mailbox that a service account opens."""
    sid = f"<t:ConnectingSID><t:PrimarySmtpAddress>{escape(impersonated)}</t:PrimarySmtpAddress></t:ConnectingSID>"
    who = f"<t:ExchangeImpersonation>{sid}</t:ExchangeImpersonation>" if impersonated else ""
    header = f'<s:Header><t:RequestServerVersion Version="{version}"/>{who}</s:Header>'
    return f"{_HEAD}{header}<s:Body>{operation}</s:Body></s:Envelope>".encode()


def _items(ids: Iterable[str]) -> str:
    told = "".join(f'<t:ItemId Id="{escape(each)}"/>' for each in ids)
    return f"<m:ItemIds>{told}</m:ItemIds>"
