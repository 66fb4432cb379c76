"""Answers of Exchange Web Services as XML: names, escapes, refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
T = f"{{{TYPES}}}"
M = f"{{{MESSAGES}}}"
S = f"{{{SOAP}}}"

_SPECIAL = re.compile('[&<>"\x00-\x1f]')
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


@dataclass(eq=False)
class Refusal(Exception):
    """A response message of class Error. `as_fault`: the request as a whole is refused, by a SOAP fault."""

    code: str
    text: str = ""
    values: dict[str, str] = field(default_factory=dict)
    """What MessageXml tells, by name."""
    as_fault: bool = False

    def __post_init__(self) -> None:
        super().__init__(self.code)
        self.text = self.text or _TEXTS.get(self.code, "An internal server error occurred. The operation failed.")


def escaped(text: str) -> str:
    """As character data and in attributes. Control characters become references, which no XML 1.0 may hold: Exchange
    writes them nevertheless."""
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0]) or f"&#x{ord(found[0]):X};", text)


def element(name: str, text: str) -> str:
    """Of the namespace of types, with this text."""
    return f"<t:{name}>{escaped(text)}</t:{name}>"


def instant(when: datetime) -> str:
    """UTC, in whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def truth(value: bool) -> str:
    """A boolean of XML schema."""
    return "true" if value else "false"


def local(node: Element) -> str:
    """The name of an element without its namespace."""
    return node.tag.rpartition("}")[2]


def message_xml(refusal: Refusal) -> str:
    """What a program may read of a refusal."""
    if not refusal.values:
        return ""
    told = "".join(f'<t:Value Name="{escaped(k)}">{escaped(v)}</t:Value>' for k, v in refusal.values.items())
    return f'<t:MessageXml xmlns:t="{TYPES}">{told}</t:MessageXml>'


_TEXTS = {
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorBatchProcessingStopped": "The batch processing was stopped because of a previous error.",
    "ErrorExceededConnectionCount": "You have exceeded the available concurrent connections for your account.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorImpersonateUserDenied": "The account does not have permission to impersonate the requested user.",
    "ErrorImpersonationRequired": "ExchangeImpersonation SOAP header must be present for this type of OAuth token.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidOperation": "The operation is invalid.",
    "ErrorInvalidPropertyRequest": "Property is not valid for this object type.",
    "ErrorInvalidRequest": "The request is invalid.",
    "ErrorInvalidServerVersion": "The specified server version is invalid.",
    "ErrorInvalidSyncStateData": "Synchronization state data is corrupt or otherwise invalid.",
    "ErrorItemCorrupt": "The item is corrupt.",
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorMimeContentConversionFailed": "MIME content conversion failed.",
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "ErrorSchemaValidation": "The request failed schema validation.",
    "ErrorServerBusy": "The server cannot service this request right now. Try again later.",
    "ErrorTimeoutExpired": "The request timed out.",
    "ErrorUnsupportedPathForQuery": "The specified property cannot be used in a query.",
}
