"""Answers of Exchange Web Services, read as they come: small elements one by one, octets of mail straight out of their
base64.

What comes is XML without a DOCTYPE and with no entities of its own (expat refuses what would unfold), and bounded in
depth and in what is held at once. Names are looked at without their namespace.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.message import Content
from tui_migrate.mail.spool import Gathered

_PIECE = 1 << 16
"""Characters of a long text that are decoded at a time."""
_DEEPEST = 40
_LONGEST = 1 << 24
"""Characters of a text: a SyncState of a huge folder takes some megabytes."""
_MOST_ELEMENTS = 200_000
"""Of what is held at once: a thousand items of a page have fifteen each."""
_OCTETS = ("MimeContent", "Content")
"""Elements whose text is base64 that may be large."""
_NO_CHARACTER = re.compile(rb"&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[fF]{3}[eEfF])|0*(?:[0-8]|1[124-9]|2\d|3[01]));")
"""References to characters that XML 1.0 does not have, and Exchange writes: a name or a category may hold them."""
_REFERENCE = 12
"""Octets of the longest of them."""
_CONTROLS = bytes(each for each in range(32) if each not in b"\t\r\n")


@dataclass(slots=True)
class Element:
    """An element with what is in it."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""
    octets: Content | None = None
    """Of mail."""

    def find(self, *path: str) -> Element | None:
        """The first one below at the end of this path."""
        found: Element | None = self
        for name in path:
            found = next((each for each in found.children if each.name == name), None) if found else None
        return found

    def told(self, *path: str) -> str:
        """The text there; empty where there is none."""
        found = self.find(*path)
        return found.text.strip() if found else ""

    def walk(self) -> Iterator[Element]:
        """This one and all below."""
        yield self
        for each in self.children:
            yield from each.walk()

    def close(self) -> None:
        """Give back what its octets lie in."""
        for each in self.walk():
            if each.octets is not None:
                each.octets.close()


class Answer:
    """The answer to one request. Whoever reads it takes the elements of these names as they end, and takes care of
    their octets; what has been taken is held no more."""

    def __init__(self, chunks: Iterable[bytes], where: str, spool_folder: Path | None = None) -> None:
        self._chunks = chunks
        self._where = where
        self._spool_folder = spool_folder
        self._open: list[Element] = []
        self._texts: list[str] = []
        self._length = 0
        self._elements = 0
        self._taken: list[Element] = []
        self._wanted: frozenset[str] = frozenset()
        self._gathered: Gathered | None = None
        self._rest = ""
        """Of base64, which is decoded by fours."""

    def elements(self, *wanted: str) -> Iterator[Element]:
        """The elements of these names, of which none lies in another. Raises ProtocolViolation, and what the connection
        and the disk raise."""
        self._wanted = frozenset(wanted)
        parser = self._parser()
        held = b""
        try:
            for chunk in self._chunks:
                piece, held = _without_controls(held + chunk)
                parser.Parse(piece, False)
                yield from self._take()
            parser.Parse(held, True)
            yield from self._take()
        except expat.ExpatError as error:
            raise self._unreadable(expat.errors.messages.get(error.code, "no XML")) from None
        except (Base64Error, ValueError):
            raise self._unreadable("no base64 where mail should be") from None
        finally:
            for each in self._taken:
                each.close()
            for each in self._open[:1]:
                each.close()
            if self._gathered is not None:
                self._gathered.close()

    def _take(self) -> Iterator[Element]:
        while self._taken:
            yield self._taken.pop(0)

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = _PIECE
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        return parser

    def _doctype(self, *_: object) -> None:
        raise self._unreadable("a DOCTYPE")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= _DEEPEST or self._elements > _MOST_ELEMENTS or self._gathered is not None:
            raise self._unreadable("more elements than it should have")
        element = Element(name.rpartition(":")[2], attributes)
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._texts, self._length = [], 0
        if element.name in _OCTETS and not attributes.get("nil"):
            self._gathered, self._rest = Gathered(self._spool_folder), ""

    def _text(self, text: str) -> None:
        if self._gathered is not None:
            text = self._rest + "".join(text.split())
            whole = len(text) & ~3
            self._gathered.take(a2b_base64(text[:whole], strict_mode=True))
            self._rest = text[whole:]
            return
        self._length += len(text)
        if self._length > _LONGEST:
            raise self._unreadable("a text that is too long")
        self._texts.append(text)

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if self._gathered is not None:
            self._gathered.take(a2b_base64(self._rest, strict_mode=True))
            gathered, self._gathered = self._gathered, None
            element.octets = gathered.content()
        elif not element.children:
            element.text = "".join(self._texts)
        self._texts = []
        if element.name in self._wanted:
            if self._open:
                self._open[-1].children.pop()
            self._elements -= sum(1 for _ in element.walk())
            self._taken.append(element)

    def _unreadable(self, why: str) -> ProtocolViolation:
        return ProtocolViolation(f"{self._where} sends an answer that cannot be read: {why}.")


def _without_controls(octets: bytes) -> tuple[bytes, bytes]:
    """Octets of XML without characters that it does not have, and what of the end may be the beginning of one."""
    octets = octets.translate(None, _CONTROLS)
    held = b""
    at = octets.rfind(b"&", max(0, len(octets) - _REFERENCE))
    if at >= 0 and b";" not in octets[at:]:
        octets, held = octets[:at], octets[at:]
    return (_NO_CHARACTER.sub(b"", octets) if b"&#" in octets else octets), held
