"""Maildirs, as `mail.behaviour` wants them."""

from __future__ import annotations

from tui_migrate.mail.files.mailbox import FileBehaviour
from tui_migrate.mail.maildir.archive import MaildirArchive

_BEHAVIOUR = FileBehaviour(lambda path, server, spool_folder: MaildirArchive(path))
open_source, look_at, findings = _BEHAVIOUR.open_source, _BEHAVIOUR.look_at, _BEHAVIOUR.findings
