"""What a POP mailbox holds in this session: its messages with their sizes, and what each is known by for good.

A session sees the mailbox as it was when it was opened (RFC 1939 section 5): new mail is the next session's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui_migrate.errors import CommandRefused, Disconnected, MailError, ProtocolViolation
from tui_migrate.mail.lessons import Lesson
from tui_migrate.mail.numbers import count as read_count
from tui_migrate.mail.numbers import number as read_number
from tui_migrate.mail.numbers import size as read_size
from tui_migrate.mail.pop.codes import is_unknown, list_error
from tui_migrate.mail.pop.names import name_by_header, name_by_octets, told_apart
from tui_migrate.mail.pop.retrieval import headers, messages
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.pop.wire import PopReply
from tui_migrate.mail.protocols import Listed, Ordinals

FOLDER = b"INBOX"
"""The one that there is."""
Answer = tuple[PopReply, list[bytes]]
"""A status line, and the lines behind it."""


@dataclass(frozen=True, slots=True)
class Maildrop:
    """The messages of a mailbox, in ascending ordinal."""

    series: int
    """The ordinals' UIDVALIDITY."""
    listed: Sequence[Listed]
    numbers: dict[int, int]
    """Message numbers of this session, by ordinal."""
    sizes: dict[int, int]
    """As they are listed, by ordinal; 0: not told."""
    missing: int
    """Messages that the server counts and does not list."""


def count_messages(session: PopSession) -> tuple[int, int]:
    """Messages and octets (STAT; LIST where that tells none). Raises MailError."""
    reply = session.wire.run(b"STAT")
    found = reply.text.encode("utf-8").split()[:2] if reply.ok else []
    messages, octets = (read_count(found[0]), read_number(found[1])) if len(found) == 2 else (None, None)
    if messages is not None and octets is not None:
        return messages, octets
    if not reply.ok and (error := list_error(reply, "STAT")).retry:
        raise error
    sizes = _sizes(*_ask(session, b"LIST"))
    return len(sizes), sum(sizes.values())


def list_maildrop(session: PopSession, count: int, ordinals: Ordinals) -> Maildrop:
    """All messages of the mailbox, which holds `count`. Raises MailError.

    Where the server has no UIDL, the headers of all messages are read to know them again, in every session.
    """
    listing, uidls = _list_and_names(session)
    sizes = _sizes(*listing) if count or listing[0].ok else {}
    names = {int(number): uidl.decode("latin-1") for number, uidl in _pairs(uidls)}
    nameless = sorted(sizes.keys() - names.keys())
    if nameless:
        names |= _names_by_reading(session, nameless)
    numbers = sorted(names)
    series, given = ordinals(FOLDER, told_apart(names[number] for number in numbers))
    by_ordinal = dict(zip(given, numbers, strict=True))
    by_size = {ordinal: sizes.get(by_ordinal[ordinal], 0) for ordinal in sorted(by_ordinal)}
    listed = [Listed(ordinal, frozenset(), b"", None, size) for ordinal, size in by_size.items()]
    return Maildrop(series, listed, by_ordinal, by_size, max(0, count - len(numbers)))


def _list_and_names(session: PopSession) -> tuple[Answer, Sequence[bytes]]:
    """What answers LIST, and the lines of UIDL, if any. Raises MailError."""
    if session.lessons.knows(Lesson.NO_UIDL):
        return _ask(session, b"LIST"), []
    if session.has("UIDL"):
        listing, named = session.wire.run_all([b"LIST", b"UIDL"], ahead=session.ahead)
        if not named[0].ok and session.ahead and not list_error(named[0], "UIDL").retry:
            named = _named_alone(session, named)
    else:
        listing, named = _ask(session, b"LIST"), _named_unannounced(session)
    reply, uidls = named
    if not reply.ok:
        # Names that are made up because it cannot tell them just now would be other ones.
        if (error := list_error(reply, "UIDL")).retry:
            raise error
        if not session.has("UIDL") or is_unknown(reply):
            session.lessons.learn(Lesson.NO_UIDL, reply.words)
    return listing, uidls


def _ask(session: PopSession, command: bytes) -> Answer:
    return session.wire.run_all([command], ahead=False)[0]


def _named_alone(session: PopSession, refused: Answer) -> Answer:
    """What answers UIDL once more, where it was sent before LIST was answered: that may be what was refused."""
    named = _ask(session, b"UIDL")
    if named[0].ok:
        session.lessons.learn(Lesson.ONE_AT_A_TIME, refused[0].words)
    return named


def _named_unannounced(session: PopSession) -> Answer:
    """What answers UIDL where it is not announced: many servers know it all the same, some hang up over it."""
    try:
        return _ask(session, b"UIDL")
    except Disconnected as error:
        session.lessons.learn(Lesson.NO_UIDL, error.sentence)
        raise


def _sizes(reply: PopReply, lines: list[bytes]) -> dict[int, int]:
    """Octets by message number; 0 where the size is not told. Raises MailError."""
    if not reply.ok:
        raise _unlisted(reply, "LIST")
    return {int(number): read_size(size) or 0 for number, size in _pairs(lines)}


def _pairs(lines: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Numbers, each with what belongs to it; servers may add more to a line."""
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


def _unlisted(reply: PopReply, command: str) -> MailError:
    error = list_error(reply, command)
    if error.retry:
        return error
    if not reply.regular:
        sentence = f"The source answers {command} with neither +OK nor -ERR."
        return ProtocolViolation(sentence, server_words=reply.words, command=command)
    return CommandRefused("The source does not list its messages.", server_words=reply.words, command=command)
