"""Attachments, from their properties to parts (MS-OXCMAIL section 2.1.3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import chain
from urllib.parse import unquote

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.filetypes import type_of
from tui_migrate.mail.mapi.item import Attachment, Properties
from tui_migrate.mail.mapi.parts import Deferred, Enclosed, Leaf, Part, Stream, crlf, plain
from tui_migrate.mail.mapi.words import one_line, parameter


class Method(IntEnum):
    """How something is attached (PidTagAttachMethod)."""

    NONE = 0
    BY_VALUE = 1
    BY_REFERENCE = 2
    BY_REFERENCE_RESOLVED = 3
    BY_REFERENCE_ONLY = 4
    EMBEDDED_MESSAGE = 5
    OLE = 6
    BY_WEB_REFERENCE = 7


LINKS = (Method.BY_REFERENCE, Method.BY_REFERENCE_RESOLVED, Method.BY_REFERENCE_ONLY, Method.BY_WEB_REFERENCE)

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")
_REFERENCE = re.compile(r"""cid:([^"'\s>)]+)""", re.IGNORECASE)
_LOOKED_AT = 1 << 20
_RENDERED_IN_BODY = 4
_BASE64 = b"Content-Transfer-Encoding: base64\r\n"


def in_order(attachments: Sequence[Attachment]) -> Sequence[Attachment]:
    """By their numbers; those that have none are last, in the order of the table."""
    return sorted(attachments, key=_number)


def _number(attachment: Attachment) -> int:
    found = tags.number(attachment.properties, tags.ATTACH_NUMBER)
    return 1 << 32 if found is None else found


def references(html: str) -> frozenset[str]:
    """The content ids that HTML refers to."""
    return frozenset(unquote(found).lower() for found in _REFERENCE.findall(html))


def is_inline(properties: Properties, referred: frozenset[str]) -> bool:
    """True for what is shown in HTML: it is referred to, or marked so."""
    if tags.number(properties, tags.ATTACH_METHOD) in (Method.EMBEDDED_MESSAGE, Method.OLE):
        return False
    if _content_id(properties).lower() in referred:
        return True
    return bool((tags.number(properties, tags.ATTACH_FLAGS) or 0) & _RENDERED_IN_BODY)


def part_of(attachment: Attachment, inline: bool) -> Part:
    """An attachment that is no link. Raises MessageDamaged."""
    properties = attachment.properties
    method = tags.number(properties, tags.ATTACH_METHOD)
    name = attachment_name(properties)
    if method == Method.EMBEDDED_MESSAGE:
        embedded = attachment.embedded
        if embedded is None:
            raise MessageDamaged("A message that is attached to the message is not there.")
        return Enclosed(b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n", embedded)
    kind = "application/octet-stream" if method == Method.OLE else _media_type(properties, name)
    more = _headers(properties, name, inline)
    if kind.startswith("message/"):
        return Deferred(lambda: _message_like(kind, more, attachment))
    return Stream(b"Content-Type: %b\r\n%b%b" % (kind.encode("ascii"), _BASE64, more), attachment.data)


def attachment_name(properties: Properties) -> str:
    """The name of the file, which may be empty."""
    for tag in (tags.ATTACH_LONG_NAME, tags.ATTACH_SHORT_NAME, tags.DISPLAY_NAME):
        if name := one_line(tags.text(properties, tag)):
            return name
    return ""


def _headers(properties: Properties, name: str, inline: bool) -> bytes:
    """Content-Disposition, and what HTML knows it by."""
    disposition = b"inline" if inline else b"attachment"
    lines = [b"Content-Disposition: %b%b\r\n" % (disposition, parameter(b"filename", name) if name else b"")]
    if found := _content_id(properties):
        lines.append(b"Content-ID: <%b>\r\n" % found.encode("ascii"))
    location = one_line(tags.text(properties, tags.ATTACH_CONTENT_LOCATION))
    if _MESSAGE_ID.fullmatch(location):
        lines.append(b"Content-Location: %b\r\n" % location.encode("ascii"))
    return b"".join(lines)


def _content_id(properties: Properties) -> str:
    found = one_line(tags.text(properties, tags.ATTACH_CONTENT_ID)).strip("<>")
    return found if _MESSAGE_ID.fullmatch(found) else ""


def _media_type(properties: Properties, name: str) -> str:
    """As the sender's program has said it, else by the name. Of several parts nothing is left but the octets."""
    told = one_line(tags.text(properties, tags.ATTACH_MIME_TYPE)).lower()
    if not _MEDIA_TYPE.fullmatch(told):
        return type_of(name)
    return "application/octet-stream" if told.startswith("multipart/") else told


def _message_like(kind: str, more: bytes, attachment: Attachment) -> Leaf | Stream:
    """A mail or a report that is attached as a file. Such a type must not be encoded (RFC 2046 section 5.2): it keeps
    it when it is short and plain, else it goes as octets."""
    data = attachment.data()
    start = bytearray()
    for piece in data:
        start += piece
        if len(start) > _LOOKED_AT:
            break
    else:
        text = crlf(bytes(start))
        if text and plain(text):
            return Leaf(b"Content-Type: %b\r\n%b" % (kind.encode("ascii"), more), text)
    head = bytes(start)

    def whole() -> Iterator[bytes]:
        return chain((head,), data)

    return Stream(b"Content-Type: application/octet-stream\r\n%b%b" % (_BASE64, more), whole)
