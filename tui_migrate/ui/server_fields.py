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

_PROTOCOLS = {
    "source": [Option("imap", "IMAP"), Option("pop", "POP (in a later version)", later=True)],
    "destination": [Option("imap", "IMAP")],
}
_SECURITIES = [
    Option("tls", "TLS"),
    Option("starttls", "STARTTLS"),
    Option("none", "none (unsafe)"),
]
_LOGINS = [Option("own", "own passwords"), Option("admin", "one admin for all")]


def title_field() -> Field:
    """What the migration is called."""
    return Field("title", "Title", Entry("such as: Head office"))


def excluded_field() -> Field:
    """What is copied of no account."""
    return Field("excluded", "Excluded folders", Lines("of all accounts, one a line: Junk, Trash/*"))


def server_fields(side: str) -> Iterator[Field]:
    """One server and its logins."""
    yield Field(f"{side}.protocol", "Protocol", Choice(_PROTOCOLS[side]))
    yield Field(f"{side}.host", "Host", Entry("such as imap.example.com"))
    yield Field(f"{side}.security", "Security", Choice(_SECURITIES))
    yield Field(f"{side}.port", "Port", Entry("follows protocol and security"))
    yield Field(f"{side}.max_connections", "Most connections", Entry())
    yield Field(f"{side}.path_prefix", "Path prefix", Entry("found by itself; such as INBOX."))
    yield Field(f"{side}.ca_file", "Private CA file", Entry("for certificates that only you trust"))
    yield Field(f"{side}.login", "Login", Choice(_LOGINS))
    yield Field(f"{side}.admin.user", "Admin user", Entry())
    yield Field(f"{side}.admin.password", "Admin password", Entry(secret=True))
    yield Field(f"{side}.admin.style", "Admin style", Entry("authzid, or such as separator:*"))
    yield Field(f"{side}.trial.user", "Test with mailbox", Entry(_TRIAL))
    yield Field(f"{side}.trial.password", "Its password", Entry(_TRIAL, secret=True))


USUAL_PORTS = {str(port) for port in DEFAULT_PORTS.values()}


def usual_port(protocol: str, security: str) -> str:
    """The port that goes with these."""
    return str(DEFAULT_PORTS[Protocol(protocol), Security(security)])
