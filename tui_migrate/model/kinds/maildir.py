"""Maildir (https://cr.yp.to/proto/maildir.html), and Maildir++ with its folders."""

from __future__ import annotations

from typing import ClassVar

from tui_migrate.model.declared import declares
from tui_migrate.model.kinds.files import ON_DISK, FileServer
from tui_migrate.model.kinds.kind import Kind, Side
from tui_migrate.model.logins import LoginKind


@declares
class MaildirServer(FileServer):
    """Maildirs on a disk of this machine."""

    kind_name: ClassVar[str] = "maildir"


KIND = Kind(
    name="maildir",
    label="Maildir",
    sides=frozenset(Side),
    server=MaildirServer,
    behaviour="tui_migrate.mail.maildir.mailbox",
    traits=ON_DISK,
    logins=(LoginKind.NONE,),
)
