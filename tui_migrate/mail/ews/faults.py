"""What Exchange Web Services refuse, translated into our errors. Once, here: response codes, SOAP faults, and what the
web server before them says by its status."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from tui_migrate.errors import (
    AdminRefused,
    CannotConnect,
    CommandRefused,
    LoginRefused,
    LoginTrouble,
    MailError,
    MessageRefused,
    Throttled,
    TokenRefused,
    TooManyConnections,
)
from tui_migrate.mail.ews.answers import Element
from tui_migrate.mail.web.connection import Response
from tui_migrate.model import Login

_LONGEST_WAIT = 24 * 3600.0
_WORDS = 1000
_LATER = frozenset(
    [
        "ErrorTimeoutExpired",
        "ErrorInternalServerTransientError",
        "ErrorMailboxStoreUnavailable",
        "ErrorConnectionFailed",
        "ErrorMailboxMoveInProgress",
        "ErrorTooManyObjectsOpened",
        "ErrorInsufficientResources",
        "ErrorBatchProcessingStopped",
        "ErrorMailboxFailover",
        "ErrorConnectionFailedTransientError",
        "ErrorADUnavailable",
        "ErrorMessageTrackingTransientError",
        "ErrorNoRespondingCASInDestinationSite",
        "ErrorClientDisconnected",
    ]
)
"""Nobody's fault, and over after a while."""
VERSION = frozenset({"ErrorInvalidServerVersion", "ErrorInvalidRequest", "ErrorSchemaValidation"})
"""A request in a version that the server does not know."""
STALE = "ErrorInvalidSyncStateData"
"""A SyncState that the server does not take back."""
GONE = frozenset({"ErrorItemNotFound", "ErrorMessageNotFound", "ErrorObjectNotFound"})
NO_FOLDER = frozenset(
    [
        "ErrorFolderNotFound",
        "ErrorNoPublicFolderReplicaAvailable",
        "ErrorPublicFolderServerNotFound",
        "ErrorNonExistentMailbox",
        "ErrorNoPublicFolderServerAvailable",
        "ErrorArchiveMailboxNotEnabled",
        "ErrorArchiveMailboxServiceDiscoveryFailed",
    ]
)
"""There is no such folder in this mailbox: an answer, where one was asked for by what it is for."""
_LOGIN = frozenset(
    [
        "ErrorNonExistentMailbox",
        "ErrorImpersonateUserDenied",
        "ErrorImpersonationDenied",
        "ErrorImpersonationFailed",
        "ErrorInvalidPrimarySmtpAddress",
        "ErrorNonPrimarySmtpAddress",
        "ErrorAccessDenied",
        "ErrorMailboxConfiguration",
        "ErrorAccountDisabled",
        "ErrorPasswordExpired",
        "ErrorPasswordChangeRequired",
        "ErrorUserNotAllowedByPolicy",
        "ErrorUserWithoutFederatedProxyAddress",
        "ErrorInvalidSmtpAddress",
        "ErrorTokenSerializationDenied",
    ]
)
"""About who logs in, or whom he becomes."""
UNMAKEABLE = frozenset(
    [
        "ErrorMimeContentConversionFailed",
        "ErrorContentConversionFailed",
        "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String",
    ]
)
"""The octets of an item cannot be made."""
_OWN = UNMAKEABLE | frozenset(
    [
        "ErrorItemCorrupt",
        "ErrorCorruptData",
        "ErrorInvalidPropertyRequest",
        "ErrorItemPropertyRequestFailed",
        "ErrorMessageSizeExceeded",
        "ErrorAccessDenied",
        "ErrorDataSizeLimitExceeded",
    ]
)
"""What is wrong with one item, and stays so."""


def code_of(message: Element) -> str:
    """The response code of a response message or a fault; `NoError` for a success."""
    if message.attributes.get("ResponseClass") == "Success":
        return "NoError"
    found = next((each.text.strip() for each in message.walk() if each.name == "ResponseCode"), "")
    return found or message.told("faultcode").rpartition(":")[2] or "ErrorInternalServerError"


def words_of(message: Element) -> str:
    """The server's words: its code, and what it says to it."""
    told = (each.text for each in message.walk() if each.name in ("MessageText", "Message", "faultstring"))
    return " ".join(f"{code_of(message)}: {next(filter(None, told), '')}".split())[:_WORDS]


def refusal(message: Element, operation: str) -> MailError | None:
    """The error that a response message or a fault stands for; None for a success. Of what concerns a folder it is a
    CommandRefused with its code."""
    code = code_of(message)
    if code == "NoError":
        return None
    words = words_of(message)
    if code == "ErrorServerBusy":
        return throttled(_backoff(message), words, operation)
    if code == "ErrorExceededConnectionCount":
        return TooManyConnections("The server allows no further request.", server_words=words, command=operation)
    if code in _LATER:
        return Throttled("The server cannot serve the mailbox now.", server_words=words, command=operation)
    sentence = f"The server refused {operation}."
    return CommandRefused(sentence, server_words=words, command=operation, code=code)


def of_message(error: CommandRefused) -> MessageRefused:
    """The same as the failure of one message."""
    own = error.code in _OWN
    sentence = "The source refused to return the message."
    if error.code in UNMAKEABLE:
        sentence = "Exchange cannot make a mail of this item."
    return MessageRefused(sentence, server_words=error.server_words, command=error.command, own=own)


def throttled(seconds: float | None, words: str, command: str) -> Throttled:
    """The server asks for a pause of so many seconds; None: it does not say of how many."""
    pause = "to try again later" if seconds is None else f"for a pause of {seconds:.0f} s"
    return Throttled(f"The server asks {pause}.", server_words=words, command=command, seconds=seconds)


def login_error(error: MailError, login: Login, host: str) -> MailError:
    """Why a mailbox was not opened by this login, where it was refused by a response code."""
    if not isinstance(error, CommandRefused) or error.code not in _LOGIN:
        return error
    words, command, user = error.server_words, error.command, login.user
    if error.code.startswith("ErrorImperson"):
        by = login.admin.user if login.admin else "who logs in"
        refused: LoginRefused = AdminRefused(
            f"{host} does not let {by} impersonate {user}.", server_words=words, command=command
        )
        refused.what_to_do = (
            "In Exchange's shell: New-ManagementRoleAssignment -Role ApplicationImpersonation -User, with the service "
            "account, and wait some minutes."
        )
        return refused
    if error.code == "ErrorNonExistentMailbox":
        refused = LoginRefused(f"{host} has no mailbox of {user}.", server_words=words, command=command)
        refused.what_to_do = "Check that the user is written as the mailbox's primary address."
        return refused
    return _kind(login)(f"{host} does not open the mailbox of {user}.", server_words=words, command=command)


def refused_login(login: Login, host: str, words: str, command: str) -> LoginRefused:
    """The web server has seen all credentials, and answers 401."""
    if login.admin is not None:
        sentence = f"{host} refused the login of the admin {login.admin.user} (for the mailbox of {login.user})."
    else:
        what = "the token for" if login.token is not None else "the login of"
        sentence = f"{host} refused {what} {login.user}."
    return _kind(login)(sentence, server_words=words, command=command)


def status_error(response: Response, where: str, command: str) -> MailError | None:
    """What the status of an answer stands for that is not one of Exchange Web Services; None where it may be."""
    status, words = response.status, f"HTTP {response.status}"
    if status in (429, 503):
        return throttled(_retry_after(response.headers.get("retry-after", "")), words, command)
    if status == 404 or 300 <= status < 400:
        what = "leads elsewhere" if status != 404 else "has nothing"
        error = CannotConnect(f"{where} {what} under this URL path.", server_words=words, command=command)
        error.what_to_do = "Check host name and URL path: ctrl+o in the form may find the address (autodiscover)."
        return error
    if status == 403:
        trouble = LoginTrouble(
            f"{where} forbids the use of Exchange Web Services.", server_words=words, command=command
        )
        trouble.what_to_do = "Check that Exchange Web Services are on for this mailbox (Set-CASMailbox -EwsEnabled)."
        return trouble
    xml = "xml" in response.headers.get("content-type", "").lower()
    if status >= 400 and not (status == 500 and xml):
        return Throttled(f"{where} is in trouble.", server_words=words, command=command)
    return None


def _kind(login: Login) -> type[LoginRefused]:
    if login.token is not None:
        return TokenRefused
    return AdminRefused if login.admin is not None else LoginRefused


def _backoff(message: Element) -> float | None:
    for each in message.walk():
        if each.attributes.get("Name") == "BackOffMilliseconds" and each.text.strip().isdecimal():
            return min(int(each.text.strip()[:12]) / 1000, _LONGEST_WAIT)
    return None


def _retry_after(text: str) -> float | None:
    """Seconds of a Retry-After (RFC 9110 section 10.2.3)."""
    if text.strip().isdecimal():
        return min(float(text.strip()[:9]), _LONGEST_WAIT)
    try:
        return min(max(0.0, parsedate_to_datetime(text).timestamp() - time.time()), _LONGEST_WAIT)
    except ValueError:
        return None
