"""The parts of a message that Apple Mail has emptied, by their octets: what stands around them stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEEPEST = 100
_BLANK = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_TYPE = re.compile(rb"^content-type[ \t]*:[ \t]*([^;\s]*)([^\r\n]*)", re.I | re.M)
_BOUNDARY = re.compile(rb";[ \t]*boundary[ \t]*=[ \t]*(?:\"([^\"]+)\"|([^\s;\"]+))", re.I)
_ENCODING = re.compile(rb"^content-transfer-encoding[ \t]*:[ \t]*([^\s;]*)", re.I | re.M)
_EMPTIED = re.compile(rb"^x-apple-content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*(?:\r?\n|\Z)", re.I | re.M)


class TooDeep(Exception):
    """Parts in parts without end."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """A part whose body lies elsewhere."""

    number: str
    """As in RFC 3501 section 6.4.5."""
    field: tuple[int, int]
    """Where the field stands that says so, with its line end."""
    body: int
    """Where its body belongs."""
    gap: bytes
    """What is missing before it: the empty line behind a header, where that was taken out with the body."""
    encoding: bytes
    """In lower case; empty: not told."""
    length: int
    """Of the body, as the field says: counted with LF, or with CRLF."""


@dataclass(frozen=True, slots=True)
class _Entity:
    """A message, or a part of one."""

    start: int
    end: int
    number: str
    """Of the part; of a message that is attached: of that part. Empty: the whole."""
    is_message: bool
    depth: int


def emptied_parts(message: bytes) -> list[Emptied]:
    """In the order in which they stand there. Raises TooDeep."""
    found = []
    waiting = [_Entity(0, len(message), "", is_message=True, depth=0)]
    while waiting:
        entity = waiting.pop()
        if entity.depth > _DEEPEST:
            raise TooDeep
        body, is_whole = _body(message, entity)
        header = message[entity.start : body]
        field = _EMPTIED.search(header)
        if field and not message[body : entity.end].strip():
            kept = header[: field.start()] + header[field.end() :]
            gap = b"" if is_whole else b"\r\n" if kept.endswith(b"\n") else b"\r\n\r\n"
            place = entity.start + field.start(), entity.start + field.end()
            encoding = _ENCODING.search(header)
            told = encoding[1].lower() if encoding else b""
            number = _below(entity.number, 1) if entity.is_message else entity.number
            found.append(Emptied(number, place, body, gap, told, int(field[1])))
        else:
            waiting += _inner(message, entity, header, body)
    return sorted(found, key=lambda part: part.body)


def _body(message: bytes, entity: _Entity) -> tuple[int, bool]:
    """Where it begins, and whether the empty line is there."""
    for line_end in (b"\n", b"\r\n"):
        if message.startswith(line_end, entity.start, entity.end):
            return entity.start + len(line_end), True
    blank = _BLANK.search(message, entity.start, entity.end)
    return (blank.end(), True) if blank else (entity.end, False)


def _inner(message: bytes, entity: _Entity, header: bytes, body: int) -> Iterator[_Entity]:
    """What an entity consists of."""
    kind = _TYPE.search(_FOLD.sub(b"", header))
    name = kind[1].lower() if kind else b""
    if name == b"message/rfc822":
        number = _below(entity.number, 1) if entity.is_message else entity.number
        yield _Entity(body, entity.end, number, is_message=True, depth=entity.depth + 1)
    boundary = _BOUNDARY.search(kind[2]) if kind and name.startswith(b"multipart/") else None
    if boundary is None:
        return
    mark = re.escape(boundary[1] or boundary[2])
    delimiters = re.compile(rb"^--" + mark + rb"(--)?[ \t]*\r?$", re.M)
    start, count = -1, 0
    for delimiter in delimiters.finditer(message, body, entity.end):
        if start >= 0:
            count += 1
            yield _part(message, entity, start, delimiter.start(), count)
        if delimiter[1]:
            return
        start = min(delimiter.end() + 1, entity.end)
    if start >= 0:
        yield _part(message, entity, start, entity.end, count + 1)


def _part(message: bytes, entity: _Entity, start: int, end: int, count: int) -> _Entity:
    """The line end before a delimiter belongs to that (RFC 2046 section 5.1.1)."""
    for line_end in (b"\r\n", b"\n"):
        if message.endswith(line_end, start, end):
            end -= len(line_end)
            break
    return _Entity(start, end, _below(entity.number, count), is_message=False, depth=entity.depth + 1)


def _below(number: str, count: int) -> str:
    return f"{number}.{count}" if number else str(count)
