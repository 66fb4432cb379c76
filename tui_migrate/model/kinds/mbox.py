"""mbox: many messages in one file (RFC 4155), in whatever variant."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import declares
from tui_migrate.model.kinds.files import ON_DISK, FileServer
from tui_migrate.model.kinds.kind import Kind, Side
from tui_migrate.model.logins import LoginKind


@declares
class MboxServer(FileServer):
    """mbox files on a disk of this machine, folders and profiles of them."""

    kind_name: ClassVar[str] = "mbox"


KIND = Kind(
    name="mbox",
    label="mbox",
    sides=frozenset({Side.SOURCE}),
    server=MboxServer,
    behaviour="tui_migrate.mail.mbox.mailbox",
    traits=ON_DISK,
    logins=(LoginKind.NONE,),
    one_sided="mbox files are read, not written",
)
