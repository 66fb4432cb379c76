"""The header of the mail: what is left of the one that it came with, and what is made from properties."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence

from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.addresses import authors, recipient
from tui_migrate.mail.mapi.dates import instant, mail_date
from tui_migrate.mail.mapi.item import Item, Properties
from tui_migrate.mail.mapi.words import LONGEST, encoded_among, encoded_words, fold, one_line, unstructured

_FIELD = re.compile(r"^([!-9;-~]{1,200})[ \t]*(:[^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_OF_THE_BODY = ("mime-version", "x-ms-tnef-correlator")
_BLANK_LINE = re.compile("\n[ \t]+(?=\n|$)")
_ODD = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EVEN = bytes({*range(32, 127)} | set(b"\t\r\n"))
"""What a header block holds usually."""
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[ \t]+|[<>(),;:@]+|[^<>(),;:@"]+|"')
_TEXT_FIELDS = ("subject", "thread-topic", "comments", "organization", "x-")
_USED = 20
"""Octets that stand before a phrase on its line, more or less."""
_LONGEST_STRUCTURE = 1 << 16
"""Characters up to which a field is looked at for phrases: quotes without an end take time by the square."""
_ESCAPE = re.compile(r"\\(.)")

_TO, _CC, _BCC = 1, 2, 3
_KIND_BITS = 0xF
_RECIPIENTS = (
    (_TO, "to", b"To", tags.DISPLAY_TO),
    (_CC, "cc", b"Cc", tags.DISPLAY_CC),
    (_BCC, "bcc", b"Bcc", tags.DISPLAY_BCC),
)
_IMPORTANCE = {0: b"low", 2: b"high"}


def header(item: Item) -> bytes:
    """All fields but MIME-Version and Content-*, each with its CRLF; every line is ASCII and has at most 998 octets.
    Raises MessageDamaged."""
    properties = item.properties
    kept, names = _kept(tags.text(properties, tags.TRANSPORT_HEADERS))
    return b"".join([kept, *_made(item, properties, names)])


def _kept(block: str) -> tuple[bytes, set[str]]:
    """The fields of a transport header block that still hold, and their names in lower case.

    The block ends at an empty line: what follows are parts of a body that no longer exists. Lines that are no fields
    are left out, such as the first one that Outlook writes, `Microsoft Mail Internet Headers Version 2.0`. Fields stay
    as they were folded, but for those that hold other than ASCII, or a line that is too long."""
    if not block:
        return b"", set()
    block = block.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").partition("\n\n")[0]
    if " \n" in block or "\t\n" in block or block[-1:] in (" ", "\t"):
        block = _BLANK_LINE.sub("", block)
    fields: list[str] = []
    names: set[str] = set()
    for name, value in _FIELD.findall(block):
        lower = name.lower()
        if not lower.startswith("content-") and lower not in _OF_THE_BODY:
            names.add(lower)
            fields.append(f"{name}{value}\n")
    even = block.isascii() and not block.encode("ascii").translate(None, _EVEN)
    if even and max(map(len, block.split("\n"))) <= LONGEST:
        return "".join(fields).replace("\n", "\r\n").encode("ascii"), names
    return b"".join(map(_mended, fields)), names


def _mended(field: str) -> bytes:
    """A field as it was where it can be, else folded anew. Control characters are left out here and not before: a line
    that begins with one must not become a field."""
    field = _BLANK_LINE.sub("", _ODD.sub("", field))
    if not field.isascii():
        return _encoded(field.replace("\n", ""))
    if max(map(len, field.split("\n"))) > LONGEST:
        return fold(field.replace("\n", "").encode("ascii")) + b"\r\n"
    return field.replace("\n", "\r\n").encode("ascii")


def _encoded(field: str) -> bytes:
    """With encoded words for what is not ASCII (RFC 2047 section 5): in text any word, elsewhere whole phrases."""
    name, _, value = field.partition(":")
    value = value.strip(" \t")
    if name.lower().startswith(_TEXT_FIELDS) or len(value) > _LONGEST_STRUCTURE:
        return fold(name.encode("ascii") + b": " + encoded_among(value, len(name) + 2)) + b"\r\n"
    pieces = [name.encode("ascii") + b": ", *map(_token, _STRUCTURE.findall(value))]
    return fold(b"".join(pieces)) + b"\r\n"


def _token(token: str) -> bytes:
    """A part of a structured field: a quoted string, a phrase, or what stands between them."""
    if token.isascii():
        return token.encode("ascii")
    if token.startswith('"') and len(token) > 1:
        return encoded_words(one_line(_ESCAPE.sub(r"\1", token[1:-1])), _USED)
    if "=?" in token:
        return encoded_among(token, _USED)
    inner = token.strip(" \t")
    before, after = token[: token.index(inner[0])], token[len(token.rstrip(" \t")) :]
    return before.encode("ascii") + encoded_words(one_line(inner), _USED) + after.encode("ascii")


def _made(item: Item, properties: Properties, names: set[str]) -> Iterator[bytes]:
    """The fields that are missing and can be told."""
    if "date" not in names and (sent := instant(properties, tags.SUBMIT_TIME)) is not None:
        yield b"Date: %b\r\n" % mail_date(sent)
    if "from" not in names or ("sender" not in names and not _is_sender(properties)):
        by, through = authors(properties)
        if by and "from" not in names:
            yield fold(b"From: " + by.written()) + b"\r\n"
        if through and "sender" not in names:
            yield fold(b"Sender: " + through.written()) + b"\r\n"
    yield from _recipients(item, properties, names)
    for name, field, tag, write in _TEXTS:
        if name not in names and (value := tags.text(properties, tag)):
            yield write(field, value)
    if "thread-index" not in names and (index := tags.octets(properties, tags.THREAD_INDEX)):
        yield fold(b"Thread-Index: " + b2a_base64(index[:_LONGEST_INDEX], newline=False)) + b"\r\n"
    importance = _IMPORTANCE.get(tags.number(properties, tags.IMPORTANCE) or 0)
    if importance and "importance" not in names and tags.IMPORTANCE in properties:
        yield b"Importance: %b\r\n" % importance


def _is_sender(properties: Properties) -> bool:
    """True when whom the message is from has sent it, at a glance."""
    by = tags.text(properties, tags.FROM_ADDRESS)
    return bool(by) and by == tags.text(properties, tags.SENDER_ADDRESS)


def _recipients(item: Item, properties: Properties, names: set[str]) -> Iterator[bytes]:
    """To, Cc, Bcc. The table is not read where the names that are to be shown say that it holds none of these."""
    wanted = [
        (kind, field)
        for kind, name, field, shown in _RECIPIENTS
        if name not in names and properties.get(shown) not in ("", "\0")
    ]
    if not wanted:
        return
    people = [(tags.number(row, tags.RECIPIENT_TYPE), recipient(row)) for row in item.recipients]
    for kind, field in wanted:
        written = [who.written() for bits, who in people if who and bits is not None and bits & _KIND_BITS == kind]
        if written:
            yield fold(b"%b: %b" % (field, b", ".join(written))) + b"\r\n"


def _subject(field: bytes, value: str) -> bytes:
    """Without what Outlook puts before it: 0x01, and a character that counts the prefix."""
    return unstructured(field, value[2:] if value.startswith("\x01") else value)


def _ids(field: bytes, value: str) -> bytes:
    """Message ids. Nothing is written where there is other than ASCII in them: a wrong id is worse than none."""
    ids: Sequence[str] = one_line(value).split()
    if not ids or not all(each.isascii() for each in ids):
        return b""
    if len(ids) == 1 and not ids[0].startswith("<"):
        ids = [f"<{ids[0]}>"]
    return fold(b"%b: %b" % (field, " ".join(ids).encode("ascii"))) + b"\r\n"


_LONGEST_INDEX = 22 + 5 * 120
"""Octets of a conversation index that fit into one line in base64 (MS-OXOMSG section 2.2.1.3: 22, and 5 a reply)."""

_Write = Callable[[bytes, str], bytes]

_TEXTS: tuple[tuple[str, bytes, int, _Write], ...] = (
    ("subject", b"Subject", tags.SUBJECT, _subject),
    ("message-id", b"Message-ID", tags.MESSAGE_ID, _ids),
    ("in-reply-to", b"In-Reply-To", tags.IN_REPLY_TO, _ids),
    ("references", b"References", tags.REFERENCES, _ids),
    ("thread-topic", b"Thread-Topic", tags.THREAD_TOPIC, unstructured),
)
