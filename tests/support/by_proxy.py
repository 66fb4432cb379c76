"""Servers behind a proxy, and why there is no connection to one."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.servers.forward_proxies import ConnectProxy, ForwardProxy, SocksProxy
from tests.servers.loopback_server import Chunk, LoopbackServer, Peer
from tests.servers.mailbox import Mailbox
from tui_migrate.errors import (
    MailError,
    quoted,
)
from tui_migrate.mail.dial import open_socket
from tui_migrate.model import (
    ImapServer,
    Login,
    NetworkServer,
    ProxyLogin,
    Secret,
    Security,
)

KINDS = (SocksProxy, ConnectProxy)
NAME = "imap.old.invalid"
"""That no resolver knows (RFC 6761 section 6.4)."""
ELSEWHERE = "mail.elsewhere.example"
"""That one of the certificates is made for."""
ALICE = Login("alice", Secret("secret"))
PASSWORD = "Kiwi-3f9-geheim"
BOB = ProxyLogin("bob", Secret(PASSWORD))
both = pytest.mark.parametrize("kind", KINDS)


def box() -> Mailbox:
    return Mailbox("alice", "secret")


def behind(proxy: ForwardProxy, **changes: object) -> ImapServer:
    """The server that the proxy knows at IMAP's usual port."""
    plain = ImapServer(NAME, security=Security.NONE, port=143, proxy=proxy.url)
    return replace(plain, **changes)  # type: ignore[arg-type]


def refusal(server: NetworkServer, seconds: float = 15.0) -> MailError:
    """The error of a connection that cannot be made. Nothing that may be printed of it has a password in it."""
    with pytest.raises(MailError) as caught:
        open_socket(server, seconds).close()
    told = "".join(traceback.format_exception(caught.value))
    chain: BaseException | None = caught.value
    while chain is not None:
        told, chain = told + repr(chain), chain.__cause__ or chain.__context__
    assert PASSWORD not in told + quoted(caught.value)
    return caught.value


class Telling(LoopbackServer):
    """Says what it is told to, whatever it hears."""

    def __init__(self, *chunks: Chunk) -> None:
        super().__init__()
        self.chunks: Sequence[Chunk] = chunks

    def converse(self, peer: Peer) -> None:
        self.perform(peer, self.chunks)
        while peer.read(1):
            pass
