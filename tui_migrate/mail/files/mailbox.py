"""Mailboxes of files, of whatever kind, as `mail.behaviour` wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tui_migrate.errors import FilesMissing, MailError
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.files.apart import ApartSource, Mailbox
from tui_migrate.mail.files.archive import Archive
from tui_migrate.mail.files.paths import mailbox_path
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.probe import Probe
from tui_migrate.mail.protocols import MailSource
from tui_migrate.model import Login, Server, Side
from tui_migrate.model.kinds.files import FileServer
from tui_migrate.printable import plural
from tui_migrate.timing import Timing


@dataclass(frozen=True, slots=True)
class FileBehaviour:
    """How a kind of mailbox of files behaves as a source: the functions of its module."""

    open_archive: Callable[[Path, FileServer, Path | None], Archive[Any]]
    """Given the mailbox's path, its server and the spool folder. Raises MailError."""

    def open_source(self, server: Server, login: Login, around: Surroundings) -> MailSource:
        """Raises MailError."""
        assert isinstance(server, FileServer)
        path = mailbox_path(server, login)
        mailbox = Mailbox(server.kind.behaviour, server, path, around.spool_folder)
        return ApartSource(mailbox, around.ordinals, around.settled)

    def look_at(self, server: Server, login: Login | None, timing: Timing, lessons: Lessons) -> Probe:
        """See `probe`."""
        assert isinstance(server, FileServer)
        seen = Probe(server)
        try:
            if not Path(server.folder).is_dir():
                raise FilesMissing(f"There is no folder {server.folder}.")
            seen = replace(seen, reached=True)
            if login is not None:
                with closing(self._open(server, login, None)) as archive:
                    messages = sum(len(archive.contents(each.name).items) for each in archive.folders())
                    remarks = tuple(archive.remarks())
                seen = replace(seen, logged_in=True, messages=messages, remarks=remarks)
        except MailError as error:
            return seen.refused(error)
        return seen

    def findings(self, side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
        """Label and text of each thing that an admin wants to know."""
        if probe.messages is not None:
            yield "Mailbox", f"✔ {plural(probe.messages, 'message')}"
        yield from probe.remarks
        if lost := probe.server.kind.not_carried:
            yield "What comes", f"▲ {lost}"

    def _open(self, server: Server, login: Login, spool_folder: Path | None) -> Archive[Any]:
        assert isinstance(server, FileServer)
        return self.open_archive(mailbox_path(server, login), server, spool_folder)
