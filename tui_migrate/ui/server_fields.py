"""The fields of a migration's form, by the names by which the service judges them, and what follows from what."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model import DEFAULT_PORTS, Protocol, Security
from tui_migrate.ui.widgets.choice import Choice, Option
from tui_migrate.ui.widgets.field import Entry, Field, Lines

SIDES = ("source", "destination")
SECRETS = ("admin.password", "trial.password")
KEPT = "kept; type to replace it"
_TRIAL = "for the test alone, never stored"
_EXCLUDED = 'of all accounts, one a line or with commas between:\nJunk, Trash/*, "Smith, John" (a comma needs quotes)'

_PROTOCOLS = {
    "source": [Option("imap", "IMAP"), Option("pop", "POP")],
    "destination": [Option("imap", "IMAP")],
}
_SECURITIES = [
    Option("tls", "TLS"),
    Option("starttls", "STARTTLS"),
    Option("none", "none (unsafe)"),
]
_LOGINS = [Option("own", "own passwords"), Option("admin", "one admin"), Option("token", "OAuth")]
_ORDERS = [Option("oldest", "oldest first"), Option("newest", "newest first (at the destination too)")]


def title_field() -> Field:
    """What the migration is called."""
    return Field("title", "Title", Entry("such as: Head office"))


def selection_fields() -> Iterator[Field]:
    """What is copied, and in which order."""
    yield Field("excluded_folders", "Excluded folders", Lines(_EXCLUDED))
    yield Field("newest_first", "Order", Choice(_ORDERS))
    yield Field("since", "Since", Entry("every message; such as 2020-01-31, the first day to copy"))
    yield Field("before", "Before", Entry("every message; the first day not to copy any more"))
    yield Field("max_message_size", "Largest message", Entry("any size; such as 50 MB"))


def schedule_fields() -> Iterator[Field]:
    """When."""
    yield Field("start_at", "Start at", Entry("when it is started; such as 2026-12-31 22:00"))
    yield Field("final_pass_at", "Final pass at", Entry("no; one more pass for all at such a time"))


def server_fields(side: str) -> Iterator[Field]:
    """Where one server is."""
    yield Field(f"{side}.protocol", "Protocol", Choice(_PROTOCOLS[side]))
    yield Field(f"{side}.host", "Host", Entry("such as imap.example.com"))
    yield Field(f"{side}.security", "Security", Choice(_SECURITIES))
    yield Field(f"{side}.port", "Port", Entry("follows protocol and security"))
    yield Field(f"{side}.path_prefix", "Path prefix", Entry("found by itself; such as INBOX."))
    yield Field(f"{side}.ca_file", "Private CA file", Entry("for certificates that only you trust"))


def login_fields(side: str) -> Iterator[Field]:
    """How one logs in there."""
    yield Field(f"{side}.login", "Login", Choice(_LOGINS))
    yield Field(f"{side}.admin.user", "Admin user", Entry())
    yield Field(f"{side}.admin.password", "Admin password", Entry(secret=True))
    yield Field(f"{side}.admin.style", "Admin style", Entry("authzid, or such as separator:*"))
    yield Field(f"{side}.oauth.token_command", "Token command", Entry("prints the token of {user}"))
    yield Field(f"{side}.trial.user", "Test with mailbox", Entry(_TRIAL))
    yield Field(f"{side}.trial.password", "Its password", Entry(_TRIAL, secret=True))


def limit_fields(side: str) -> Iterator[Field]:
    """How much is asked of it, and when nothing."""
    yield Field(f"{side}.max_connections", "Max connections", Entry())
    yield Field(f"{side}.account_connections", "Max per account", Entry("connections of one account at once"))
    yield Field(f"{side}.bytes_per_second", "Bytes a second", Entry("no limit; such as 2 MB"))
    yield Field(f"{side}.messages_per_second", "Messages a second", Entry("no limit"))
    yield Field(f"{side}.bytes_per_day", "Bytes a day", Entry("of one account; such as 2500 MB"))
    yield Field(f"{side}.blackouts", "Blackouts", Lines("one a line: mon-fri 08:00-18:00 Europe/Brussels"))


USUAL_PORTS = {str(port) for port in DEFAULT_PORTS.values()}


def usual_port(protocol: str, security: str) -> str:
    """The port that goes with these."""
    return str(DEFAULT_PORTS[Protocol(protocol), Security(security)])
