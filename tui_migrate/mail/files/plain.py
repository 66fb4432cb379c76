"""Messages as plain tuples, which cost a fifth of what objects cost on their way from one process to another."""

from __future__ import annotations

import os
from typing import Any

from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import Listed, Listing, Message
from tui_migrate.model import Fingerprint, Signs

Plain = tuple[Any, ...]


def of_listing(listing: Listing) -> Plain:
    """A stretch of a folder."""
    rows = [(m.uid, m.flags, m.date, m.instant, m.size, m.odd_date, m.named) for m in listing.messages]
    return listing.folder, listing.uidvalidity, rows, listing.last, listing.exists, listing.unlisted


def to_listing(plain: Plain) -> Listing:
    """The same again."""
    folder, uidvalidity, rows, *rest = plain
    return Listing(folder, uidvalidity, [Listed(*row) for row in rows], *rest)


def of_message(message: Message) -> Plain:
    """A message, by its UID. Without its octets where they are in a file."""
    content, print_ = message.content, message.fingerprint
    signs, octets = print_.signs, content.octets
    if octets is None and content.descriptor() is None:  # no more files could be opened
        octets = b"".join(content.chunks())
    return (
        message.listed.uid,
        octets,
        content.length,
        content.without,
        (print_.length, print_.instant, print_.header, print_.body),
        None if signs is None else (signs.identity, signs.topic, signs.trace, signs.text),
        message.date,
        message.instant,
    )


def length_of(plain: Plain) -> int:
    """Octets of a message."""
    length: int = plain[2]
    return length


def to_message(plain: Plain, listed: Listed, descriptor: int | None = None) -> Message:
    """The same again, as it was listed. `descriptor`: of the file in which its octets are."""
    _, octets, length, without, (size, at, header, body), signs, date, instant = plain
    file = None if descriptor is None else os.fdopen(descriptor, "rb")
    content = Content(octets, file, length)
    content.without = without
    print_ = Fingerprint(size, at, header, body, None if signs is None else Signs(*signs))
    return Message(listed, content, print_, date, instant)
