"""Whose a folder is (RFC 2342): the mailbox's own, or other people's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.imap.fetch import Part, parse_list
from tui_migrate.mail.imap.names import decode
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.message import Content

_INBOX = b"INBOX"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace, as on the wire."""

    prefix: bytes
    delimiter: bytes
    """Empty: it is flat, or does not tell."""

    def holds(self, name: bytes, delimiter: bytes) -> bool:
        """True when the folder lies in it; `delimiter` is the folder's own.

        Some servers tell the prefix without its delimiter. It is then the name of a whole component: `#Public` holds
        `#Public.a` and not `#Publications`. One that has neither letters nor digits, such as `~`, is the beginning of
        one."""
        prefix, between = _folded(self.prefix), self.delimiter or delimiter
        name = _folded(name)
        if between and not prefix.endswith(between) and any(map(str.isalnum, decode(prefix))):
            return name == prefix or name.startswith(prefix + between)
        return name.startswith(prefix)


@dataclass(frozen=True, slots=True)
class Namespaces:
    """All that the server tells of; nothing where it does not."""

    personal: tuple[Namespace, ...] = ()
    others: tuple[Namespace, ...] = ()
    """Other users' and shared ones."""

    @property
    def prefix(self) -> bytes:
        """The prefix of the first personal namespace."""
        return self.personal[0].prefix if self.personal else b""

    @property
    def delimiter(self) -> str:
        """The delimiter of the first personal namespace."""
        return self.personal[0].delimiter.decode("latin-1") if self.personal else ""

    def is_own(self, name: bytes, delimiter: bytes) -> bool:
        """True for INBOX, and for a folder that lies in no narrower namespace than a personal one.

        So a shared namespace with an empty prefix holds all that is not below a personal one. Where no personal
        namespace is told, it is the root: mail is not left behind for want of a word."""
        if _folded(name) == _INBOX:
            return True
        mine = [len(each.prefix) for each in self.personal if each.holds(name, delimiter)]
        theirs = [len(each.prefix) for each in self.others if each.holds(name, delimiter)]
        return max(mine, default=-1 if self.personal else 0) >= max(theirs, default=-1)


def read_namespaces(replies: Iterable[Reply]) -> Namespaces:
    """The answer to NAMESPACE among these; one that cannot be read tells nothing."""
    for reply in replies:
        first = reply.parts[0]
        if isinstance(first, bytes) and first[:12].upper() == b"* NAMESPACE ":
            kinds = [[*_spaces(kind)] for kind in _items(reply.parts)[2:5]]
            return (
                Namespaces(tuple(kinds[0]), tuple(each for kind in kinds[1:] for each in kind))
                if kinds
                else Namespaces()
            )
    return Namespaces()


def _items(parts: list[Part]) -> list[object]:
    try:
        return parse_list(parts)
    except ProtocolViolation:  # a backslash that is a delimiter, and is not escaped
        mended = [part.replace(b"\\", b"\\\\") if isinstance(part, bytes) else part for part in parts]
    try:
        return parse_list(mended)
    except ProtocolViolation:
        return []


def _spaces(kind: object) -> Iterator[Namespace]:
    for row in kind if isinstance(kind, list) else []:
        if isinstance(row, list) and row and (prefix := _octets(row[0])) is not None:
            yield Namespace(prefix, (_octets(row[1]) if len(row) > 1 else None) or b"")


def _octets(item: object) -> bytes | None:
    if isinstance(item, Content):
        return b"".join(item.chunks())
    return item if isinstance(item, bytes) else None


def _folded(name: bytes) -> bytes:
    """INBOX is the same in any case of letters, and what lies below it too."""
    below = name[5:6]
    return _INBOX + name[5:] if name[:5].upper() == _INBOX and not below.isalnum() else name
