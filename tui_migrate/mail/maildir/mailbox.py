"""Maildirs, as `mail.behaviour` wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tui_migrate.errors import FilesMissing, MailError
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.files.paths import mailbox_path
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.probe import Probe
from tui_migrate.mail.protocols import MailSource
from tui_migrate.model import Login, Server, Side
from tui_migrate.model.kinds.files import FileServer
from tui_migrate.printable import plural
from tui_migrate.timing import Timing

__all__ = ["findings", "look_at", "open_source"]


def open_source(server: Server, login: Login, around: Surroundings) -> MailSource:
    """Raises MailError."""
    return FileSource(MaildirArchive(_path(server, login)), around.ordinals, around.spool_folder)


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`. A mailbox that is not there yet is no mistake: it may be made."""
    assert isinstance(server, FileServer)
    seen = Probe(server)
    try:
        if not Path(server.folder).is_dir():
            raise FilesMissing(f"There is no folder {server.folder}.")
        seen = replace(seen, reached=True)
        if login is not None:
            with closing(MaildirArchive(_path(server, login))) as archive:
                messages = sum(len(archive.contents(each.name).items) for each in archive.folders())
            seen = replace(seen, logged_in=True, messages=messages)
    except MailError as error:
        return seen.refused(error)
    return seen


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.messages is not None:
        yield "Mailbox", f"✔ {plural(probe.messages, 'message')}"


def _path(server: Server, login: Login) -> Path:
    assert isinstance(server, FileServer)
    return mailbox_path(server, login)
