"""Messages that are files of their own: EML (RFC 5322) and those of Apple Mail, in folders and archives."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import declares
from tui_migrate.model.kinds.files import ON_DISK, FileServer
from tui_migrate.model.kinds.kind import Kind, Side
from tui_migrate.model.logins import LoginKind


@declares
class EmlServer(FileServer):
    """Folders and archives on a disk of this machine."""

    kind_name: ClassVar[str] = "eml"


KIND = Kind(
    name="eml",
    label="EML",
    sides=frozenset({Side.SOURCE}),
    server=EmlServer,
    behaviour="tui_migrate.mail.eml.mailbox",
    traits=ON_DISK,
    logins=(LoginKind.NONE,),
    one_sided="A folder of EML files is read, not written",
    not_carried="read state and flags where a file tells none: such mail arrives as read",
)
