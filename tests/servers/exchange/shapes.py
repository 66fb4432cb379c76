"""What a client wants to be told of items and folders: a base shape and further properties, by URI or by tag."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tests.servers.exchange.versions import Version
from tests.servers.exchange.words import Refusal, T, escaped, local

ID_ONLY, DEFAULT, ALL = "IdOnly", "Default", "AllProperties"
MIME = "item:MimeContent"
ONLY_ONE_BY_ONE = frozenset(
    {
        MIME,
        "item:Body",
        "item:Attachments",
        "item:InternetMessageHeaders",
        "message:ToRecipients",
        "message:CcRecipients",
    }
)
"""What GetItem tells alone."""


@dataclass(frozen=True)
class Extended:
    """An extended property as the client names it."""

    attributes: tuple[tuple[str, str], ...]
    """As they were sent."""
    key: str
    """As mailboxes keep it."""
    type: str

    @property
    def uri(self) -> str:
        """As it is answered: Exchange writes tags without leading zeros, in small letters."""
        told = dict(self.attributes)
        if "PropertyTag" in told:
            told["PropertyTag"] = hex(int(self.key, 16))
        return "<t:ExtendedFieldURI " + " ".join(f'{k}="{escaped(v)}"' for k, v in told.items()) + "/>"


@dataclass(frozen=True)
class Shape:
    """What is told of each item or folder."""

    base: str
    fields: frozenset[str]
    extended: tuple[Extended, ...]
    mime: bool
    cut: bool = False
    """Long values of extended properties end after 255 characters, as FindItem and SyncFolderItems tell them."""


def shape_of(request: Element, version: Version, name: str) -> Shape:
    """Of a request. Raises Refusal."""
    node = request.find(f"{{*}}{name}")
    if node is None or (base := node.findtext(f"{T}BaseShape")) not in (ID_ONLY, DEFAULT, ALL):
        raise Refusal("ErrorSchemaValidation", as_fault=True)
    fields: set[str] = set()
    extended: list[Extended] = []
    for uri in node.iterfind(f"{T}AdditionalProperties/*"):
        match local(uri):
            case "FieldURI":
                fields.add(known(uri.get("FieldURI", ""), version))
            case "ExtendedFieldURI":
                extended.append(extended_of(uri))
            case "IndexedFieldURI":
                fields.add(f"{uri.get('FieldURI')}:{uri.get('FieldIndex')}")
            case _:
                raise Refusal("ErrorSchemaValidation", as_fault=True)
    mime = node.findtext(f"{T}IncludeMimeContent", "").strip() in ("true", "1")
    return Shape(base, frozenset(fields), tuple(extended), mime or MIME in fields)


def known(uri: str, version: Version) -> str:
    """A property that this version has. Raises Refusal."""
    if uri.partition(":")[0] not in _SUBJECTS or version < _SINCE.get(uri, Version.EXCHANGE2007):
        text = (
            f"The request failed schema validation: The 'FieldURI' attribute is invalid - The value '{uri}' is invalid."
        )
        raise Refusal("ErrorSchemaValidation", text, as_fault=True)
    return uri


def extended_of(uri: Element) -> Extended:
    """An extended property. Raises Refusal."""
    told = dict(uri.attrib)
    kind = told.get("PropertyType", "")
    if tag := told.get("PropertyTag"):
        try:
            key = canonical(tag)
        except ValueError:
            raise Refusal("ErrorInvalidExtendedProperty") from None
    else:
        space = told.get("DistinguishedPropertySetId") or told.get("PropertySetId", "")
        key = f"{space}:{told.get('PropertyName') or told.get('PropertyId')}"
    if not kind or not key.strip(":"):
        raise Refusal("ErrorInvalidExtendedProperty")
    return Extended(tuple(told.items()), key, kind)


def canonical(tag: str) -> str:
    """A property's tag, which clients write in hexadecimal or decimal, as mailboxes keep it. Raises ValueError."""
    return f"0x{int(tag, 0):04X}"


_SUBJECTS = frozenset(
    {
        "calendar",
        "contacts",
        "conversation",
        "distributionlist",
        "folder",
        "item",
        "meeting",
        "meetingRequest",
        "message",
        "postitem",
        "task",
    }
)
_SINCE = {
    "item:Flag": Version.EXCHANGE2013,
    "item:TextBody": Version.EXCHANGE2013,
    "item:Preview": Version.EXCHANGE2013,
    "folder:DistinguishedFolderId": Version.EXCHANGE2013,
    "item:ConversationId": Version.EXCHANGE2010,
    "item:UniqueBody": Version.EXCHANGE2010,
    "item:StoreEntryId": Version.EXCHANGE2010_SP2,
}
