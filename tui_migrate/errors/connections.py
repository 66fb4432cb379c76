"""Why there is no connection, or none any more."""

from __future__ import annotations

import re

from tui_migrate.errors.base import MailError
from tui_migrate.model import Scope
from tui_migrate.model.figures import size


class CannotConnect(MailError):
    """No connection: unknown host, refused, unreachable, or no greeting in time."""

    kind = "cannot connect"
    scope = Scope.SERVER
    retry = True
    advice = "Check host name, port and security of the server, and that this machine may reach it."


class TlsTooOld(CannotConnect):
    """The server has no version of TLS, or no cipher or key exchange, that this machine still takes."""

    kind = "TLS too old"
    advice = (
        "Switch on TLS 1.2 or newer with a modern key exchange (ECDHE) at the server, or put a proxy that has "
        "it (such as stunnel) in front of the server and enter its name and port."
    )


class CertificateRefused(MailError):
    """The server's certificate is not to be trusted."""

    kind = "certificate refused"
    scope = Scope.SERVER
    said = "OpenSSL says"
    advice = (
        "Renew the server's certificate, use the host name that it is made for, or enter the file of its CA's "
        "certificate as private CA file (ca_file in a plan)."
    )


class StartTlsMissing(MailError):
    """STARTTLS is wanted and the server does not offer it."""

    kind = "STARTTLS not offered"
    scope = Scope.SERVER
    advice = "Use security tls (port 993, POP 995) if the server has it; none would send passwords in the clear."


class Disconnected(MailError):
    """The connection ended or made no progress."""

    kind = "connection lost"
    retry = True
    advice = "Check the network between this machine and the server, and the log of the server."


class Stalled(Disconnected):
    """The server says nothing, and the connection is given up."""


class Unpipelined(Disconnected):
    """The server takes no command before it has answered the one ahead. It is asked so from now on."""


def raw(octets: str) -> str:
    """What was read in the place of a reply, for an error's words. It may be a piece of a mail."""
    return f"‹{octets}›"


def without_raw(words: str) -> str:
    """Words for a log or a report that others read: with no piece of a mail in them."""
    start, mark, rest = words.partition("‹")
    return f"{start}‹{len(rest.encode())} octets that are no reply›" if mark else words


def fit_to_share(words: str, command: str) -> str:
    """A server's words for a log or a report that others read: with no piece of a mail in them. What it quotes where it
    answers a command about a message may be its subject."""
    words = without_raw(words)
    return unquoted(words) if command.upper().startswith(_ABOUT_MESSAGES) else words


def unquoted(words: str) -> str:
    """Words with what stands in quotation marks by its length."""
    return _QUOTED.sub(lambda found: f"{found[1]}{{{len(found[2].encode())} octets}}{found[3]}", words)


_ABOUT_MESSAGES = ("APPEND", "UID FETCH", "FETCH", "RETR", "TOP", "DATA")
_QUOTED = re.compile(r'(["“„«])([^"“”„«»]+)(["”“»])')


class ProtocolViolation(MailError):
    """The server sent a reply that cannot be read."""

    kind = "unreadable reply"
    retry = True
    advice = "Report the server's words to those who run the server: no mail program can read this reply."


class TooManyConnections(MailError):
    """The server allows fewer connections than we tried to have."""

    kind = "too many connections"
    scope = Scope.SERVER
    retry = True
    advice = "Lower max_connections of this server, or close other clients of the mailbox."


class Throttled(MailError):
    """The server asks us to wait. `seconds` is the time it named, or None."""

    kind = "throttled"
    retry = True
    advice = "Wait for the time that the server asks for, or have its limits raised."

    def __init__(
        self, sentence: str, *, server_words: str = "", command: str = "", seconds: float | None = None
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.seconds = seconds


class MailboxInUse(Throttled):
    """The login is right, and another session has the mailbox open: POP gives it to one at a time (RFC 2449
    section 8.1.2)."""

    kind = "mailbox in use"
    advice = "Close the mail programs that have this mailbox open."


class TokenDelayed(Throttled):
    """The provider gives no tokens now: it is in trouble, or was asked too often."""

    kind = "no tokens just now"
    said = "The provider said"
    advice = "Wait, or look at the provider's own page on how its services are."


class DayUsedUp(Throttled):
    """What the admin allows an account to move in 24 hours has moved. `side`: source or destination."""

    kind = "daily limit used up"
    advice = "Set a higher limit of bytes a day, or wait until the day is over."

    def __init__(self, side: str, limit: int, seconds: float) -> None:
        super().__init__(f"{size(limit)} a day have been moved at the {side}.", seconds=seconds)
