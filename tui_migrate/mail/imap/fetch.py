"""FETCH replies (RFC 3501 section 7.4.2): a regular expression for the usual shapes, a full parser behind it.

A reply is a list of parts: text, literal, text, literal, …, text,
where literals are `Content` or octets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.message import Content

Part = bytes | Content

START = re.compile(rb"\* (\d+) FETCH \(", re.I)
_USUAL = re.compile(
    rb"\* \d+ FETCH \((?:UID (\d+) ?|FLAGS \(([^()\"]*)\) ?|INTERNALDATE \"([^\"]*)\" ?|RFC822\.SIZE (\d+) ?"
    rb"|MODSEQ \(\d+\) ?)*(\)|BODY\[(?:HEADER)?\] \{\d+\})\r?\n"
)
_TOKEN = re.compile(
    rb'[ \t]*(?:([()])|"((?:[^"\\]|\\.)*)"|~?\{\d+\+?\}\r?\n?\Z|((?:BODY\[[^\]]*\]|[^\s()"])[^\s()]*))', re.I | re.S
)
"""A parenthesis, a quoted string, the announcement of a literal, or an atom. Servers put more into atoms than the
grammar allows, and Dovecot lists `[Gmail]` without quotes."""
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


_LOOSE = {
    "uid": re.compile(rb"[( ]UID (\d+)(?=[ )])", re.I),
    "size": re.compile(rb"[( ]RFC822\.SIZE (\d+)(?=[ )])", re.I),
    "date": re.compile(rb"[( ]INTERNALDATE \"([^\"]*)\"", re.I),
    "flags": re.compile(rb"[( ]FLAGS \((.*?)\)(?= (?:UID|INTERNALDATE|RFC822\.SIZE|MODSEQ) |\)\r?\n)", re.I),
}
"""Keywords may hold brackets and quotes that no grammar allows; a message must not go unseen for it."""


def parse_fetch(parts: list[Part]) -> Fetched:
    """One FETCH reply. Raises ProtocolViolation."""
    first = parts[0]
    assert isinstance(first, bytes)
    usual = _USUAL.fullmatch(first)
    if usual and (len(parts) == 1 or (len(parts) == 3 and parts[2] in (b")\r\n", b")\n"))):
        uid, flags, date, size, _ = usual.groups()
        fetched = Fetched(int(uid) if uid else None, flags, date, int(size) if size else None)
        if len(parts) == 3:
            body = parts[1]
            fetched.body = body if isinstance(body, Content) else Content.of(body)
        return fetched
    if len(parts) == 1 and b"BODY[" not in first.upper():
        values = {name: found[1] for name, pattern in _LOOSE.items() if (found := pattern.search(first))}
        uid, size = values.get("uid"), values.get("size")
        return Fetched(int(uid) if uid else None, values.get("flags"), values.get("date"), int(size) if size else None)
    return _parse_fully(parts)


def _parse_fully(parts: list[Part]) -> Fetched:
    items = parse_list(parts)
    attributes = items[-1] if items and isinstance(items[-1], list) else None
    if attributes is None:
        raise ProtocolViolation("A FETCH reply cannot be read.", server_words=_shown(parts))
    fetched = Fetched()
    for name, value in zip(attributes[::2], attributes[1::2], strict=False):
        if not isinstance(name, bytes):
            continue
        key = name.upper()
        if key == b"UID" and isinstance(value, bytes) and value.isdigit():
            fetched.uid = int(value)
        elif key == b"RFC822.SIZE" and isinstance(value, bytes) and value.isdigit():
            fetched.size = int(value)
        elif key == b"FLAGS" and isinstance(value, list):
            fetched.flags = b" ".join(flag for flag in value if isinstance(flag, bytes))
        elif key == b"INTERNALDATE" and isinstance(value, bytes):
            fetched.date = value
        elif key in (b"BODY[]", b"BODY[HEADER]", b"RFC822") and not isinstance(value, list) and value is not None:
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
        while at < len(part) and part[at:].strip():
            found = _TOKEN.match(part, at)
            if found is None:
                raise ProtocolViolation("A reply cannot be read.", server_words=_shown(parts))
            at = found.end()
            _take(found, stack)
    if len(stack) != 1:
        raise ProtocolViolation("A reply's parentheses do not match.", server_words=_shown(parts))
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
