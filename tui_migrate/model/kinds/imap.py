"""IMAP (RFC 3501, RFC 9051)."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import Section, Text, declares, setting
from tui_migrate.model.kinds.kind import Kind, Side
from tui_migrate.model.servers import NetworkServer, Ports, Security


@declares
class ImapServer(NetworkServer):
    """An IMAP server."""

    kind_name: ClassVar[str] = "imap"
    ports: ClassVar[Ports] = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
    path_prefix: str = setting(
        Text(),
        "Path prefix",
        "Only folders below this prefix are used. Empty: the personal namespace, which the server tells (RFC 2342).",
        section=Section.WHERE,
        default="",
        hint="found by itself; such as INBOX.",
        pinned=True,
    )


KIND = Kind(
    name="imap",
    label="IMAP",
    sides=frozenset(Side),
    server=ImapServer,
    behaviour="tui_migrate.mail.imap.mailbox",
)
