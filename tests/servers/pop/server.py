"""A POP3 server that keeps its mail in memory, keeps to the RFCs, and leaves them only where a test says so."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence, Set

from tests.servers.faults.fault import Fault
from tests.servers.loopback_server import Peer
from tests.servers.mailbox import Mailbox
from tests.servers.pop.session import PopSession
from tests.servers.session import MailServer

USUAL = ("TOP", "UIDL", "USER", "SASL PLAIN", "RESP-CODES", "PIPELINING")


class PopDouble(MailServer):
    """Hands out the INBOX of each mailbox. Commands of capabilities that are not in the list are refused, except for
    those named in `silently`; without any capability there is no CAPA either."""

    def __init__(
        self,
        mailboxes: Iterable[Mailbox] | Mailbox,
        faults: Iterable[Fault] = (),
        *,
        capabilities: Sequence[str] = USUAL,
        silently: Set[str] = frozenset(),
        session: type[PopSession] = PopSession,
        greeting: bytes = b"+OK ready\r\n",
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(mailboxes, faults, tls=tls, starttls=starttls)
        self.capabilities = tuple(capabilities)
        self.silently = silently
        self.greeting = greeting
        self.ahead: list[bytes] = []
        """Commands that came while the answer to another one was open."""
        self._session = session

    def converse(self, peer: Peer) -> None:
        self._session(self, peer).run()
