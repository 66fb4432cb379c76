"""What the DNS says of a mail domain: its servers (SRV; RFC 6186, RFC 8314 section 5.1) and where its mail goes (MX).

dnspython is loaded when a domain is first looked up. An answer is nobody's proof: a server that was found so is tried,
with its certificate verified, and shown before it is sent a password."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from tui_migrate.errors import CannotConnect

if TYPE_CHECKING:
    from dns.resolver import Resolver

SERVER_VARIABLE = "TUI_MIGRATE_DNS"
"""Names the DNS server that is asked in place of the system's, as `address` or `address:port`; one of IPv6 stands in
brackets."""
_SECONDS = 5.0
"""For all tries of one question."""
_MOST = 20
"""Records of an answer that are looked at."""
_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST = 253


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record."""

    host: str
    port: int
    priority: int
    weight: int


def domain_of(address: str) -> str:
    """The domain of a mail address, or of itself, as the DNS knows it (IDNA). Raises CannotConnect when it is none."""
    text = address.rpartition("@")[2].strip().rstrip(".").lower()
    try:
        domain = text.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not is_host(domain):
        raise CannotConnect(f"{text or 'Nothing'} is not a mail domain.")
    return domain


def is_host(text: str) -> bool:
    """True for what can be the name of a host: no blank, no control character, nothing that a URL would read."""
    return len(text) <= _LONGEST and _HOST.fullmatch(text) is not None


def services(name: str, domain: str) -> list[Service]:
    """The servers of a service (`_imaps._tcp`), the preferred one first. None where there is none, and where the domain
    says that it has none (a target of `.`). Raises CannotConnect when no DNS server answers."""
    found = [
        Service(_text(each.target), each.port, each.priority, each.weight)
        for each in _ask(f"{name}.{domain}", "SRV")
        if is_host(_text(each.target)) and each.port
    ]
    return sorted(found, key=lambda each: (each.priority, -each.weight))


def mail_exchangers(domain: str) -> list[str]:
    """The hosts that take a domain's mail, the preferred one first. Raises CannotConnect when no DNS server answers."""
    found = sorted((each.preference, _text(each.exchange)) for each in _ask(domain, "MX"))
    return [host for _, host in found if is_host(host)]


def _ask(name: str, kind: str) -> Iterable[Any]:
    from dns import exception, resolver

    try:
        return [*_resolver().resolve(name, kind, lifetime=_SECONDS)][:_MOST]
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except (resolver.NoNameservers, resolver.NoResolverConfiguration, exception.Timeout) as error:
        raise CannotConnect("No DNS server answers.", server_words=str(error)) from None
    except (exception.DNSException, UnicodeError):  # a name that cannot be one
        return []


def _resolver() -> Resolver:
    from dns.resolver import Resolver

    if not (told := os.environ.get(SERVER_VARIABLE)):
        return Resolver()
    found = re.fullmatch(r"([0-9.]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?", told)
    try:
        made = Resolver(configure=False)
        made.nameservers = [ip_address(found[1].strip("[]")).compressed] if found else []
        made.port = int(found[2] or 53) if found else 0
    except ValueError:
        found = None
    if not found or not 0 < made.port < 1 << 16:
        raise CannotConnect(f"{SERVER_VARIABLE} is no address of a DNS server: {told}.")
    return made


def _text(name: Any) -> str:
    """A host name as people write it; empty for the root."""
    return str(name.to_text(omit_final_dot=True)).lower().rstrip(".")
