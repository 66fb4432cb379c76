"""What LIST, LSUB and STATUS tell (RFC 3501 sections 7.2.2 to 7.2.4; RFC 5258), also as servers write it that quote
badly or not at all.

Where the grammar is broken and one meaning is left, it is taken: a name without quotes runs to the end of its line, one
with a quote inside to the last quote. Where two are left, neither is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail import numbers
from tui_migrate.mail.imap.fetch import Part, parse_list
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content

_ROW = re.compile(
    rb"\*\s+(LIST|LSUB|XLIST)\s+(?:\(([^()]*)\)+\s*|NIL\s+)?"
    rb'(NIL|"NIL"|"(?:\\?.)?"|[^\s"()])\s+(.*)',
    re.I | re.S,
)
_STATUS = re.compile(rb"\*\s+STATUS\s+(.*?)\s*(?:\(((?:[^()]|\([^()]*\))*)\)\s*)?", re.I | re.S)
_NUMBERS = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ)\s+(\d+)", re.I)
_QUOTED = re.compile(rb'"((?:[^"\\]|\\["\\])*)"', re.S)
_ESCAPE = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb"~?\{\d+\+?\}\s*")
_EXTENSION = re.compile(rb'\s+\(\s*"?(?:CHILDINFO|OLDNAME)"?[\s)]', re.I)
"""Extended data behind a name without quotes (RFC 5258, RFC 5465): what else stands in parentheses is of the name."""
_LONGEST_NAME = 4096
"""Octets: no command line need be longer than twice that (RFC 2683 section 3.2.1.5)."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """A folder as one row tells of it."""

    name: bytes
    attributes: frozenset[bytes]
    """Lower case, each with its backslash."""
    delimiter: str
    """Empty: it has no hierarchy."""

    @property
    def selectable(self) -> bool:
        """True when it may hold mail (RFC 3501 section 7.2.2, RFC 5258 section 3)."""
        return not self.attributes & {b"\\noselect", b"\\nonexistent"}


@dataclass(frozen=True, slots=True)
class ListRows:
    """The rows among replies."""

    rows: tuple[ListRow, ...]
    unreadable: tuple[str, ...]
    """Rows that have no meaning, or two, as they came."""


def read_rows(replies: Iterable[Reply], kind: bytes) -> ListRows:
    """The rows of this kind: LIST or LSUB."""
    rows, unreadable = [], []
    start = re.compile(rb"\*\s+X?" + kind + rb"\s", re.I)
    for reply in replies:
        first = reply.parts[0]
        if not isinstance(first, bytes) or not start.match(first):
            continue
        row = _row(reply.parts)
        if row is None or len(row.name) > _LONGEST_NAME or (not row.name and row.selectable):
            unreadable.append(_shown(reply.parts))
        elif row.name:  # an empty one that cannot be opened is the answer to what the delimiter is
            rows.append(row)
    return ListRows(tuple(rows), tuple(unreadable))


def read_status(reply: Reply) -> tuple[bytes, FolderStatus] | None:
    """Name and numbers in an untagged STATUS; None when the reply is another one, or tells too little."""
    first, last = reply.parts[0], reply.parts[-1]
    if not isinstance(first, bytes) or not isinstance(last, bytes) or len(first) > 2 * _LONGEST_NAME:
        return None
    found = _STATUS.fullmatch(first)
    if found is None:
        return None
    raw, items = found.groups()
    name = _name([raw, *reply.parts[1:]]) if len(reply.parts) > 1 else _name([raw])
    told = {key.upper(): value for key, value in _NUMBERS.findall(items or last)}
    messages = numbers.count(told.get(b"MESSAGES", b""))
    uidvalidity = numbers.number(told.get(b"UIDVALIDITY", b""))
    if name is None or messages is None or uidvalidity is None:
        return None
    return name, FolderStatus(
        messages=messages,
        uidnext=numbers.number(told.get(b"UIDNEXT", b"")),
        uidvalidity=uidvalidity,
        token=str(numbers.identifier(told.get(b"HIGHESTMODSEQ", b"")) or ""),  # 0: this folder has none (RFC 7162)
    )


def _row(parts: Sequence[Part]) -> ListRow | None:
    first = parts[0]
    assert isinstance(first, bytes)
    found = _ROW.match(first)
    name = _name([found[4], *parts[1:]]) if found else None
    if found is None or name is None:
        return None
    told = (word.strip(b'"').replace(b"\\\\", b"\\").lower() for word in (found[2] or b"").split())
    delimiter = found[3][1:-1] if found[3].startswith(b'"') else found[3]
    split = "" if delimiter.upper() == b"NIL" else delimiter[-1:].decode("latin-1")
    return ListRow(name, frozenset(told), split)


def _name(parts: Sequence[Part]) -> bytes | None:
    """A name, and nothing but extended data behind it. None: it has no meaning, or two."""
    text = parts[0]
    assert isinstance(text, bytes)
    if len(parts) > 1 and _LITERAL.fullmatch(text):
        literal = parts[1]
        if not isinstance(literal, Content):
            return literal
        return b"".join(literal.chunks()) if literal.length <= _LONGEST_NAME else None
    text = text.rstrip()
    if not text.startswith(b'"'):
        extension = _EXTENSION.search(text)
        if extension is None and len(parts) > 1:
            return None
        return text[: extension.start()] if extension else text
    quoted = _QUOTED.match(text)
    if quoted and _is_extension([text[quoted.end() :], *parts[1:]]):
        return _ESCAPE.sub(rb"\1", quoted[1])
    inner = text[1:-1]
    one_meaning = len(text) > 1 and text.endswith(b'"') and len(parts) == 1 and not _ESCAPE.search(inner)
    return inner if one_meaning else None


def _is_extension(parts: Sequence[Part]) -> bool:
    """True when nothing is left, or one pair of parentheses."""
    if parts == [b""]:
        return True
    try:
        items = parse_list([*parts])
    except ProtocolViolation:
        return False
    return len(items) == 1 and isinstance(items[0], list)


def _shown(parts: Sequence[Part]) -> str:
    line = b"".join(part if isinstance(part, bytes) else b"<literal>" for part in parts)
    return line[:500].decode("utf-8", "backslashreplace").strip()
