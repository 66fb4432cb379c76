"""What Graph's refusals mean (https://learn.microsoft.com/graph/errors, and resource-types/outlook-errors)."""

from __future__ import annotations

import contextlib
import json
import time
from email.utils import parsedate_to_datetime
from typing import Self

from tui_migrate.errors import (
    CommandRefused,
    LoginTrouble,
    MailboxNotConnected,
    MailError,
    MessageRefused,
    ProtocolViolation,
    Throttled,
    TokenRefused,
)
from tui_migrate.mail.web.connection import Response
from tui_migrate.model import Login

_MOST = 1 << 16
_WORDS = 1000
_LONGEST_WAIT = 3600.0
_PATIENCE = (429, 503, 509)
_WITH_A_TIME = (500, 502, 504)
"""Which ask for a pause where they name one, and else may be about what was asked for: a conversion that takes too
long."""
_UNMAKEABLE = ("ErrorMimeContentConversionFailed", "ErrorContentConversionFailed", "ErrorMimeContentInvalid")
"""The octets of a message cannot be made, now or later."""
_DAMAGED = (*_UNMAKEABLE, "ErrorItemCorrupt", "ErrorMessageSizeExceeded", "ErrorItemPropertyRequestFailed")
_PERMISSION = (
    "In Entra (App registrations, the app, API permissions) see that it has Mail.Read of Microsoft Graph with admin "
    "consent: the application permission for all mailboxes, the delegated one for who signs in. RBAC for applications "
    "in Exchange, or an application access policy, may leave this mailbox out."
)
_NO_MAILBOX = (
    "Check the user's name: it is the user principal name, or the id. The mailbox must be in Exchange Online, with a "
    "licence, and not on the premises."
)


class Refused(CommandRefused):
    """An answer that is no success. `code` is Graph's, as it is spelled there; `seconds` the pause that was named."""

    status = 0
    seconds: float | None = None

    @classmethod
    def of(cls, response: Response, command: str, where: str) -> Self:
        """Of an answer, which is read."""
        body = b""
        with contextlib.suppress(ProtocolViolation):  # of a machine in front of it: the status says enough
            body = response.read(_MOST)
        code, text = _error(body)
        words = " ".join(f"{response.status} {code} {text}".split())[:_WORDS]
        refused = cls(f"{where} refuses what was asked for.", server_words=words, command=command, code=code)
        refused.status = response.status
        refused.seconds = _seconds(response.headers.get("retry-after", ""))
        return refused

    @property
    def gone(self) -> bool:
        """True when what was asked for is not there."""
        return self.status == 404

    @property
    def unmakeable(self) -> bool:
        """True when the octets of a message cannot be made."""
        return self.code in _UNMAKEABLE

    @property
    def state_lost(self) -> bool:
        """True when a delta's link leads nowhere any more."""
        told = self.code.lower()
        return self.status == 410 or told.startswith(("syncstate", "resync")) or told == "errorinvalidsyncstatedata"

    @property
    def ill(self) -> bool:
        """True when the server is in trouble, or an item that it was to tell of."""
        return self.status >= 500 and self.code not in _DAMAGED

    def patience(self) -> MailError | None:
        """The error when the server asks for a pause; None when it does not."""
        busy = self.status in _PATIENCE or (self.status in _WITH_A_TIME and self.seconds is not None)
        if not busy and self.code not in ("ErrorServerBusy", "ErrorTooManyRequests"):
            return None
        pause = "to try again later" if self.seconds is None else f"for a pause of {self.seconds:.0f} s"
        told = {"server_words": self.server_words, "command": self.command}
        return Throttled(f"The server asks {pause}.", **told, seconds=self.seconds)

    def of_message(self) -> MailError:
        """As the failure of one message."""
        sentence = "The source refused to return the message."
        return MessageRefused(sentence, server_words=self.server_words, command=self.command, own=not self.ill)


def login_error(refused: Refused, login: Login, host: str) -> MailError:
    """Why a mailbox does not open."""
    words, command = refused.server_words, refused.command
    if (patience := refused.patience()) is not None:
        return patience
    if refused.status == 401:
        error: MailError = TokenRefused(f"{host} refused the token for {login.user}.", server_words=words)
        error.what_to_do = f"The token must be for Microsoft Graph. {_PERMISSION}"
    elif refused.status == 403:
        sentence = f"{host} does not let the app read the mailbox of {login.user}."
        error = MailboxNotConnected(sentence, server_words=words, clear=True)
        error.what_to_do = _PERMISSION
    elif refused.status < 500:
        error = MailboxNotConnected(f"{host} has no mailbox of {login.user}.", server_words=words, clear=True)
        error.what_to_do = _NO_MAILBOX
    else:
        sentence = f"{host} could not open the mailbox of {login.user}, because of a problem of its own."
        error = LoginTrouble(sentence, server_words=words)
    error.command = command
    return error


def _error(body: bytes) -> tuple[str, str]:
    """Code and text of an answer."""
    try:
        told = json.loads(body)["error"]
        return str(told["code"])[:100], str(told.get("message") or "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "", ""


def _seconds(told: str) -> float | None:
    """Retry-After: seconds, or a date (RFC 9110 section 10.2.3)."""
    if told.isdigit() and told.isascii():
        return min(float(told), _LONGEST_WAIT)
    try:
        return min(max(parsedate_to_datetime(told).timestamp() - time.time(), 0.0), _LONGEST_WAIT)
    except ValueError:
        return None
