"""A kind of mailbox of files, some of which end the process that reads them, or hold it up for good."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tui_migrate.errors import FolderDamaged
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents, Item
from tui_migrate.mail.files.mailbox import FileBehaviour
from tui_migrate.mail.message import Content
from tui_migrate.model import KINDS, Kind, LoginKind, Side
from tui_migrate.model.declared import declares
from tui_migrate.model.kinds.files import FileServer

DEADLY = b"deadly"
"""A message that begins with this is not survived."""
STUCK = "stuck"
"""While there is a message of this name, nobody gets to the end of a listing."""
UNLISTED = "unlisted"
"""While there is a file of this name, which is no message, listing fails."""


@declares
class DeadlyServer(FileServer):
    """Folders of files, each of which is a message."""

    kind_name: ClassVar[str] = "deadly"


class DeadlyArchive:
    """One of them: an inbox."""

    carries = Carries()

    def __init__(self, path: Path) -> None:
        self._path = path

    def folders(self) -> Sequence[ArchiveFolder]:
        return [ArchiveFolder(b"INBOX", ("INBOX",))]

    def token(self, folder: bytes) -> str:
        return " ".join(self._names())

    def contents(self, folder: bytes) -> Contents[str]:
        if (self._path / STUCK).exists():
            signal.pause()
        if (self._path / UNLISTED).exists():
            raise FolderDamaged("There is something in the way.")
        return Contents([Item(name, name, instant=0) for name in self._names()], token=self.token(folder))

    def _names(self) -> list[str]:
        return sorted({each.name for each in self._path.iterdir()} - {UNLISTED})

    def read(self, folder: bytes, item: Item[str], spool_folder: Path | None) -> Content | None:
        octets = (self._path / item.place).read_bytes()
        if octets.startswith(DEADLY):
            os.kill(os.getpid(), signal.SIGKILL)
        return Content.of(octets)

    def remarks(self) -> Iterator[tuple[str, str]]:
        """What is known of the process that reads."""
        yield "process", str(os.getpid())
        yield "parent", str(os.getppid())
        yield from os.environ.items()

    def close(self) -> None:
        pass


_BEHAVIOUR = FileBehaviour(lambda path, server, spool_folder: DeadlyArchive(path))
open_archive, open_source = _BEHAVIOUR.open_archive, _BEHAVIOUR.open_source
look_at, findings = _BEHAVIOUR.look_at, _BEHAVIOUR.findings


@contextmanager
def deadly_kind() -> Iterator[None]:
    """It is a kind of mailbox meanwhile."""
    KINDS["deadly"] = Kind(
        "deadly", "Deadly", frozenset({Side.SOURCE}), DeadlyServer, __name__, logins=(LoginKind.NONE,)
    )
    try:
        yield
    finally:
        del KINDS["deadly"]
