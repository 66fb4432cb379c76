"""An IMAP connection: reads commands with their literals, finds who carries them out, keeps what is selected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from tests.servers.imap.syntax import ImapCommand, Refusal
from tests.servers.loopback_server import Chunk, Cut, Peer
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.servers.session import Command, Session

if TYPE_CHECKING:
    from tests.servers.imap.server import ImapDouble

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\Z")
_LITERAL_MINUS = 4096
_NO_NEWS = ("FETCH", "STORE", "SEARCH", "COMPRESS")
"""No EXPUNGE during the first three (RFC 3501 section 7.4.1), and nothing in the clear behind the OK to the last."""

Replies = Iterator[Chunk]
Handler = Callable[[ImapCommand], Replies]


class ImapConversation(Session):
    """What the groups of commands stand on. A command NAME is carried out by `do_name`, `UID NAME` by `do_uid_name`:
    a generator of untagged replies, which ends with `self.ok` or raises Refusal."""

    server: ImapDouble

    def __init__(self, server: ImapDouble, peer: Peer) -> None:
        super().__init__(server, peer)
        self.encrypted = False
        self.folder: Folder | None = None
        """What is selected."""
        self.read_only = False
        self.numbers: list[StoredMessage] = []
        """The messages of the selected folder by sequence number, as far as the client was told of them."""

    @property
    def capabilities(self) -> list[str]:
        """What is offered now."""
        return self.server.offered(logged_in=self.mailbox is not None, encrypted=self.encrypted)

    def has(self, capability: str) -> bool:
        """True when it is offered now."""
        return capability in self.capabilities

    def greeting(self) -> bytes:
        return self.server.greeting or f"* OK [CAPABILITY {' '.join(self.capabilities)}] ready\r\n".encode()

    def next_command(self) -> ImapCommand | None:
        tag, text, literals = b"", b"", list[bytes]()
        while line := self.peer.readline():
            line = line.rstrip(b"\r\n")
            found = _LITERAL.search(line)
            if literals:
                text += line
            else:
                tag, _, text = line.partition(b" ")
            command = ImapCommand(tag, text, tuple(literals))
            if found is None:
                return command
            if (octets := self._literal(command, int(found[1]), waits=not found[2])) is None:
                tag, text, literals = b"", b"", []
            else:
                literals.append(octets)
        return None

    def carry_out(self, command: Command) -> Replies:
        assert isinstance(command, ImapCommand)
        handler = self.handler(command.name)
        replies: list[Chunk] = []
        try:
            if handler is None:
                self.server.unexpected.append(command.text)
                raise Refusal("BAD unknown command")
            replies += handler(command)
        except Refusal as refusal:
            replies.append(command.tag + b" " + refusal.words.encode("latin-1") + b"\r\n")
        final = replies.pop()
        yield from replies
        if command.name not in _NO_NEWS:
            yield from self._news()
        yield final

    def handler(self, name: str) -> Handler | None:
        """What carries out a command of this name; None: nothing does, here and now."""
        if not re.fullmatch(r"[A-Z]+( [A-Z]+)?", name):
            return None
        return cast(Handler | None, getattr(self, "do_" + name.lower().replace(" ", "_"), None))

    def ok(self, command: ImapCommand, text: str = "done") -> bytes:
        """The tagged reply; `text` may begin with a response code."""
        return command.tag + f" OK {text}\r\n".encode("latin-1")

    def logged_in(self) -> Mailbox:
        """The user's mailbox. Raises: Refusal before the login."""
        if self.mailbox is None:
            raise Refusal("BAD log in first")
        return self.mailbox

    def selected(self) -> Folder:
        """Raises: Refusal when no folder is."""
        if self.folder is None:
            raise Refusal("BAD no mailbox selected")
        return self.folder

    def understood(self, name: str) -> str:
        """The name on the wire that the server makes of the client's."""
        for fault in self.faults:
            name = fault.named(name)
        return name

    def find(self, name: str) -> Folder:
        """A folder that can be opened, by the client's name for it. Raises: Refusal."""
        folder = self.logged_in().find(self.understood(name))
        if folder is None or not folder.can_be_opened:
            raise Refusal("NO [NONEXISTENT] no such mailbox")
        return folder

    def _literal(self, command: ImapCommand, size: int, *, waits: bool) -> bytes | None:
        """The octets of the literal that the command's line announces; None: it will not come, or is not wanted."""
        with self.server.lock:
            faults = self.faults
            planned = next(
                (chunks for each in faults if (chunks := each.announced(self, command, size)) is not None), None
            )
        if planned is None and not waits and not self.may_come(size):
            self.server.unexpected.append(command.text)
            planned = [b"TAG BAD this literal was not offered\r\n", Cut()]
        if planned is not None:
            self.perform(command, planned)
            return None
        if waits:
            self.peer.write(b"+ go on\r\n")
        return self.peer.read(size)

    def may_come(self, size: int) -> bool:
        """True for a literal that comes without being asked for (RFC 7888)."""
        return self.has("LITERAL+") or (self.has("LITERAL-") and size <= _LITERAL_MINUS)

    def _news(self) -> Iterator[bytes]:
        """What has come into the selected folder since, and what has gone (RFC 3501 section 7)."""
        if self.folder is None or self.numbers == self.folder.messages:
            return
        there = set(self.folder.messages)
        for number in range(len(self.numbers), 0, -1):
            if self.numbers[number - 1] not in there:
                del self.numbers[number - 1]
                yield b"* %d EXPUNGE\r\n" % number
        if len(self.numbers) != len(self.folder.messages):
            yield b"* %d EXISTS\r\n" % len(self.folder.messages)
        self.numbers = list(self.folder.messages)
