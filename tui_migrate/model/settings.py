"""What an admin sets: migrations, what they select, when they begin, what they mail; accounts not stored yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tui_migrate.model.declared import (
    Address,
    Certificates,
    Day,
    Flag,
    FolderNames,
    Host,
    Instant,
    Password,
    Proxy,
    Section,
    Size,
    Template,
    Text,
    declares,
    setting,
)
from tui_migrate.model.kinds.kind import Side
from tui_migrate.model.logins import ProxyLogin
from tui_migrate.model.notices import DEFAULT_SUBJECT, DEFAULT_TEXT
from tui_migrate.model.secret import Secret
from tui_migrate.model.servers import PORT, SECURITIES, Security, Server, SmtpServer
from tui_migrate.model.tokens import TokenLogin


class Wanted(StrEnum):
    """What the admin wants of a migration or an account. The engine's own doing is in `AccountState`."""

    IDLE = "idle"
    RUN = "run"
    PAUSE = "paused"


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
    path: str = ""
    """Where its files lie in the source's folder; empty: as the source's pattern says."""


@declares
class Selection:
    """Which messages are copied, and in which order. What is left out is counted as excluded."""

    newest_first: bool = setting(
        Flag({"oldest": "oldest first", "newest": "newest first (at the destination too)"}),
        "Order",
        "Oldest messages first, or the newest first, so that users find their latest mail at once.",
        section=Section.COPIED,
        default=False,
        kw_only=False,
    )
    since: date | None = setting(
        Day(),
        "Since",
        "The first day that is copied, by the date of arrival (INTERNALDATE, UTC).",
        section=Section.COPIED,
        default=None,
        hint="every message; such as 2020-01-31, the first day to copy",
        kw_only=False,
    )
    before: date | None = setting(
        Day(),
        "Before",
        "The first day that is not copied any more.",
        section=Section.COPIED,
        default=None,
        hint="every message; the first day not to copy any more",
        kw_only=False,
    )
    max_size: int = setting(
        Size(),
        "Largest message",
        "Larger messages stay behind; they are counted and listed.",
        section=Section.COPIED,
        default=0,
        hint="any size; such as 50 MB",
        key="max_message_size",
        kw_only=False,
    )


@declares
class Schedule:
    """When the engine begins by itself, in epoch seconds."""

    start_at: float | None = setting(
        Instant(),
        "Start at",
        "When a started migration begins.",
        section=Section.WHEN,
        default=None,
        hint="when it is started; such as 2026-12-31 22:00",
        kw_only=False,
    )
    final_pass_at: float | None = setting(
        Instant(),
        "Final pass at",
        "When all accounts get one more pass: the evening on which mail is switched to the new server.",
        section=Section.WHEN,
        default=None,
        hint="no; one more pass for all at such a time",
        kw_only=False,
    )


@declares
class NoticeSettings:
    """The SMTP server and the text of the mail that a user gets, once, when the account is done."""

    host: str = setting(
        Host(),
        "SMTP host",
        "The SMTP server that takes the mail to users.",
        section=Section.MAIL,
        hint="such as smtp.example.com",
        kw_only=False,
    )
    security: Security = setting(
        SECURITIES,
        "Security",
        "How the connection is protected; certificates are always verified.",
        section=Section.MAIL,
        default=Security.TLS,
    )
    port: int = setting(
        PORT,
        "Port",
        "Where it is left out: 465 with tls, 587 with starttls, 25 with none.",
        section=Section.MAIL,
        default=0,
        hint="follows security",
    )
    ca_file: str = setting(
        Certificates(),
        "Private CA file",
        "A file with the certificate of a private certificate authority.",
        section=Section.MAIL,
        default="",
        hint="for certificates that only you trust",
    )
    proxy: str = setting(
        Proxy(),
        "Proxy",
        "The proxy that looks up the server's name and leads there: socks5://host:port, or http://host:port (CONNECT).",
        section=Section.MAIL,
        default="",
        hint="none; or socks5://proxy.example:1080",
    )
    proxy_login: ProxyLogin | None = field(default=None)
    user: str = setting(
        Text(),
        "User",
        "Who logs in to the SMTP server. Empty: it takes mail without a login.",
        section=Section.MAIL,
        default="",
        hint="none; the server takes mail without a login",
    )
    password: Secret | None = setting(
        Password(),
        "Password",
        "The password of that user. A plan names a file, chmod 600, that has it in its first line.",
        section=Section.MAIL,
        default=None,
    )
    sender: str = setting(
        Address(required=True),
        "From",
        "The address that the mail comes from.",
        section=Section.MAIL,
        hint="such as helpdesk@example.com",
        kw_only=False,
    )
    sender_name: str = setting(
        Text(),
        "From, as a name",
        "The name that stands beside the address that the mail comes from.",
        section=Section.MAIL,
        default="",
        hint="such as The helpdesk",
    )
    summary_to: str = setting(
        Address(),
        "Your own address",
        "The address that a summary goes to when all accounts have ended. Empty: no summary.",
        section=Section.MAIL,
        default="",
        hint="for a summary at the end, and the test mail",
    )
    subject: str = setting(
        Template(), "Subject", "The subject of the mail to a user.", section=Section.MAIL, default=DEFAULT_SUBJECT
    )
    text: str = setting(
        Template(lines=True), "Text", "The text of the mail to a user.", section=Section.MAIL, default=DEFAULT_TEXT
    )
    hold: bool = setting(
        Flag({"at once": "when the account is done", "hold": "held until you say so"}),
        "Mail to users",
        "Nothing is sent to users before you say so.",
        section=Section.MAIL,
        default=False,
    )

    token: TokenLogin | None = field(default=None, kw_only=True)
    """Gives a token for that user, in the place of the password."""

    def __post_init__(self) -> None:
        if not self.port:
            object.__setattr__(self, "port", self.server.port)

    @property
    def server(self) -> SmtpServer:
        """Where to connect to, by which way, and how its certificate is judged."""
        return SmtpServer(
            self.host,
            security=self.security,
            port=self.port,
            ca_file=self.ca_file,
            proxy=self.proxy,
            proxy_login=self.proxy_login,
            token=self.token,
        )

    def is_at(self, other: NoticeSettings) -> bool:
        """True where a password that was given for the one may go to the other."""
        return (self.server.bond, self.user) == (other.server.bond, other.user)


_ALL, _AT_ONCE = Selection(), Schedule()


@declares
class MigrationSpec:
    """A migration as a plan file or a form describes it, before it is stored."""

    title: str = setting(
        Text(required=True),
        "Title",
        "What you call the migration. Running a plan with the same title again goes on with the same migration.",
        section=Section.TITLE,
        hint="such as: Head office",
        kw_only=False,
    )
    source: Server = field(kw_only=False)
    destination: Server = field(kw_only=False)
    excluded_folders: tuple[str, ...] = setting(
        FolderNames(),
        "Excluded folders",
        "Source folders that stay behind, for all accounts, each with its subfolders; * stands for anything.",
        section=Section.COPIED,
        default=(),
        hint='of all accounts, one a line or with commas between:\nJunk, Trash/*, "Smith, John" (a comma needs quotes)',
        needs="folders",
        pinned=True,
        kw_only=False,
    )
    selection: Selection = field(default=_ALL, kw_only=False)
    schedule: Schedule = field(default=_AT_ONCE, kw_only=False)
    notices: NoticeSettings | None = field(default=None, kw_only=False)
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
    selection: Selection = _ALL
    schedule: Schedule = _AT_ONCE
    notices: NoticeSettings | None = None

    def server(self, side: Side) -> Server:
        """The one on this side."""
        return self.source if side is Side.SOURCE else self.destination

    @property
    def by_token(self) -> bool:
        """True where tokens log in (OAuth), at one of its servers at least."""
        return any(
            each is not None and each.token is not None for each in (self.source, self.destination, self.notices)
        )


@dataclass(frozen=True, slots=True)
class FolderRule:
    """The admin's own word on a folder: where it goes, or that it stays behind."""

    source: str
    """The source folder's path, components joined by `/`."""
    target: str | None
    """The destination path in the same form; None: not to be copied."""
    account_id: int | None = None
    """None: for all accounts of the migration that have no rule of their own for this folder."""
