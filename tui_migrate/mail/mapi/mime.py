"""The mail that an item is: its octets, made anew from properties (MS-OXCMAIL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi import tags
from tui_migrate.mail.mapi.attachments import LINKS, in_order, is_inline, part_of, references
from tui_migrate.mail.mapi.bodies import bodies
from tui_migrate.mail.mapi.headers import header
from tui_migrate.mail.mapi.item import Item
from tui_migrate.mail.mapi.parts import (
    BOUNDARY_START,
    Deferred,
    Enclosed,
    Leaf,
    Multipart,
    Part,
    Stream,
    base64_lines,
    joined,
)
from tui_migrate.mail.mapi.reports import report
from tui_migrate.mail.mapi.smime import Entity, protected

DEEPEST = 32
"""Messages within messages."""
_GATHERED = 1 << 18
_EMPTY = Leaf(b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n", b"")


def write_mime(item: Item, write: Callable[[bytes], object]) -> list[str]:
    """Hand the octets of a mail to `write`, with CRLF, in pieces of some 256 KB: attachments are never in memory as a
    whole. Two calls for equal items give the same octets.

    Returns what of the item is not in the mail, in sentences for the admin. Raises MessageDamaged, which may come after
    octets have been handed over."""
    writing = _Writing(item.key, write)
    writing.message(item, "", 0)
    writing.end()
    return writing.remarks


class _Writing:
    """A mail that is being written."""

    def __init__(self, key: str, write: Callable[[bytes], object]) -> None:
        self.remarks: list[str] = []
        self._key = key
        self._write = write
        self._pieces: list[bytes] = []
        self._length = 0
        self._last = b""

    def message(self, item: Item, place: str, depth: int) -> None:
        """The mail, or one within it, without what ends its last line. `place`: which of the mail's parts it is."""
        if depth > DEEPEST:
            raise MessageDamaged(f"More than {DEEPEST} messages are attached one within the other.")
        self._put(header(item))
        self._put(b"MIME-Version: 1.0\r\n")
        part = protected(item)
        if isinstance(part, Entity):
            self._put(part.headers)
            self._put(b"\r\n")
            self._put_all(part.body)
        else:
            self._part(part or self._parts(item), place, depth)

    def end(self) -> None:
        """End the last line, where it has no end, and hand over what is left."""
        if not self._last.endswith(b"\n"):
            self._put(b"\r\n")
        self._flush()

    def _parts(self, item: Item) -> Part:
        """Text, with what is shown in it, then what is attached."""
        text = bodies(item)
        if text.remark:
            self.remarks.append(text.remark)
        attachments = in_order(item.attachments)
        referred = references(text.html) if attachments else frozenset()
        shown: list[Part] = []
        attached: list[Part] = []
        for attachment in attachments:
            properties = attachment.properties
            if tags.number(properties, tags.ATTACH_METHOD) in LINKS:
                self.remarks.append("What is attached is a link to a file elsewhere, and the file was not copied.")
                continue
            inline = bool(text.html) and is_inline(properties, referred)
            (shown if inline else attached).append(part_of(attachment, inline))
        seen = text.part
        if seen and shown:
            root = b"multipart/alternative" if isinstance(seen, Multipart) else b"text/html"
            seen = Multipart(b'related;\r\n type="%b"' % root, [seen, *shown])
        told = report(item, seen, attached)
        return told or joined(b"mixed", [seen, *attached] if seen else attached or [_EMPTY])

    def _part(self, part: Part, place: str, depth: int) -> None:
        """Header and content of a part, without what ends its last line."""
        if isinstance(part, Multipart):
            self._multipart(part, place, depth)
            return
        if isinstance(part, Deferred):
            part = part.part()
        self._put(part.headers)
        self._put(b"\r\n")
        match part:
            case Leaf():
                self._put(part.content)
            case Stream():
                self._put_all(base64_lines(part.data()))
            case Enclosed():
                self.message(part.item, place, depth + 1)

    def _multipart(self, part: Multipart, place: str, depth: int) -> None:
        name = blake2b(f"{self._key}\n{place}".encode("utf-8", "replace"), digest_size=12).hexdigest()
        boundary = BOUNDARY_START + name.encode("ascii")
        self._put(b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n' % (part.kind, boundary))
        for number, each in enumerate(part.parts, 1):
            self._put(b"\r\n--%b\r\n" % boundary)
            self._part(each, f"{place}.{number}", depth)
        self._put(b"\r\n--%b--" % boundary)

    def _put_all(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self._put(piece)

    def _put(self, piece: bytes) -> None:
        if not piece:
            return
        self._pieces.append(piece)
        self._last = piece
        self._length += len(piece)
        if self._length >= _GATHERED:
            self._flush()

    def _flush(self) -> None:
        if self._pieces:
            self._write(b"".join(self._pieces))
            self._pieces.clear()
            self._length = 0
