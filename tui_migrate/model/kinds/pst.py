"""PST and OST: the files of Outlook (MS-PST)."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import Number, Section, declares, setting
from tui_migrate.model.kinds.files import ON_DISK, FileServer
from tui_migrate.model.kinds.kind import Kind, Side
from tui_migrate.model.logins import LoginKind


@declares
class PstServer(FileServer):
    """Files of Outlook on a disk of this machine."""

    kind_name: ClassVar[str] = "pst"
    codepage: int = setting(
        Number(lowest=0, highest=65001, none=True),
        "Code page",
        "The code page of texts in an old (ANSI) file, such as 932; a check proposes one. Newer files need none.",
        section=Section.WHERE,
        default=0,
        hint="of old files alone; such as 1252",
        pinned=True,
        since="0.2",
    )


KIND = Kind(
    name="pst",
    label="PST",
    sides=frozenset({Side.SOURCE}),
    server=PstServer,
    behaviour="tui_migrate.mail.pst.mailbox",
    traits=ON_DISK,
    logins=(LoginKind.NONE,),
    one_sided="PST files are read, not written",
    not_carried="mail is made anew from its properties: no PST holds the octets that were sent or received",
)
