"""IMAP (RFC 3501, RFC 9051)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from tui_migrate.model.declared import OneOf, Section, Text, declares, setting
from tui_migrate.model.kinds.kind import Kind, Side
from tui_migrate.model.servers import NetworkServer, Ports, Security


class Compress(StrEnum):
    """When connections are compressed (RFC 4978), where the server offers it."""

    AUTO = "auto"
    """Where the line is seen to be slow enough to gain by it."""
    ON = "on"
    OFF = "off"


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
    compress: Compress = setting(
        OneOf({Compress.AUTO: "on a slow line", Compress.ON: "always", Compress.OFF: "never"}),
        "Compress",
        "If connections are compressed where the server offers it (COMPRESS=DEFLATE).",
        section=Section.LIMITS,
        default=Compress.AUTO,
    )


KIND = Kind(
    name="imap",
    label="IMAP",
    sides=frozenset(Side),
    server=ImapServer,
    behaviour="tui_migrate.mail.imap.mailbox",
)
