"""What an admin sets: servers, logins, migrations, accounts before they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Protocol(StrEnum):
    """What a server speaks."""

    IMAP = "imap"
    POP = "pop"


class Security(StrEnum):
    """How the connection is protected. Certificates are verified with TLS and STARTTLS alike;
    there is no way to say no."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


DEFAULT_PORTS: Mapping[tuple[Protocol, Security], int] = {
    (Protocol.IMAP, Security.TLS): 993,
    (Protocol.IMAP, Security.STARTTLS): 143,
    (Protocol.IMAP, Security.NONE): 143,
    (Protocol.POP, Security.TLS): 995,
    (Protocol.POP, Security.STARTTLS): 110,
    (Protocol.POP, Security.NONE): 110,
}


class Wanted(StrEnum):
    """What the admin wants of a migration or an account. The engine's own doing is in `AccountState`."""

    IDLE = "idle"
    RUN = "run"
    PAUSE = "paused"


@dataclass(frozen=True, slots=True)
class Secret:
    """A password. Its text leaves only through `reveal`; printing,
    formatting and comparing by accident show nothing."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The password itself, for the protocol code and the vault."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class AdminLogin:
    """One login for all mailboxes of a server.

    `style` is `authzid` (SASL PLAIN with an authorization identity, RFC 4616) or `separator:X`, which logs in as
    `mailboxXadmin` (Dovecot's master users, X is usually `*`).
    """

    user: str
    password: Secret
    style: str = "authzid"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how it may be used."""

    host: str
    protocol: Protocol = Protocol.IMAP
    security: Security = Security.TLS
    port: int = 993
    max_connections: int = 10
    """Connections that may be open at once, over all migrations that use this host and port."""
    path_prefix: str = ""
    """Folders below this prefix are the mailbox; empty: the personal namespace (RFC 2342)."""
    ca_file: str = ""
    """A PEM file with a private CA, trusted beside the system's."""
    admin: AdminLogin | None = None

    @property
    def key(self) -> str:
        """What makes two servers the same one when connections are counted."""
        return f"{self.host.lower()}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in to a mailbox."""

    user: str
    """The mailbox."""
    password: Secret
    admin: AdminLogin | None = None
    """Logs in instead of the mailbox's own password."""


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """One row of an account list, checked but not yet stored."""

    source_user: str
    source_password: Secret
    destination_user: str
    destination_password: Secret | None = None
    """None: the same as the source password, unless the destination has an admin login."""
    priority: int = 5
    """1 runs first."""
    excluded_folders: tuple[str, ...] = ()
    line: int = 0
    """Line of the file it came from; 0 when typed by hand."""


@dataclass(frozen=True, slots=True)
class MigrationSpec:
    """A migration as a plan file or a form describes it, before it is stored."""

    title: str
    source: Server
    destination: Server
    excluded_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """A stored migration."""

    id: int
    title: str
    source: Server
    destination: Server
    excluded_folders: tuple[str, ...]
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class FolderRule:
    """The admin's own word on a folder: where it goes, or that it stays behind."""

    source: str
    """The source folder's path, components joined by `/`."""
    target: str | None
    """The destination path in the same form; None: not to be copied."""
    account_id: int | None = None
    """None: for all accounts of the migration that have no rule of their own for this folder."""
