"""An IMAP connection seen from the middle: who said what, and which reply answers which command. Plain text only."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable

from tests.servers.imap_lexer import Lexer, Line, Piece
from tests.servers.loopback_proxy import Link, Proxy

_SECRET = (b"LOGIN", b"AUTHENTICATE")


class Session:
    """Passes everything on; subclasses change that in `from_client` and `from_server`."""

    def __init__(self, link: Link, commands: list[bytes]) -> None:
        self.link = link
        self.command = b""
        """The name of the client's newest command in upper case, such as `APPEND` or `UID FETCH`."""
        self.tag = b""
        self._commands = commands
        self._entry: int | None = None
        self._waiting: dict[bytes, bytes] = {}
        self._authenticating = b""
        self._client = Lexer()
        self._server = Lexer()

    def from_client(self, token: Line | Piece) -> None:
        """A piece of the client's stream."""
        self.link.server.write(token.data)

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        """A piece of the server's stream; `answered` is the command's name where this is its tagged reply."""
        self.link.client.write(token.data)

    def client_data(self, data: bytes) -> None:
        for token in self._client.feed(data):
            if self.link.closed:
                return
            if isinstance(token, Line):
                self._remember(token)
            self.from_client(token)

    def server_data(self, data: bytes) -> None:
        for token in self._server.feed(data):
            if self.link.closed:
                return
            self.from_server(token, self._answered(token))

    def _remember(self, line: Line) -> None:
        text = line.data.rstrip(b"\r\n")
        if not line.starts:
            if self._entry is not None:
                self._commands[self._entry] += text
        elif not self._authenticating:
            self._remember_command(text)

    def _remember_command(self, text: bytes) -> None:
        tag, *words = text.split(b" ")
        self.tag = tag
        self.command = b" ".join(words[:1]).upper()
        if self.command == b"UID":
            self.command = b" ".join(words[:2]).upper()
        self._waiting[tag] = self.command
        self._entry = len(self._commands)
        if self.command in _SECRET:
            self._entry = None
            text = tag + b" " + self.command + b" ***"
        if self.command == b"AUTHENTICATE" and len(words) == 2:
            self._authenticating = tag
        self._commands.append(text)

    def _answered(self, token: Line | Piece) -> bytes | None:
        if not isinstance(token, Line) or not token.starts:
            return None
        tag = token.data.split(b" ", 1)[0]
        name = self._waiting.pop(tag, None)
        if name is not None:
            if tag == self.tag:
                self._client.refuse()
            if tag == self._authenticating:
                self._authenticating = b""
        return name


class ImapProxy(Proxy):
    """A proxy that understands the IMAP passing through it."""

    def __init__(self, target_port: int, *, port: int = 0) -> None:
        super().__init__(target_port, port=port)
        self.commands: list[bytes] = []
        """Every client command of every connection in order, without literals, line ends and logins' arguments."""

    @abstractmethod
    def session(self, link: Link) -> Session:
        """What watches one new connection."""

    async def relay(self, client: asyncio.StreamReader, server: asyncio.StreamReader, link: Link) -> None:
        session = self.session(link)
        await asyncio.gather(
            _pump(client, session.client_data, link.server), _pump(server, session.server_data, link.client)
        )


async def _pump(reader: asyncio.StreamReader, handle: Callable[[bytes], None], writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        handle(data)
        await writer.drain()
    if not writer.is_closing():
        writer.write_eof()
