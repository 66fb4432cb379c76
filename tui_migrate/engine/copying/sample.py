"""One message of an account compared as it lies at the destination with what was sent: does the server rewrite mail?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_migrate.mail.protocols import Listed, MailDestination, Message

_FIELD = re.compile(rb"([^\s:]+)[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)")
_BLANKS = b" \t\r\n"
_SYSTEM = frozenset({"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"})
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """What was sent."""

    folder: bytes
    """Of the destination, as on the wire."""
    uid: int
    """That it has there."""
    header: bytes
    instant: int | None
    """None where it was sent without a date."""
    flags: frozenset[str]

    @classmethod
    def of(cls, folder: bytes, messages: Sequence[Message], uids: Sequence[int], *, dated: bool) -> Sample:
        """The first of these that has 8-bit characters in its header, which some servers replace; else the first."""
        heads = [message.content.head() for message in messages]
        at = next((number for number, head in enumerate(heads) if not head.isascii()), 0)
        message = messages[at]
        instant = message.instant if dated and message.date else None
        return cls(folder, uids[at], heads[at], instant, message.listed.flags)

    def compare(self, destination: MailDestination) -> list[str]:
        """What the server has changed, in words; empty also where the message is gone. Raises MailError."""
        there = destination.as_it_lies(self.folder, self.uid)
        return [] if there is None else [*self._changes(*there)]

    def _changes(self, listed: Listed, header: bytes) -> Iterator[str]:
        sent, found = _fields(self.header), _fields(header)
        more, fewer = Counter(found) - Counter(sent), Counter(sent) - Counter(found)
        added, dropped = {name for name, _ in more}, {name for name, _ in fewer}
        for what, names in (
            ("added", added - dropped),
            ("dropped", dropped - added),
            ("changed", added & dropped),
        ):
            if names:
                yield f"headers {what}: {', '.join(sorted(names)[:_MOST_NAMED])}"
        if sent != found and not more and not fewer:
            yield "headers in another order"
        if self.instant is not None and listed.instant not in (None, self.instant):
            yield "date"
        if not (self.flags & _SYSTEM) <= listed.flags:
            yield "flags"


def _fields(header: bytes) -> list[tuple[str, bytes]]:
    return [(name.decode("latin-1").title(), value.translate(None, _BLANKS)) for name, value in _FIELD.findall(header)]
