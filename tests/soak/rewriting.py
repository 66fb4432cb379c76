"""What destinations make of a header."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from email.parser import BytesHeaderParser

Rewrite = Callable[[bytes], bytes]


def _fields(header: bytes) -> list[bytes]:
    return re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]+)*", header)


def _add(header: bytes) -> bytes:
    return b"\r\n".join(filter(None, [b"Received: from us by them\r\nX-New: 1", header, b"X-Last: 2"]))


def _drop(header: bytes) -> bytes:
    return b"\r\n".join(each for each in _fields(header) if not each.startswith(b"X-"))


def _reorder(header: bytes) -> bytes:
    return b"\r\n".join(sorted(_fields(header)))


def _encode(header: bytes) -> bytes:
    return re.sub(rb"[\x80-\xff]+", lambda found: b"=?utf-8?B?" + b64encode(found[0]) + b"?=", header)


def _where_it_ends(rewrite: Rewrite) -> Rewrite:
    """A message with bare line feeds is left alone: to the server all of it is header."""
    return lambda header: header if b"\n" in header.replace(b"\r\n", b"") else rewrite(header)


REWRITES: dict[str, Rewrite] = {
    "add": _where_it_ends(_add),
    "drop": _where_it_ends(_drop),
    "reorder": _where_it_ends(_reorder),
    "encode": _where_it_ends(_encode),
    "all": _where_it_ends(lambda header: _add(_encode(_drop(_reorder(header))))),
}


def outlasting(octets: bytes) -> tuple[str, str, bytes]:
    """What no rewriting changes for certain: date, subject and text."""
    header, _, body = octets.partition(b"\r\n\r\n")
    fields = BytesHeaderParser().parsebytes(header)
    return fields.get("Date", ""), str(fields.get("Subject", "")), body


def rewritten(octets: bytes, how: str) -> bytes:
    """The message as it lies there; without a name as it is."""
    if not how:
        return octets
    header, end, body = octets.partition(b"\r\n\r\n")
    return REWRITES[how](header) + end + body
