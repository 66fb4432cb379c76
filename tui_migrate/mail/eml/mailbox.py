"""Folders and archives of messages, as `mail.behaviour` wants them."""

from __future__ import annotations

from tui_migrate.mail.eml.archive import EmlArchive
from tui_migrate.mail.files.mailbox import FileBehaviour

_BEHAVIOUR = FileBehaviour(lambda path, server, spool_folder: EmlArchive(path, spool_folder))
open_archive, open_source = _BEHAVIOUR.open_archive, _BEHAVIOUR.open_source
look_at, findings = _BEHAVIOUR.look_at, _BEHAVIOUR.findings
