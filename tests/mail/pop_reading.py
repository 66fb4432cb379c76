"""Messages behind POP, and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from tui_migrate.mail.pop.source import PopSource
from tui_migrate.mail.protocols import Listed, Listing, Read, Step

MESSAGES = [
    b"Subject: one\r\nMessage-ID: <1>\r\n\r\nplain\r\n",
    b"Subject: two\r\nMessage-ID: <2>\r\n\r\nbare LF\n.\nbare CR\r.\r\n..dots\r\n.\r\n",
    b"Subject: three\r\nMessage-ID: <3>\r\n\r\n" + b"x" * 5_000_000 + b"\r\n",
    b".Subject: four\r\n\r\nno message-id\r\n",
    b"Subject: five\r\nMessage-ID: <5>\r\nDate: Mon, 1 Jul 2019 10:00:00 +0200\r\n"
    b"Received: from a by b; Tue, 2 Jul 2019 10:00:00 +0000\r\nReceived: from c by a; Mon, 1 Jul 2019 08:00:01 +0000"
    b"\r\n\r\ndates\r\n",
]


class Ordinals:
    """Gives them as the store does, and remembers them."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, folder: bytes, names: Sequence[str]) -> tuple[int, Sequence[int]]:
        self.names += [name for name in names if name not in self.names]
        return 1, [self.names.index(name) + 1 for name in names]


def read(opened: PopSource, known: Sequence[int] = ()) -> list[Step]:
    """All steps of a walk over what is not known."""
    folders = [folder for folder in opened.tree().folders if folder.selectable]

    def choose(listing: Listing) -> list[Listed]:
        return [listed for listed in listing.messages if listed.uid not in known]

    return list(opened.read(folders, choose))


def octets(steps: Sequence[Step]) -> dict[int, bytes]:
    """What was read, by ordinal."""
    found = {}
    for step in steps:
        if isinstance(step, Read):
            with closing(step.message.content) as content:
                found[step.message.listed.uid] = b"".join(content.chunks())
    return found
