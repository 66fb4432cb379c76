"""Maildirs, as `mail.behaviour` wants them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tui_migrate.errors import FilesMissing, PathRefused
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.files.mailbox import FileBehaviour
from tui_migrate.mail.files.paths import mailbox_path
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.maildir.destination import MaildirDestination
from tui_migrate.mail.probe import Probe
from tui_migrate.mail.protocols import MailDestination
from tui_migrate.model import Login, Server, Side
from tui_migrate.model.kinds.files import FileServer
from tui_migrate.timing import Timing

_BEHAVIOUR = FileBehaviour(lambda path, server, spool_folder: MaildirArchive(path))
open_archive, open_source = _BEHAVIOUR.open_archive, _BEHAVIOUR.open_source


def open_destination(server: Server, login: Login, around: Surroundings) -> MailDestination:
    """A mailbox that is not there yet is made when mail comes. Raises MailError."""
    assert isinstance(server, FileServer)
    if not Path(server.folder).is_dir():
        raise FilesMissing(f"There is no folder {server.folder}.")
    return MaildirDestination(mailbox_path(server, login), around.spool_folder)


def look_at(server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
    """See `probe`. What is not there yet is no mistake where mail goes."""
    assert isinstance(server, FileServer)
    seen = _BEHAVIOUR.look_at(server, login, timing, lessons)
    if login is not None and seen.reached and seen.refusal and _is_missing(server, login):
        return replace(seen, refusal="", advice="", logged_in=True)
    return seen


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    if probe.logged_in and probe.messages is None:
        yield "Mailbox", "✘ is not there" if side is Side.SOURCE else "✔ is not there yet: it is made"
    yield from _BEHAVIOUR.findings(side, probe)


def _is_missing(server: FileServer, login: Login) -> bool:
    try:
        return not mailbox_path(server, login).exists()
    except PathRefused:
        return False
