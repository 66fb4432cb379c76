"""Exchange Web Services: mailboxes of Exchange on the premises, hosted Exchange, and what speaks as it does."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import Flag, Section, Text, declares, setting
from tui_migrate.model.kinds.kind import Kind, Side, Traits
from tui_migrate.model.servers import NetworkServer, Ports, Security


@declares
class EwsServer(NetworkServer):
    """A server of Exchange."""

    kind_name: ClassVar[str] = "ews"
    ports: ClassVar[Ports] = {Security.TLS: 443}
    url_path: str = setting(
        Text(pattern=r"/[!-~]*", rule="must begin with / and have no blanks"),
        "URL path",
        "Where Exchange Web Services are found on the host.",
        section=Section.WHERE,
        default="/EWS/Exchange.asmx",
        pinned=True,
    )
    archive: bool = setting(
        Flag({"false": "left out", "true": "copied too"}),
        "Archive mailbox",
        "If folders of the archive mailbox are copied too, into a folder of its name.",
        section=Section.WHERE,
        default=False,
        pinned=True,
    )
    public_folders: bool = setting(
        Flag({"false": "left out", "true": "copied too"}),
        "Public folders",
        "If public folders that the mailbox may read are copied too, into a folder of their name.",
        section=Section.WHERE,
        default=False,
        pinned=True,
    )


KIND = Kind(
    name="ews",
    label="EWS",
    sides=frozenset({Side.SOURCE}),
    server=EwsServer,
    behaviour="tui_migrate.mail.ews.mailbox",
    traits=Traits(in_the_clear=False, password_ways=("Negotiate", "NTLM", "Basic")),
    one_sided="Mail is read by Exchange Web Services, not stored",
    not_carried="mail is made anew by Exchange at each request: boundaries within it may differ from time to time",
)
