"""The fields of the form for mail to users, by the names by which the service judges them."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model import PLACEHOLDERS, SMTP_PORTS, Security
from tui_migrate.ui.widgets.choice import Choice, Option
from tui_migrate.ui.widgets.field import Entry, Field, Lines

WHEN, PASSWORD = "when", "password"
OFF = "off"
PLACES = "In subject and text: " + " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
USUAL_PORTS = {str(port) for port in SMTP_PORTS.values()}

_TIMES = [Option(OFF, "off"), Option("at once", "when the account is done"), Option("hold", "held until you say so")]
_SECURITIES = [Option("tls", "TLS"), Option("starttls", "STARTTLS"), Option("none", "none (unsafe)")]


def mail_fields() -> Iterator[Field]:
    """When, by which server, from whom, and what."""
    yield Field(WHEN, "Mail to users", Choice(_TIMES))
    yield Field("host", "SMTP host", Entry("such as smtp.example.com"))
    yield Field("security", "Security", Choice(_SECURITIES))
    yield Field("port", "Port", Entry("follows security"))
    yield Field("ca_file", "Private CA file", Entry("for certificates that only you trust"))
    yield Field("user", "User", Entry("none; the server takes mail without a login"))
    yield Field(PASSWORD, "Password", Entry(secret=True))
    yield Field("sender", "From", Entry("such as helpdesk@example.com"))
    yield Field("sender_name", "From, as a name", Entry("such as The helpdesk"))
    yield Field("summary_to", "Your own address", Entry("for a summary at the end, and the test mail"))
    yield Field("subject", "Subject", Entry())
    yield Field("text", "Text", Lines())


def usual_port(security: str) -> str:
    """The port that goes with it."""
    return str(SMTP_PORTS[Security(security)])
