"""A POP3 connection (RFC 1939, RFC 2449, RFC 2595, RFC 5034, RFC 6856)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tests.servers.loopback_server import Chunk, Encrypt, Peer
from tests.servers.mailbox import Mailbox, StoredMessage
from tests.servers.session import Command, Session

if TYPE_CHECKING:
    from tests.servers.pop.server import PopDouble

_BEFORE_LOGIN = ("CAPA", "STLS", "USER", "PASS", "AUTH", "UTF8", "QUIT")
_OPTIONAL = {"STLS": "STLS", "UIDL": "UIDL", "TOP": "TOP", "UTF8": "UTF8", "AUTH": "SASL"}
"""Commands that are there when a capability is."""
_ALWAYS = ("QUIT", "CAPA")


class Refusal(Exception):
    """Ends a command: `words` is its reply."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, eq=False)
class PopCommand:
    """What a client asked for."""

    text: bytes
    response: bytes = b""
    """What came after the server had asked for it."""
    tag: bytes = b""

    @property
    def name(self) -> str:
        """In upper case."""
        return self.text.split(b" ")[0].decode("latin-1").upper()

    @property
    def argument(self) -> bytes:
        """Behind the name."""
        return self.text.partition(b" ")[2]


class PopSession(Session):
    """A command NAME is carried out by `do_name`: a generator of one reply. Tests override what they want otherwise."""

    server: PopDouble

    def __init__(self, server: PopDouble, peer: Peer) -> None:
        super().__init__(server, peer)
        self.encrypted = False
        self.messages: list[StoredMessage] = []
        """As they were at the login."""
        self._user = b""
        self._deleted: set[int] = set()

    def greeting(self) -> bytes:
        return self.server.greeting

    def next_command(self) -> PopCommand | None:
        line = self.peer.readline()
        if not line:
            return None
        if ahead := self.peer.ahead():
            self.server.ahead.append(ahead.split(b"\r\n")[0])
        return PopCommand(line.rstrip(b"\r\n"))

    def hear(self, command: Command) -> Command:
        """AUTH without an initial response gets it."""
        assert isinstance(command, PopCommand)
        mechanism, _, initial = command.argument.partition(b" ")
        if command.name != "AUTH" or initial or mechanism.decode("latin-1").upper() not in self.mechanisms():
            return command
        self.peer.write(b"+ \r\n")
        return PopCommand(command.text, self.peer.readline().rstrip(b"\r\n"))

    def carry_out(self, command: Command) -> Iterator[Chunk]:
        assert isinstance(command, PopCommand)
        name = command.name
        handler: Callable[[PopCommand], Iterator[Chunk]] | None = None
        if self._is_offered(name) and ((self.mailbox is None) is (name in _BEFORE_LOGIN) or name in _ALWAYS):
            handler = cast(Callable[[PopCommand], Iterator[Chunk]] | None, getattr(self, "do_" + name.lower(), None))
        try:
            if handler is None:
                self.server.unexpected.append(command.text)
                raise Refusal("-ERR not here, not now")
            yield from handler(command)
        except Refusal as refusal:
            yield refusal.words.encode() + b"\r\n"

    def capabilities(self) -> list[str]:
        """What CAPA lists."""
        starttls = ["STLS"] if self.server.starttls is not None and not self.encrypted else []
        return [*self.server.capabilities, *starttls]

    def mechanisms(self) -> list[str]:
        """Of AUTH."""
        return [word for each in self.capabilities() for word in each.split() if each.startswith("SASL ")][1:]

    def _is_offered(self, name: str) -> bool:
        capability = _OPTIONAL.get(name)
        offered = {each.split(" ")[0] for each in self.capabilities()} | self.server.silently
        return capability is None or capability in offered

    # Before the login

    def do_capa(self, command: PopCommand) -> Iterator[Chunk]:
        if not self.server.capabilities:
            raise Refusal("-ERR what?")
        yield listing(self.capabilities())

    def do_stls(self, command: PopCommand) -> Iterator[Chunk]:
        assert self.server.starttls is not None
        self.encrypted = True
        yield b"+OK begin\r\n"
        yield Encrypt(self.server.starttls)

    def do_utf8(self, command: PopCommand) -> Iterator[Chunk]:
        yield b"+OK UTF8 enabled\r\n"

    def do_user(self, command: PopCommand) -> Iterator[Chunk]:
        self._user = command.argument
        yield b"+OK\r\n"

    def do_pass(self, command: PopCommand) -> Iterator[Chunk]:
        yield self.let_in(self.server.mailbox_of(self._user.decode(), command.argument.decode()))

    def do_auth(self, command: PopCommand) -> Iterator[Chunk]:
        mechanism, _, initial = command.argument.partition(b" ")
        if mechanism.decode("latin-1").upper() not in self.mechanisms():
            raise Refusal("-ERR this mechanism is not offered")
        try:
            response = base64.b64decode(command.response or initial, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal("-ERR no base64") from None
        if mechanism.upper() == b"PLAIN":
            _, user, password = response.split("\0")
            yield self.let_in(self.server.mailbox_of(user, password))
        else:
            yield self.let_in(self.server.mailbox_by_token(response))

    def let_in(self, mailbox: Mailbox | None) -> bytes:
        """Raises: Refusal where there is no mailbox."""
        if mailbox is None:
            raise Refusal("-ERR [AUTH] wrong user or password")
        self.mailbox = mailbox
        self.messages = list(mailbox.folder("INBOX").messages)
        self.server.logins += 1
        return b"+OK logged in\r\n"

    # The mail

    def do_stat(self, command: PopCommand) -> Iterator[Chunk]:
        sizes = [len(message.octets) for _, message in self.numbered()]
        yield b"+OK %d %d\r\n" % (len(sizes), sum(sizes))

    def do_list(self, command: PopCommand) -> Iterator[Chunk]:
        yield self._told_of_each(command, lambda message: str(len(message.octets)))

    def do_uidl(self, command: PopCommand) -> Iterator[Chunk]:
        yield self._told_of_each(command, self.uidl)

    def uidl(self, message: StoredMessage) -> str:
        """The name by which a message is known again."""
        return f"u{message.uid}"

    def do_retr(self, command: PopCommand) -> Iterator[Chunk]:
        yield b"+OK\r\n" + stuffed(self.message(command.argument).octets)

    def do_top(self, command: PopCommand) -> Iterator[Chunk]:
        number, _, lines = command.argument.partition(b" ")
        header, _, body = self.message(number).octets.partition(b"\r\n\r\n")
        first = b"".join(line + b"\r\n" for line in body.split(b"\r\n")[: int(lines or b"0")])
        yield b"+OK\r\n" + stuffed(header + b"\r\n\r\n" + first)

    def do_dele(self, command: PopCommand) -> Iterator[Chunk]:
        self._deleted.add(self.message(command.argument).uid)
        yield b"+OK\r\n"

    def do_rset(self, command: PopCommand) -> Iterator[Chunk]:
        self._deleted.clear()
        yield b"+OK\r\n"

    def do_noop(self, command: PopCommand) -> Iterator[Chunk]:
        yield b"+OK\r\n"

    def do_quit(self, command: PopCommand) -> Iterator[Chunk]:
        if self.mailbox is not None:
            self.mailbox.folder("INBOX").remove(*self._deleted)
        self.ended = True
        yield b"+OK see you\r\n"

    def numbered(self) -> list[tuple[int, StoredMessage]]:
        """The messages that are not marked as deleted, by number."""
        return [pair for pair in enumerate(self.messages, 1) if pair[1].uid not in self._deleted]

    def message(self, number: bytes) -> StoredMessage:
        """Raises: Refusal when there is none of this number."""
        found = dict(self.numbered()).get(int(number)) if number.isdigit() else None
        if found is None:
            raise Refusal("-ERR no such message")
        return found

    def _told_of_each(self, command: PopCommand, told: Callable[[StoredMessage], str]) -> bytes:
        if command.argument:
            return b"+OK %b %b\r\n" % (command.argument, told(self.message(command.argument)).encode("latin-1"))
        return listing([f"{number} {told(message)}" for number, message in self.numbered()])


def listing(lines: Sequence[str]) -> bytes:
    """A reply of several lines."""
    return b"+OK\r\n" + b"".join(line.encode("latin-1") + b"\r\n" for line in lines) + b".\r\n"


def stuffed(message: bytes) -> bytes:
    """A message as it is sent: dots doubled, a line end at its end, and the dot that ends it."""
    lines = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
    if lines and not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return lines + b".\r\n"
