"""A server that says other words than it does: a proxy that changes single lines, never the octets of a message."""

from __future__ import annotations

from collections.abc import Callable

from tests.servers.imap_lexer import Line, Piece
from tests.servers.imap_session import ImapProxy, Session
from tests.servers.loopback_proxy import Link

ClientLine = Callable[[bytes], bytes]
"""Given a line of the client, with its line end: the line that the server gets."""
ServerLine = Callable[[bytes, bytes | None], bytes]
"""Given a line of the server, and the name of the command when it is its tagged reply: the line that the client
gets."""


class RewritingProxy(ImapProxy):
    """Passes every line through these functions, which run in the proxy's thread."""

    def __init__(
        self, target_port: int, *, client_line: ClientLine | None = None, server_line: ServerLine | None = None
    ) -> None:
        super().__init__(target_port)
        self.client_line = client_line or (lambda line: line)
        self.server_line = server_line or (lambda line, answered: line)

    def session(self, link: Link) -> Session:
        return _Rewritten(link, self)


class _Rewritten(Session):
    def __init__(self, link: Link, proxy: RewritingProxy) -> None:
        super().__init__(link, proxy.commands)
        self._proxy = proxy

    def from_client(self, token: Line | Piece) -> None:
        data = self._proxy.client_line(token.data) if isinstance(token, Line) else token.data
        self.link.server.write(data)

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        data = self._proxy.server_line(token.data, answered) if isinstance(token, Line) else token.data
        self.link.client.write(data)
