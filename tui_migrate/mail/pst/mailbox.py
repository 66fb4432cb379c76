"""PST and OST files, as `mail.behaviour` wants them."""

from __future__ import annotations

from pathlib import Path

from tui_migrate.mail.files.mailbox import FileBehaviour
from tui_migrate.mail.pst.archive import PstArchive
from tui_migrate.model.kinds.files import FileServer
from tui_migrate.model.kinds.pst import PstServer


def _open(path: Path, server: FileServer, spool_folder: Path | None) -> PstArchive:
    assert isinstance(server, PstServer)
    return PstArchive(path, server.codepage)


_BEHAVIOUR = FileBehaviour(_open)
open_archive, open_source = _BEHAVIOUR.open_archive, _BEHAVIOUR.open_source
look_at, findings = _BEHAVIOUR.look_at, _BEHAVIOUR.findings
