"""Folders and archives of messages, as `mail.behaviour` wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tui_migrate.errors import FilesMissing, MailError
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.eml.archive import EmlArchive
from tui_migrate.mail.files.paths import mailbox_path
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.probe import Probe
from tui_migrate.mail.protocols import MailSource
from tui_migrate.model import Login, Server, Side
from tui_migrate.model.kinds.eml import KIND, EmlServer
from tui_migrate.printable import plural
from tui_migrate.timing import Timing

__all__ = ["findings", "look_at", "open_source"]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    """Raises MailError."""
    return FileSource(_open(server, login, around.spool_folder), around.ordinals, around.spool_folder)


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`."""
    assert isinstance(server, EmlServer)
    seen = Probe(server)
    try:
        if not Path(server.folder).is_dir():
            raise FilesMissing(f"There is no folder {server.folder}.")
        seen = replace(seen, reached=True)
        if login is not None:
            with closing(_open(server, login, None)) as archive:
                messages = sum(len(archive.contents(each.name).items) for each in archive.folders())
            seen = replace(seen, logged_in=True, messages=messages)
    except MailError as error:
        return seen.refused(error)
    return seen


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.messages is not None:
        yield "Mailbox", f"✔ {plural(probe.messages, 'message')}"
    yield "What comes", f"▲ {KIND.not_carried}"


def _open(server: Server, login: Login, spool_folder: Path | None) -> EmlArchive:
    assert isinstance(server, EmlServer)
    return EmlArchive(mailbox_path(server, login), spool_folder)
