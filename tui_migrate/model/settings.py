"""What an admin sets: servers, logins, migrations, accounts before they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from tui_migrate.model.letters import DEFAULT_SUBJECT, DEFAULT_TEXT


class Protocol(StrEnum):
    """What a server speaks."""

    IMAP = "imap"
    POP = "pop"

    @property
    def single_connection(self) -> bool:
        """True where a mailbox is locked for the one session that has it open (POP, RFC 1939 section 4)."""
        return self is Protocol.POP


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


SMTP_PORTS: Mapping[Security, int] = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


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
class TokenLogin:
    """OAuth 2.0 (RFC 6749) in place of passwords: a token logs in (OAUTHBEARER, RFC 7628, or XOAUTH2)."""

    command: str
    """Prints the access token of a mailbox on its first line; `{user}` stands for the mailbox. It is run without a
    shell, and again before the token expires."""


@dataclass(frozen=True, slots=True)
class Blackout:
    """Times of the week in which a server is left alone, by the clock of a time zone, whatever the season."""

    weekdays: frozenset[int]
    """0 is Monday: the days on which it begins."""
    begins: time
    ends: time
    """Not after `begins`: on the next day. The same as `begins`: a whole day."""
    time_zone: str
    """Of the IANA database."""


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
    """One login for all; at most one of `admin` and `token` is given."""
    token: TokenLogin | None = None
    account_connections: int = 3
    """Connections that one account may have at once."""
    bytes_per_second: int = 0
    """To this server or from it, over all accounts; 0: as fast as it goes. So are the next two."""
    messages_per_second: int = 0
    bytes_per_day: int = 0
    """For each account."""
    blackouts: tuple[Blackout, ...] = ()

    @property
    def own_passwords(self) -> bool:
        """True when each mailbox logs in with a password of its own."""
        return self.admin is None and self.token is None

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
    token: TokenLogin | None = None
    """Gives a token instead of the mailbox's own password."""


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
    notify: str = ""
    """Where its user is told that the move is done; empty: at the destination."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages are copied, and in which order. What is left out is counted as excluded."""

    newest_first: bool = False
    since: date | None = None
    """The first day (INTERNALDATE, UTC) that is copied."""
    before: date | None = None
    """The first day that is not copied any more."""
    max_size: int = 0
    """Bytes; 0: any size."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the engine begins by itself, in epoch seconds."""

    start_at: float | None = None
    """A migration that was started does nothing before this."""
    final_pass_at: float | None = None
    """All accounts get one more pass at this time, when the mail domain has been switched over."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """The SMTP server and the text of the mail that a user gets, once, when the account is done."""

    host: str
    sender: str
    """The address it comes from."""
    security: Security = Security.TLS
    port: int = 465
    ca_file: str = ""
    """A PEM file with a private CA, trusted beside the system's."""
    user: str = ""
    """Empty: without a login."""
    password: Secret | None = None
    sender_name: str = ""
    subject: str = DEFAULT_SUBJECT
    text: str = DEFAULT_TEXT
    hold: bool = False
    """Nothing is sent to users before the admin says so."""
    summary_to: str = ""
    """The admin's address, for a summary when all accounts have ended; empty: none."""

    @property
    def server(self) -> Server:
        """Where to connect to, and how its certificate is judged."""
        return Server(self.host, security=self.security, port=self.port, ca_file=self.ca_file)

    def is_at(self, other: Mailing) -> bool:
        """True where a password that was given for the one may go to the other."""
        return (self.server, self.user) == (other.server, other.user)


@dataclass(frozen=True, slots=True)
class MigrationSpec:
    """A migration as a plan file or a form describes it, before it is stored."""

    title: str
    source: Server
    destination: Server
    excluded_folders: tuple[str, ...] = ()
    selection: Selection = Selection()
    schedule: Schedule = Schedule()
    mailing: Mailing | None = None
    """None: no mail is sent."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A stored migration."""

    id: int
    title: str
    source: Server
    destination: Server
    excluded_folders: tuple[str, ...]
    wanted: Wanted
    selection: Selection = Selection()
    schedule: Schedule = Schedule()
    mailing: Mailing | None = None


@dataclass(frozen=True, slots=True)
class FolderRule:
    """The admin's own word on a folder: where it goes, or that it stays behind."""

    source: str
    """The source folder's path, components joined by `/`."""
    target: str | None
    """The destination path in the same form; None: not to be copied."""
    account_id: int | None = None
    """None: for all accounts of the migration that have no rule of their own for this folder."""
