"""What a mail domain, or Mozilla's collection (ISPDB), says of the domain's servers in an autoconfig file.

Nothing is asked in the clear and no redirect leaves TLS. An answer is bounded; its XML may declare nothing of its own,
so that no entity grows in it and none is fetched. What it names is a proposal: somebody sees it before a password goes
there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from tui_migrate.errors import ProtocolViolation
from tui_migrate.mail.discovery.names import is_host
from tui_migrate.mail.http import request
from tui_migrate.model import ImapServer, NetworkServer, PopServer, Security

COLLECTION = ("Mozilla's collection", "https://autoconfig.thunderbird.net/v1.1/{domain}")
PLACES = (
    ("the domain's autoconfig", "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}"),
    ("the domain's autoconfig", "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
    COLLECTION,
)
"""Where the files may lie, the domain's own word first. An address is told to nobody but its domain."""
_MOST = 1 << 18
_SECONDS = 8.0
_REDIRECTS = 3
_FOLLOWED = re.compile(r"https://[!-~]{1,1000}")
_SERVERS = 10
"""Of one file."""
_KINDS: dict[str, type[ImapServer] | type[PopServer]] = {"imap": ImapServer, "pop3": PopServer}
_SECURITIES = {"SSL": Security.TLS, "STARTTLS": Security.STARTTLS}
"""What is in the clear is not proposed."""


@dataclass(frozen=True, slots=True)
class Described:
    """A server, as an autoconfig file has it."""

    server: NetworkServer
    local_part: bool
    """True where a mailbox logs in with what stands before the @ of its address."""


def addresses(address: str, domain: str) -> Iterator[tuple[str, str]]:
    """Where the files of an address's domain may lie: what that is, and the URL. `address` may be the domain alone."""
    for what, url in PLACES:
        if "@" not in address:
            url = url.partition("?")[0]
        yield what, url.format(domain=domain, address=quote(address))


def fetch(url: str, like: NetworkServer | None = None) -> tuple[str, list[Described]]:
    """The address that the file was found at, without its query, and the servers in it in their order; none where there
    is no such file. Raises MailError."""
    there, body = fetched(url, like)
    return there, [] if body is None else read(body)


def fetched(url: str, like: NetworkServer | None = None) -> tuple[str, bytes | None]:
    """The address that a file was found at, without its query, and what is in it; None where there is no such file.
    Raises MailError."""
    for _ in range(_REDIRECTS + 1):
        answer = request("GET", url, like=like, most=_MOST, seconds=_SECONDS)
        if answer.status not in (301, 302, 303, 307, 308):
            return _bare(url), answer.body if answer.status == 200 else None
        there = _followed(url, answer.headers.get("location", ""))
        if not there:
            raise ProtocolViolation(f"{_bare(url)} leads out of TLS, or to no address: that is not followed.")
        url = there
    raise ProtocolViolation(f"{_bare(url)} leads from one address to the next.")


def _followed(url: str, location: str) -> str:
    """Where a redirect leads; empty where nobody is to follow."""
    try:
        there = urljoin(url, location)
        parts = urlsplit(there)
        good = is_host(parts.hostname or "") and parts.port != 0 and parts.username is None
    except ValueError:
        return ""
    return there if good and _FOLLOWED.fullmatch(there) else ""


def _bare(url: str) -> str:
    return url.partition("?")[0]


def read(octets: bytes) -> list[Described]:
    """The servers in an autoconfig file. Raises ProtocolViolation for one that is none."""
    root = _parse(octets)
    found = [
        described
        for provider in root.iter("emailProvider")
        for element in provider.iter("incomingServer")
        if (described := _described(element)) is not None
    ]
    return found[:_SERVERS]


def _described(element: Element) -> Described | None:
    kind = _KINDS.get(element.get("type", ""))
    security = _SECURITIES.get(_text(element, "socketType").upper())
    host, port = _text(element, "hostname").lower(), _text(element, "port")
    if kind is None or security is None or not is_host(host) or not re.fullmatch("[0-9]{1,5}", port):
        return None
    if not 0 < int(port) < 1 << 16:
        return None
    return Described(kind(host, security=security, port=int(port)), _text(element, "username") == "%EMAILLOCALPART%")


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _parse(octets: bytes) -> Element:
    """The root of a document without declarations of its own."""
    parser = expat.ParserCreate()
    tree = TreeBuilder()

    def refuse(*_: object) -> None:
        raise ParseError("it declares things of its own (DOCTYPE)")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = lambda name: tree.end(name)
    parser.CharacterDataHandler = tree.data
    try:
        parser.Parse(octets, True)
        return tree.close()
    except (expat.ExpatError, ParseError, AssertionError, ValueError, LookupError) as error:  # the last two: encodings
        raise ProtocolViolation(f"What it sent is no autoconfig file: {error}.") from None
