"""Where Exchange Web Services are for a mail domain: by autodiscover in JSON, which asks for no login.

The older autodiscover in XML wants the mailbox's password before anybody has seen where it goes, so it is not asked.
"""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

from tui_migrate.mail.discovery import autoconfig, names
from tui_migrate.mail.discovery.names import is_host
from tui_migrate.model import EwsServer, NetworkServer, Security


def hosts(domain: str, *, ask_dns: bool) -> list[str]:
    """Who may tell, the domain's own word first: an address is told to nobody else."""
    told = [each.host for each in names.services("_autodiscover._tcp", domain)] if ask_dns else []
    return list(dict.fromkeys([*told, f"autodiscover.{domain}", domain]))


def told(host: str, address: str, like: NetworkServer | None) -> tuple[str, EwsServer] | None:
    """The address at which this host tells where a mailbox's services are, and what it tells; None where it tells
    nothing. `address` may be the domain alone. Raises MailError."""
    mailbox = address if "@" in address else f"postmaster@{address}"
    url = f"https://{host}/autodiscover/autodiscover.json/v1.0/{quote(mailbox)}?Protocol=EWS"
    there, body = autoconfig.fetched(url, like)
    server = read(body) if body is not None else None
    return None if server is None else (there.partition("/v1.0/")[0], server)


def read(octets: bytes) -> EwsServer | None:
    """The services that an answer names; None: it names none that TLS leads to."""
    try:
        url = json.loads(octets)["Url"]
        parts = urlsplit(url)
        host, port, path = (parts.hostname or "").lower(), parts.port or 443, parts.path
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if parts.scheme != "https" or parts.username is not None or not is_host(host) or not path.startswith("/"):
        return None
    if not path.isascii() or not path.isprintable() or " " in path or len(path) > 1000:
        return None
    return EwsServer(host, security=Security.TLS, port=port, url_path=path)
