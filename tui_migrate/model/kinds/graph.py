"""Microsoft Graph: mailboxes at Microsoft 365 without IMAP."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.clouds import CLOUDS
from tui_migrate.model.declared import Section, declares, setting
from tui_migrate.model.kinds.kind import Kind, Side, Traits
from tui_migrate.model.logins import LoginKind
from tui_migrate.model.servers import HOST, NetworkServer, Ports, Security

AT_ONCE = 4
"""Requests that may be under way for a mailbox and an app."""
REQUESTS, MINUTES = 10_000, 10
"""So many may be made for a mailbox and an app in so many minutes."""


@declares
class GraphServer(NetworkServer):
    """Microsoft Graph, of the cloud that tokens come from."""

    kind_name: ClassVar[str] = "graph"
    ports: ClassVar[Ports] = {Security.TLS: 443}
    host: str = setting(
        HOST,
        "Host",
        "The host of Microsoft Graph. Empty: that of the cloud that the tokens come from.",
        section=Section.WHERE,
        default="",
        hint="graph.microsoft.com, or your cloud's",
        pinned=True,
        kw_only=False,
    )
    """Never empty once it is made."""

    def __post_init__(self) -> None:
        NetworkServer.__post_init__(self)
        if not self.host:
            cloud = CLOUDS[self.token.cloud if self.token else "global"]
            object.__setattr__(self, "host", cloud.graph.removeprefix("https://"))

    @property
    def connections_of_account(self) -> int:
        """Each has one request under way."""
        return min(self.account_connections, AT_ONCE)


KIND = Kind(
    name="graph",
    label="Graph",
    sides=frozenset({Side.SOURCE}),
    server=GraphServer,
    behaviour="tui_migrate.mail.graph.mailbox",
    traits=Traits(in_the_clear=False),
    logins=(LoginKind.TOKEN,),
    one_sided="Mail is read by Microsoft Graph, not stored",
    not_carried="mail is made anew by Exchange, and slowly: where IMAP is on, it is faster",
)
