"""A POP3 server with one maildrop for everybody, in which a test changes messages, names and answers between sessions.

`tests.servers.pop` is for users with passwords, and for faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.servers.loopback_server import Chunk
from tests.servers.mailbox import Mailbox, StoredMessage
from tests.servers.pop.server import USUAL, PopDouble
from tests.servers.pop.session import PopCommand, PopSession
from tests.servers.session import Command

Answer = Chunk | tuple[Chunk, ...]


class _Anybody(PopSession):
    """Lets everybody in."""

    server: ScriptedPop

    def hear(self, command: Command) -> Command:
        if command.name != "AUTH":
            return command
        self.peer.write(b"+ \r\n")
        return PopCommand(command.text, self.peer.readline())

    def carry_out(self, command: Command) -> Iterator[Chunk]:
        scripted = self.server.scripted(command)
        if scripted is None:
            yield from super().carry_out(command)
        elif isinstance(scripted, tuple):
            yield from scripted
        else:
            yield scripted
        self.ended = command.name == "QUIT"

    def do_auth(self, command: PopCommand) -> Iterator[Chunk]:
        yield self.let_in(None)

    def let_in(self, mailbox: Mailbox | None) -> bytes:
        everybodys = Mailbox()
        for octets in self.server.messages:
            everybodys.folder("INBOX").add(octets)
        return super().let_in(everybodys)

    def uidl(self, message: StoredMessage) -> str:
        return self.server.uidls[message.uid - 1]


class ScriptedPop(PopDouble):
    """Hands out `messages`. What is in `replies` is answered in the place of the usual, by command (`RETR 2`) or by its
    word (`UIDL`); of a list each once, and then the usual. Logins are accepted by themselves. Use it as a context
    manager; everything may be changed between sessions.
    """

    def __init__(
        self,
        messages: Sequence[bytes],
        *,
        capabilities: Sequence[str] = USUAL,
        uidls: Sequence[str] | None = None,
        replies: Mapping[str, Answer | list[Answer]] | None = None,
        greeting: bytes = b"+OK ready\r\n",
    ) -> None:
        silently = {"SASL", "UIDL"} if uidls != [] else {"SASL"}
        super().__init__([], capabilities=capabilities, silently=silently, session=_Anybody, greeting=greeting)
        self.messages = list(messages)
        self.uidls = list(uidls) if uidls is not None else [f"u{number}" for number in range(1, len(messages) + 1)]
        self.replies: dict[str, Answer | list[Answer]] = dict(replies or {})

    def scripted(self, command: Command) -> Answer | None:
        """What is answered in the place of the usual."""
        for key in (command.text.decode("latin-1"), command.name):
            found = self.replies.get(key)
            if isinstance(found, list):
                found = found.pop(0) if found else None
            if found is not None:
                return found
        return None
