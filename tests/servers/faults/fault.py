"""What every fault is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from tests.servers.loopback_server import Chunk
from tests.servers.mailbox import Folder, StoredMessage
from tests.servers.session import Command, Proceed, Session


class Fault:
    """Overrides what it needs. A server calls all of it under its lock, so nothing here may wait."""

    users: frozenset[str] = frozenset()
    """Whom it concerns; empty: everybody."""

    def only_for(self, *users: str) -> Self:
        """Nobody else sees it; these see it once they are logged in."""
        self.users = frozenset(users)
        return self

    def asked(self, session: Session, command: Command) -> Sequence[Chunk | Proceed] | None:
        """What is done in the place of a command; None: the next fault decides, and then the server."""

    def announced(self, session: Session, command: Command, size: int) -> Sequence[Chunk] | None:
        """What is done in the place of taking a literal of this size. The command ends there, and what the client sends
        behind its line is read as the next one. None: the literal is taken."""

    def told(self, session: Session, command: Command, reply: bytes) -> Sequence[Chunk]:
        """What becomes of a reply, which is a line with its literals and line end."""
        return [reply]

    def fetched(self, message: StoredMessage, items: dict[str, bytes]) -> None:
        """Change what a FETCH tells of a message, by the items' names in upper case."""

    def named(self, name: str) -> str:
        """The name that the server understands where the client says this one; both as on the wire."""
        return name

    def stored(self, session: Session, folder: Folder, message: StoredMessage) -> bool:
        """Change a message that is about to be stored. Returns: False when it is not stored now."""
        return True


@dataclass
class Matching(Fault):
    """Has its turn from the `nth` command on that begins as `pattern` says, so many `times`; None: for ever."""

    pattern: str
    nth: int = 1
    times: int | None = None
    until: str = ""
    """No more on a connection that has sent a command which begins so."""
    _met: int = field(default=0, init=False, repr=False)

    @property
    def met(self) -> int:
        """Commands that have come which begin so."""
        return self._met

    def is_turn(self, session: Session, command: Command) -> bool:
        """Count a command. Returns: True when it is one of those."""
        if not matches(self.pattern, command.text):
            return False
        if self.until and any(matches(self.until, said) for said in session.said):
            return False
        self._met += 1
        return self._met >= self.nth and (self.times is None or self._met < self.nth + self.times)


def matches(pattern: str, text: bytes) -> bool:
    """True when the text begins as this expression says, in any case of letters."""
    return re.match(pattern.encode("latin-1"), text, re.IGNORECASE) is not None


def is_final(command: Command, reply: bytes) -> bool:
    """True for the reply that ends the command: the tagged one, and the only one in POP."""
    return not command.tag or reply.startswith(command.tag + b" ")
