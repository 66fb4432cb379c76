"""FETCH replies (RFC 3501 section 7.4.2): a regular expression for the usual shapes, a full parser behind it.

A reply is a list of parts: text, literal, text, literal, …, text,
where literals are `Content` or octets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from tui_migrate.errors import ProtocolViolation, raw
from tui_migrate.mail import numbers
from tui_migrate.mail.message import Content

Part = bytes | Content

START = re.compile(rb"\* +(\d+) +FETCH +\(", re.I)
USUAL = re.compile(
    rb"\* (\d{1,18}) FETCH \((?:UID (\d{1,18}) ?|FLAGS \(([^()\"\r\n]*)\) ?|INTERNALDATE \"([^\"\r\n]*)\" ?"
    rb"|RFC822\.SIZE (\d{1,9}) ?|MODSEQ \(\d+\) ?)*(?:\)|BODY\[(?:HEADER)?\] \{(\d{1,12})\})\r?\n"
)
"""The first line of a reply, and the octets of the literal behind it. Numbers of more digits take the long way, where
they are bounded."""
_TOKEN = re.compile(
    rb'[ \t]*(?:([()])|"((?:[^"\\]|\\.)*)"|~?\{\d+\+?\}\r?\n?\Z|((?:BODY\[[^\]]*\]|[^\s()"])[^\s()]*))', re.I | re.S
)
"""A parenthesis, a quoted string, the announcement of a literal, or an atom. Servers put more into atoms than the
grammar allows, and Dovecot lists `[Gmail]` without quotes."""
_REST = re.compile(rb"\s*\Z")
_ESCAPE = re.compile(rb"\\(.)", re.S)


@dataclass(slots=True)
class Fetched:
    """What one FETCH reply said. None: it did not say."""

    uid: int | None = None
    flags: bytes | None = None
    date: bytes | None = None
    size: int | None = None
    body: Content | None = None
    """BODY[] or BODY[HEADER]; None also when the server said NIL."""
    number: int = 0
    """The message's sequence number."""

    @property
    def lists(self) -> bool:
        """True when it says something that a listing asks for."""
        return self.flags is not None or self.size is not None or self.date is not None


_ITEM = rb"(?:UID|FLAGS|INTERNALDATE|RFC822\.SIZE|MODSEQ|X-[A-Z-]+) |\) *\r?\n"
_LOOSE = {
    "uid": re.compile(rb"[( ]UID (\d+)(?=[ )])", re.I),
    "size": re.compile(rb"[( ]RFC822\.SIZE (\d+)(?=[ )])", re.I),
    "date": re.compile(rb"[( ]INTERNALDATE (?:\"([^\"]*)\"|([^\"()]+?)(?= +(?:%s)|\) *\r?\n))" % _ITEM, re.I),
    "flags": re.compile(rb"[( ]FLAGS +\((.*?)\)(?= +(?:%s)|\) *\r?\n)" % _ITEM, re.I),
}
"""Keywords may hold brackets and quotes that no grammar allows; a message must not go unseen for it."""
_VALUES = {b"UID", b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"BODY[]", b"BODY[HEADER]", b"RFC822", b"RFC822.HEADER"}
_BODIES = {b"BODY[]", b"BODY[HEADER]", b"RFC822", b"RFC822.HEADER"}


def parse_fetch(parts: list[Part]) -> Fetched:
    """One FETCH reply. Raises ProtocolViolation."""
    first = parts[0]
    assert isinstance(first, bytes)
    found = USUAL.fullmatch(first)
    if found and (len(parts) == 1 or (len(parts) == 3 and parts[2] in (b")\r\n", b")\n"))):
        return usual(found, parts[1] if len(parts) == 3 else None)
    fetched = _parse_loosely(first) if len(parts) == 1 and b"BODY[" not in first.upper() else _parse_fully(parts)
    start = START.match(first)
    fetched.number = (numbers.count(start[1]) if start else None) or 0
    return fetched


def usual(found: re.Match[bytes], body: Part | None) -> Fetched:
    """A reply whose first line is `USUAL`."""
    number, uid, flags, date, size, _ = found.groups()
    content = body if body is None or isinstance(body, Content) else Content.of(body)
    return Fetched(int(uid) or None if uid else None, flags, date, int(size) if size else None, content, int(number))


def uid_in(line: bytes) -> int | None:
    """The UID in the first line of a FETCH reply that has not come in full."""
    found = _LOOSE["uid"].search(line) if START.match(line) else None
    return numbers.identifier(found[1]) if found else None


def _parse_loosely(line: bytes) -> Fetched:
    values = {name: found for name, pattern in _LOOSE.items() if (found := pattern.search(line))}
    uid, size, date, flags = (values.get(name) for name in ("uid", "size", "date", "flags"))
    return Fetched(
        numbers.identifier(uid[1]) if uid else None,
        flags[1] if flags else None,
        next((each for each in date.groups() if each is not None), None) if date else None,
        numbers.size(size[1]) if size else None,
    )


def _parse_fully(parts: list[Part]) -> Fetched:
    items = parse_list(parts)
    attributes = items[-1] if items and isinstance(items[-1], list) else None
    if attributes is None:
        raise ProtocolViolation("A FETCH reply cannot be read.", server_words=raw(_shown(parts)))
    fetched = Fetched()
    for name, value in pairwise([*attributes, None]):
        key = name.upper() if isinstance(name, bytes) else b""
        if key not in _VALUES or (isinstance(value, bytes) and value.upper() in _VALUES):
            continue  # a value, or a name without one
        if key == b"UID" and isinstance(value, bytes):
            fetched.uid = numbers.identifier(value)
        elif key == b"RFC822.SIZE" and isinstance(value, bytes):
            fetched.size = numbers.size(value)
        elif key == b"FLAGS" and isinstance(value, list):
            fetched.flags = b" ".join(flag for flag in value if isinstance(flag, bytes))
        elif key == b"INTERNALDATE" and isinstance(value, bytes):
            fetched.date = value
        elif key in _BODIES and not isinstance(value, list) and value is not None:
            fetched.body = value if isinstance(value, Content) else Content.of(value)
    return fetched


def parse_list(parts: list[Part]) -> list[object]:
    """The tokens of a reply: atoms and strings as octets, NIL as None, parentheses as lists. Raises
    ProtocolViolation."""
    stack: list[list[object]] = [[]]
    for part in parts:
        if isinstance(part, Content):
            stack[-1].append(part)
            continue
        at = 0
        while not _REST.match(part, at):
            found = _TOKEN.match(part, at)
            if found is None:
                raise ProtocolViolation("A reply cannot be read.", server_words=raw(_shown(parts)))
            at = found.end()
            _take(found, stack)
    if len(stack) != 1:
        raise ProtocolViolation("A reply's parentheses do not match.", server_words=raw(_shown(parts)))
    return stack[0]


def _take(found: re.Match[bytes], stack: list[list[object]]) -> None:
    bracket, quoted, atom = found.groups()
    if bracket == b"(":
        stack[-1].append([])
        stack.append(stack[-1][-1])  # type: ignore[arg-type]
    elif bracket == b")" and len(stack) > 1:
        stack.pop()
    elif quoted is not None:
        stack[-1].append(_ESCAPE.sub(rb"\1", quoted))
    elif atom is not None:
        stack[-1].append(None if atom.upper() == b"NIL" else atom)


def _shown(parts: list[Part]) -> str:
    return b"".join(part if isinstance(part, bytes) else b"<literal>" for part in parts)[:500].decode("latin-1")
