"""An IMAP server that keeps its mail in memory, keeps to the RFCs, and leaves them only where a test says so."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from tests.servers.faults.fault import Fault
from tests.servers.imap.appends import Appends
from tests.servers.imap.folders import Folders
from tests.servers.imap.logins import Logins
from tests.servers.imap.messages import Messages
from tests.servers.loopback_server import Peer
from tests.servers.mailbox import Mailbox
from tests.servers.session import MailServer

MODERN = (
    "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR ID ENABLE NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE "
    "CREATE-SPECIAL-USE UNSELECT UIDPLUS LITERAL+ MULTIAPPEND CONDSTORE ESEARCH STATUS=SIZE QUOTA OBJECTID"
)
"""What a server of today offers."""
OLD = "IMAP4rev1"
"""The least that there is: LOGIN, synchronising literals, no UIDs of what is stored."""


class ImapSession(Logins, Folders, Messages, Appends):
    """One connection. Tests override what answers a command, or one line of it, and hand the class to the server."""


class ImapDouble(MailServer):
    """Listens while the block lasts. What is not offered is answered BAD, and noted in `unexpected`."""

    def __init__(
        self,
        mailboxes: Iterable[Mailbox] | Mailbox,
        faults: Iterable[Fault] = (),
        *,
        capabilities: str = MODERN,
        before_login: str | None = None,
        session: type[ImapSession] = ImapSession,
        greeting: bytes = b"",
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(mailboxes, faults, tls=tls, starttls=starttls)
        self.capabilities = capabilities
        self.before_login = before_login if before_login is not None else capabilities
        self.greeting = greeting
        """Empty: OK with the capabilities."""
        self._session = session

    def offered(self, *, logged_in: bool, encrypted: bool) -> list[str]:
        """Capabilities of this moment."""
        names = (self.capabilities if logged_in else self.before_login).split()
        return [*names, "STARTTLS"] if self.starttls is not None and not encrypted and not logged_in else names

    def converse(self, peer: Peer) -> None:
        self._session(self, peer).run()
