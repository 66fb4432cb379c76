"""SOAP 1.1 around what is asked and answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

from tests.servers.exchange.versions import Release
from tests.servers.exchange.words import ERRORS, MESSAGES, SOAP, TYPES, Refusal, S, T, escaped, message_xml

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SIDS = ("PrimarySmtpAddress", "SmtpAddress", "PrincipalName")


@dataclass(frozen=True)
class Envelope:
    """What a client sent."""

    operation: Element
    version: str | None
    """That it asks for."""
    impersonates: str | None
    """An address."""


def opened(octets: bytes) -> Envelope:
    """Raises Refusal for what is no envelope with one operation in it."""
    try:
        if b"<!DOCTYPE" in octets:
            raise ValueError
        root = fromstring(octets)
    except (ParseError, ValueError):
        raise Refusal("ErrorInvalidRequest", as_fault=True) from None
    body = root.find(f"{S}Body")
    if root.tag != f"{S}Envelope" or body is None or len(body) != 1:
        raise Refusal("ErrorSchemaValidation", as_fault=True)
    wanted = root.find(f"{S}Header/{T}RequestServerVersion")
    impersonated = root.find(f"{S}Header/{T}ExchangeImpersonation/{T}ConnectingSID")
    names = [impersonated.findtext(f"{T}{name}") for name in _SIDS] if impersonated is not None else []
    version = wanted.get("Version", "") if wanted is not None else None
    return Envelope(body[0], version, next((name.strip() for name in names if name), None))


def fault(refusal: Refusal) -> bytes:
    """The answer to a request that is refused as a whole, which goes with HTTP 500."""
    code, text = refusal.code, escaped(refusal.text)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{TYPES}">a:{code}</faultcode><faultstring xml:lang="en-US">{text}</faultstring>'
        f'<detail><e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{text}</e:Message>{message_xml(refusal)}</detail>'
        f"</s:Fault></s:Body></s:Envelope>"
    ).encode()


def answer(release: Release, operation: str, messages: Iterable[list[bytes]]) -> list[bytes]:
    """An envelope around these response messages."""
    parts = [
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header>{release.header()}</s:Header>'
        f'<s:Body><m:{operation}Response xmlns:m="{MESSAGES}" xmlns:t="{TYPES}" xmlns:xsi="{XSI}">'
        f"<m:ResponseMessages>".encode()
    ]
    for message in messages:
        parts += message
    return [*parts, f"</m:ResponseMessages></m:{operation}Response></s:Body></s:Envelope>".encode()]


def success(operation: str, inner: list[bytes]) -> list[bytes]:
    """One response message."""
    name = f"m:{operation}ResponseMessage"
    begin = f'<{name} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
    return [begin.encode(), *inner, f"</{name}>".encode()]


def failure(operation: str, refusal: Refusal, empty: str) -> list[bytes]:
    """One response message. `empty`: what stands in the place of what was asked for."""
    name = f"m:{operation}ResponseMessage"
    kind = "Warning" if refusal.code == "ErrorBatchProcessingStopped" else "Error"
    told = (
        f'<{name} ResponseClass="{kind}"><m:MessageText>{escaped(refusal.text)}</m:MessageText>'
        f"<m:ResponseCode>{refusal.code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>"
        f"{message_xml(refusal).replace('t:MessageXml', 'm:MessageXml')}{empty}</{name}>"
    )
    return [told.encode()]
