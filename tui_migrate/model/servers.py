"""A mail server and how it may be used: what is common to all kinds of mailbox, and to those across a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from tui_migrate.model.declared import (
    Blackouts,
    Certificates,
    Host,
    Number,
    OneOf,
    Proxy,
    Section,
    Size,
    declares,
    setting,
)
from tui_migrate.model.logins import AdminLogin, Login, LoginKind, ProxyLogin
from tui_migrate.model.secret import Secret
from tui_migrate.model.tokens import TokenLogin

if TYPE_CHECKING:
    from tui_migrate.model.kinds import Kind


class Security(StrEnum):
    """How the connection is protected. Certificates are verified with TLS and STARTTLS alike;
    there is no way to say no."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


Ports = Mapping[Security, int]
SECURITIES = OneOf({Security.TLS: "TLS", Security.STARTTLS: "STARTTLS", Security.NONE: "none (unsafe)"})
HOST = Host()
PORT = Number(highest=65535, none=True)


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


@declares
class Server:
    """Where mailboxes are. Each kind of mailbox has a class of its own, whose fields are its settings."""

    kind_name: ClassVar[str] = ""
    max_connections: int = setting(
        Number(),
        "Max connections",
        "How many connections to the server may be open at once, all accounts and migrations together.",
        section=Section.LIMITS,
        default=10,
        of_connections=True,
    )
    account_connections: int = setting(
        Number(),
        "Max per account",
        "How many connections one account may have at once.",
        section=Section.LIMITS,
        default=3,
        hint="connections of one account at once",
        needs="many_connections",
        of_connections=True,
    )
    bytes_per_second: int = setting(
        Size(),
        "Bytes a second",
        "How many bytes a second may come from the server or go to it, all accounts together.",
        section=Section.LIMITS,
        default=0,
        hint="no limit; such as 2 MB",
    )
    messages_per_second: int = setting(
        Number(lowest=0, none=True),
        "Messages a second",
        "How many messages a second may be moved, all accounts together.",
        section=Section.LIMITS,
        default=0,
        hint="no limit",
    )
    bytes_per_day: int = setting(
        Size(),
        "Bytes a day",
        "How much of one account may be moved in a day; then the account rests until the next day.",
        section=Section.LIMITS,
        default=0,
        hint="of one account; such as 2500 MB",
    )
    blackouts: tuple[Blackout, ...] = setting(
        Blackouts(),
        "Blackouts",
        "When the server is left alone: weekdays, from-to (24 hours, over midnight too), time zone.",
        section=Section.LIMITS,
        default=(),
        hint="one a line: mon-fri 08:00-18:00 Europe/Brussels",
    )
    admin: AdminLogin | None = field(default=None, kw_only=True)
    """One login for all; at most one of `admin` and `token` is given."""
    token: TokenLogin | None = field(default=None, kw_only=True)

    @property
    def kind(self) -> Kind:
        """What kind of mailbox it has."""
        from tui_migrate.model.kinds import KINDS

        return KINDS[self.kind_name]

    @property
    def key(self) -> str:
        """What makes two servers the same one when connections are counted."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where its mailboxes are, by whatever protocol and port they are reached: the same there are the same."""
        raise NotImplementedError

    @property
    def bond(self) -> tuple[str, ...]:
        """All that must be as it was for a password that was given for this server to be sent to it."""
        return self.kind_name, self.key

    @property
    def name(self) -> str:
        """What it is called on a screen."""
        return self.place

    @property
    def where(self) -> str:
        """Its whole address, in a sentence."""
        return self.place

    @property
    def connections_of_account(self) -> int:
        """How many connections one account may have at once."""
        return self.account_connections if self.kind.traits.many_connections else 1

    @property
    def login_kind(self) -> LoginKind:
        """With what mailboxes log in here."""
        if self.admin is not None:
            return LoginKind.ADMIN
        return LoginKind.TOKEN if self.token is not None else self.kind.logins[0]

    @property
    def own_passwords(self) -> bool:
        """True when each mailbox logs in with a password of its own."""
        return self.login_kind is LoginKind.OWN

    @property
    def own_paths(self) -> bool:
        """True when a list may say where each mailbox lies."""
        return False

    def mailbox(self, user: str, path: str = "") -> str:
        """Which mailbox that is, of all that there are. `path`: see `Login`."""
        return f"{self.key} {user}"

    def login(self, user: str, password: Secret, path: str = "") -> Login:
        """How this mailbox logs in; its own password counts where there is no login for all. `path`: see `Login`."""
        return Login(user, password, self.admin, self.token, path=path)


@declares
class NetworkServer(Server):
    """A server that is reached by a name and a port, over TLS."""

    ports: ClassVar[Ports]
    """The usual ones."""
    host: str = setting(
        HOST,
        "Host",
        "The name of the server, as it is in its certificate, or its IP address.",
        section=Section.WHERE,
        hint="such as imap.example.com",
        pinned=True,
        kw_only=False,
    )
    security: Security = setting(
        SECURITIES,
        "Security",
        "How the connection is protected; certificates are always verified.",
        section=Section.WHERE,
        default=Security.TLS,
        needs="in_the_clear",
        pinned=True,
    )
    port: int = setting(
        PORT,
        "Port",
        "Where it is left out, the usual port of protocol and security.",
        section=Section.WHERE,
        default=0,
        hint="follows protocol and security",
        pinned=True,
    )
    """0 when it is made: the usual one."""
    ca_file: str = setting(
        Certificates(),
        "Private CA file",
        "A file with the certificate of a private certificate authority, trusted beside the system's.",
        section=Section.TRUST,
        default="",
        hint="for certificates that only you trust",
        pinned=True,
        word="CA file",
    )
    proxy: str = setting(
        Proxy(),
        "Proxy",
        "The proxy that looks up the server's name and leads there: socks5://host:port, or http://host:port (CONNECT).",
        section=Section.WAY,
        default="",
        hint="none; or socks5://proxy.example:1080",
        pinned=True,
    )
    proxy_login: ProxyLogin | None = field(default=None, kw_only=True)
    """Where the proxy asks for one."""

    def __post_init__(self) -> None:
        if not self.port:
            object.__setattr__(self, "port", self.ports[self.security])

    @property
    def key(self) -> str:
        """By whatever way it is reached."""
        return f"{self.host.lower()}:{self.port}"

    @property
    def place(self) -> str:
        return self.host.lower()

    @property
    def bond(self) -> tuple[str, ...]:
        """A password may go nowhere else, and no less protected than it was. Under TLS no proxy hears it; without, the
        proxy is one more that does, and decides where it goes."""
        in_the_clear = self.security is Security.NONE and self.proxy
        protected = f"{self.security} {self.proxy}" if in_the_clear else self.security
        return self.kind_name, self.key, protected, self.ca_file

    def reached_like(self, other: NetworkServer) -> Self:
        """This server by the way of another one: by its proxy, and trusting the private CA that is trusted there."""
        return replace(self, ca_file=other.ca_file, proxy=other.proxy, proxy_login=other.proxy_login)

    @property
    def where(self) -> str:
        return f"{self.host} port {self.port}"

    @property
    def name(self) -> str:
        """The host, with the port where it is not the usual one."""
        return self.host if self.ports[self.security] == self.port else f"{self.host}:{self.port}"


@declares
class SmtpServer(NetworkServer):
    """Where mail to users is handed in (RFC 6409)."""

    kind_name: ClassVar[str] = "smtp"
    ports: ClassVar[Ports] = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
