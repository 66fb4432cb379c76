"""POP3 (RFC 1939)."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import declares
from tui_migrate.model.kinds.kind import Kind, Side, Traits
from tui_migrate.model.servers import NetworkServer, Ports, Security


@declares
class PopServer(NetworkServer):
    """A POP server."""

    kind_name: ClassVar[str] = "pop"
    ports: ClassVar[Ports] = {Security.TLS: 995, Security.STARTTLS: 110, Security.NONE: 110}


KIND = Kind(
    name="pop",
    label="POP",
    sides=frozenset({Side.SOURCE}),
    server=PopServer,
    behaviour="tui_migrate.mail.pop.mailbox",
    traits=Traits(folders=False, many_connections=False),  # RFC 1939 section 4: a maildrop is locked for its session
    one_sided="POP3 cannot store mail",
    not_carried="INBOX alone: POP has no folders, read state or sent mail",
)
