"""What an IMAP and a POP session share: mailboxes by user, a log without secrets, and faults that may take over."""

from __future__ import annotations

import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from tests.servers.bearer import Opens, bearer_of
from tests.servers.loopback_server import Chunk, LoopbackServer, Peer
from tests.servers.mailbox import Mailbox

if TYPE_CHECKING:
    from tests.servers.faults.fault import Fault

_SECRET = (b"LOGIN", b"AUTHENTICATE", b"USER", b"PASS", b"AUTH", b"APOP")


class Proceed:
    """In the place of octets: carry the command out after all, and say what comes of it."""


class Command(Protocol):
    """What a client asked for."""

    @property
    def tag(self) -> bytes:
        """Empty in POP."""

    @property
    def text(self) -> bytes:
        """The line without its tag, line end and literals, of which `{5}` remains."""

    @property
    def name(self) -> str:
        """In upper case, such as `APPEND`, `UID FETCH`, `RETR`."""


class MailServer(LoopbackServer):
    """A server with mailboxes and faults. Both may be changed while it runs, under its `lock`."""

    def __init__(
        self,
        mailboxes: Iterable[Mailbox] | Mailbox,
        faults: Iterable[Fault] = (),
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls=tls)
        mailboxes = [mailboxes] if isinstance(mailboxes, Mailbox) else list(mailboxes)
        self.mailboxes = {mailbox.user: mailbox for mailbox in mailboxes}
        self.faults = list(faults)
        """Asked in this order."""
        self.starttls = starttls
        self.lock = threading.RLock()
        self.commands: list[bytes] = []
        """Every command of every connection without tag, literals and line ends; of logins the name alone."""
        self.unexpected: list[bytes] = []
        """Commands that the server does not know, or that were not offered."""
        self.logins = 0
        """That were let in."""
        self.opens: Opens | None = None
        """Whom tokens let in; None: a token is its mailbox's password."""

    def said(self, name: str) -> list[bytes]:
        """The commands that begin with this name."""
        beginning = name.upper().encode()
        return [command for command in self.commands if (command.upper() + b" ").startswith(beginning + b" ")]

    def mailbox_of(self, user: str, password: str) -> Mailbox | None:
        """The mailbox that these open."""
        mailbox = self.mailboxes.get(user)
        return mailbox if mailbox is not None and mailbox.password == password else None

    def mailbox_by_token(self, response: str) -> Mailbox | None:
        """The mailbox that a response of OAUTHBEARER or XOAUTH2 opens."""
        user, token = bearer_of(response)
        if self.opens is None:
            return self.mailbox_of(user, token)
        return self.mailboxes.get(user) if self.opens(user, token) else None


class Session(ABC):
    """One connection. Whatever is said in answer to a command goes through the server's faults."""

    def __init__(self, server: MailServer, peer: Peer) -> None:
        self.server = server
        self.peer = peer
        self.mailbox: Mailbox | None = None
        """Whose: None before the login."""
        self.said: list[bytes] = []
        """The commands of this connection, as they are in the server's log."""
        self.ended = False

    @property
    def faults(self) -> list[Fault]:
        """Those that concern this connection, and its user."""
        user = self.mailbox.user if self.mailbox is not None else ""
        return [fault for fault in self.server.faults if not fault.users or user in fault.users]

    @abstractmethod
    def greeting(self) -> bytes:
        """What is said first."""

    @abstractmethod
    def next_command(self) -> Command | None:
        """What the client asks for next; None at its end."""

    @abstractmethod
    def carry_out(self, command: Command) -> Iterator[Chunk]:
        """Do it. Yields: each reply, with its literals and line end."""

    def hear(self, command: Command) -> Command:
        """The command with what the client sends only when asked to go on. The server's lock is not held."""
        return command

    def run(self) -> None:
        """Until either side ends the connection. Raises: OSError when it breaks."""
        self.peer.write(self.greeting())
        while not self.ended and (command := self.next_command()) is not None:
            self.answer(command)

    def answer(self, command: Command) -> None:
        """Carry a command out, or do what a fault wants in its place."""
        with self.server.lock:
            secret = command.name.encode() in _SECRET
            self.said.append(command.name.encode() if secret else command.text)
            self.server.commands.append(self.said[-1])
            planned = self._replaced(command)
        for step in planned:
            if isinstance(step, Proceed):
                self.server.perform(self.peer, self._replies(self.hear(command)))
            else:
                self.perform(command, [step])

    def perform(self, command: Command, chunks: Iterable[Chunk]) -> None:
        """Do these things, with the command's tag where they say TAG."""
        tagged = [each.replace(b"TAG", command.tag) if isinstance(each, bytes) else each for each in chunks]
        self.server.perform(self.peer, tagged)

    def _replaced(self, command: Command) -> list[Chunk | Proceed]:
        for fault in self.faults:
            if (chunks := fault.asked(self, command)) is not None:
                return list(chunks)
        return [Proceed()]

    def _replies(self, command: Command) -> list[Chunk]:
        with self.server.lock:
            return [chunk for reply in self.carry_out(command) for chunk in self._told(command, reply)]

    def _told(self, command: Command, reply: Chunk) -> list[Chunk]:
        chunks: list[Chunk] = [reply]
        for fault in self.faults:
            changed: list[Chunk] = []
            for chunk in chunks:
                changed += fault.told(self, command, chunk) if isinstance(chunk, bytes) and chunk else [chunk]
            chunks = changed
        return chunks
