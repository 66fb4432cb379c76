"""What a POP mailbox holds in this session: its messages with their sizes, and what each is known by for good.

A session sees the mailbox as it was when it was opened (RFC 1939 section 5): new mail is the next session's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui_migrate.errors import CommandRefused
from tui_migrate.mail.numbers import count as read_count
from tui_migrate.mail.numbers import number as read_number
from tui_migrate.mail.numbers import size as read_size
from tui_migrate.mail.pop.codes import message_error
from tui_migrate.mail.pop.names import name_by_header, name_by_octets, told_apart
from tui_migrate.mail.pop.retrieval import headers, messages
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.pop.wire import Reply
from tui_migrate.mail.protocols import Listed, Ordinals


@dataclass(frozen=True, slots=True)
class Maildrop:
    """In ascending ordinal."""

    series: int
    """The ordinals' UIDVALIDITY."""
    listed: Sequence[Listed]
    numbers: dict[int, int]
    """Message numbers of this session, by ordinal."""
    missing: int
    """Messages that the server counts and does not list."""


def count_messages(session: PopSession) -> tuple[int, int]:
    """Messages and octets (STAT). Raises MailError."""
    reply = session.wire.run(b"STAT")
    found = reply.text.encode("utf-8").split()[:2] if reply.ok else []
    messages, octets = (read_count(found[0]), read_number(found[1])) if len(found) == 2 else (None, None)
    if messages is None or octets is None:
        raise _unlisted(reply, "STAT")
    return messages, octets


def list_maildrop(session: PopSession, count: int, ordinals: Ordinals) -> Maildrop:
    """All messages of the mailbox, which holds `count`. Raises MailError.

    Where the server has no UIDL, the headers of all messages are read to know them again, in every session.
    """
    commands = [b"LIST", b"UIDL"]
    (list_reply, list_lines), (_, uidl_lines) = session.wire.run_all(commands, ahead=session.has("PIPELINING"))
    if count and not list_reply.ok:
        raise _unlisted(list_reply, "LIST")
    # A size that is not told is an unknown one: 0.
    sizes = {int(number): read_size(size) or 0 for number, size in _pairs(list_lines)}
    names = {int(number): uidl.decode("latin-1") for number, uidl in _pairs(uidl_lines)}
    nameless = sorted(sizes.keys() - names.keys())
    if nameless:
        names |= _names_by_reading(session, nameless)
    numbers = sorted(names)
    series, given = ordinals(told_apart(names[number] for number in numbers))
    by_ordinal = dict(zip(given, numbers, strict=True))
    listed = [
        Listed(ordinal, frozenset(), b"", None, sizes.get(by_ordinal[ordinal], 0)) for ordinal in sorted(by_ordinal)
    ]
    return Maildrop(series, listed, by_ordinal, max(0, count - len(numbers)))


def _pairs(lines: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Number and what belongs to it; servers may add more to a line."""
    words = [line.split() for line in lines]
    return [(each[0], each[1]) for each in words if len(each) > 1 and read_count(each[0]) is not None]


def _names_by_reading(session: PopSession, numbers: Sequence[int]) -> dict[int, str]:
    names: dict[int, str] = {}
    for number, header in headers(session, numbers):
        if name := name_by_header(header):
            names[number] = name
    for number, content in messages(session, [number for number in numbers if number not in names]):
        names[number] = name_by_octets(content.chunks())
        content.close()
    return names


def _unlisted(reply: Reply, command: str) -> Exception:
    error = message_error(reply, command)
    if error.retry:
        return error
    return CommandRefused("The source does not list its messages.", server_words=reply.words, command=command)
