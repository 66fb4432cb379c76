"""mbox files, as `mail.behaviour` wants them."""

from __future__ import annotations

from tui_migrate.mail.files.mailbox import FileBehaviour
from tui_migrate.mail.mbox.archive import MboxArchive

_BEHAVIOUR = FileBehaviour(lambda path, server, spool_folder: MboxArchive(path))
open_archive, open_source = _BEHAVIOUR.open_archive, _BEHAVIOUR.open_source
look_at, findings = _BEHAVIOUR.look_at, _BEHAVIOUR.findings
