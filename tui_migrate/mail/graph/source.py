"""A mailbox at Microsoft 365 as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.files.source import FileSource
from tui_migrate.mail.graph.archive import GraphArchive
from tui_migrate.mail.graph.rows import Marks
from tui_migrate.mail.graph.session import GraphSession
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import Changes, Choose, ListedFolder, Since, Step, Tree
from tui_migrate.mail.stream import Valve
from tui_migrate.model import Login, NetworkServer


class GraphSource(FileSource[Marks]):
    """A message's UID is the ordinal of its immutable id."""

    def __init__(self, server: NetworkServer, login: Login, around: Surroundings) -> None:
        """Raises MailError."""
        timing = around.timing
        self._session = GraphSession(
            server, login, around.spool_folder, timing=timing, lessons=around.lessons, tracer=around.tracer
        )
        self._graph = GraphArchive(self._session, login.user, timing.refused_for_now)
        self._place = b"", 0
        super().__init__(self._graph, around.ordinals, around.spool_folder, self._comes_to)

    def tree(self) -> Tree:
        """The folders. Where ordinals are kept, all items are listed for their numbers; else Graph's own do. Raises
        MailError."""
        if self._ordinals is not None:
            return super().tree()
        folders = (
            ListedFolder(
                each.shown.name,
                each.shown.path,
                role=each.shown.role,
                status=FolderStatus(each.items, None, 1),
            )
            for each in self._graph.counted()
        )
        return Tree(tuple(folders), delimiter="/", prefix="")

    def through(self, valve: Valve) -> None:
        """All octets that are received pass through this valve from now on."""
        self._session.through(valve)

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Walk over folders, message by message. Raises MailError."""
        return super().read(self._noted(folders), choose, newest_first)

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """None: a folder that has changed is walked over as it is known by then."""
        return {}

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Nobody has them summed up."""
        return {}

    def died_at(self) -> tuple[bytes, int] | None:
        """Folder and UID of the message that was next."""
        return self._place if self._place[0] else None

    def all_arrived(self) -> None:
        """Nothing depends on it."""

    def abort(self) -> None:
        """Cut the connection from another thread."""
        self._session.abort()

    def _noted(self, folders: Iterable[ListedFolder]) -> Iterator[ListedFolder]:
        for folder in folders:
            self._place = folder.name, 0
            yield folder

    def _comes_to(self, uid: int) -> None:
        self._place = self._place[0], uid
