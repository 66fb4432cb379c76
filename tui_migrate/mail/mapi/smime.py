"""Signed and encrypted mail (MS-OXOSMIME): its one attachment is what was sent, and the item a view of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.attachments import Method
from tui_migrate.mail.mapi.item import Item
from tui_migrate.mail.mapi.parts import Part, Stream, crlf

_LONGEST_HEAD = 1 << 16
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_PROTECTED = re.compile(
    rb"(?:^|\n)Content-Type:[ \t\r\n]*(?:multipart/signed|application/(?:x-)?pkcs7-mime)\b", re.IGNORECASE
)
_CONTENT_FIELD = re.compile(rb"^Content-[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.IGNORECASE | re.MULTILINE)
_CONTENT_INFO = re.compile(rb"\x30[\x80-\xff]?.{0,4}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07(.)", re.DOTALL)
_KINDS = {2: b"signed-data", 3: b"enveloped-data"}
"""By the last number of the object identifier (RFC 5652 sections 5 and 6)."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A MIME entity as it was sent."""

    headers: bytes
    """Content-*, each with its CRLF, as they were."""
    body: Iterator[bytes]


def protected(item: Item) -> Entity | Part | None:
    """What was signed or encrypted, to the byte. None when the item is nothing of the kind, or holds more than the one
    attachment: then it is made into mail as others are, and nothing is lost. Raises MessageDamaged."""
    message_class = tags.text(item.properties, tags.MESSAGE_CLASS).lower()
    if "smime" not in message_class.split("."):
        return None
    attachments = item.attachments
    if len(attachments) != 1:
        return None
    (attachment,) = attachments
    if tags.number(attachment.properties, tags.ATTACH_METHOD) not in (Method.NONE, Method.BY_VALUE, None):
        return None
    data = attachment.data()
    start = b""
    for piece in data:
        start += piece
        if len(start) >= _LONGEST_HEAD or _END_OF_HEAD.search(start):
            break
    end = _END_OF_HEAD.search(start)
    if end and _PROTECTED.search(start[: end.start()]):
        head = start[: end.start()]
        pieces = chain((start[end.end() :],), data)
        fields = _CONTENT_FIELD.findall(crlf(head) + b"\r\n")
        return Entity(b"".join(fields), pieces if b"\r\n" in end[0] else _with_crlf(pieces))
    return _opaque(start, data)


def _opaque(start: bytes, data: Iterator[bytes]) -> Part | None:
    """CMS (RFC 8551 section 3.2), where these octets are that."""
    found = _CONTENT_INFO.match(start[:32])
    if found is None:
        return None
    kind = _KINDS.get(found[1][0])
    told = b";\r\n smime-type=%b" % kind if kind else b""
    headers = (
        b'Content-Type: application/pkcs7-mime%b;\r\n name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment;\r\n filename="smime.p7m"\r\n' % told
    )
    return Stream(headers, lambda: chain((start,), data))


def _with_crlf(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What was stored with LF alone: it was sent, and signed, with CRLF (RFC 8551 section 3.1.1)."""
    for piece in pieces:
        yield piece.replace(b"\n", b"\r\n")
