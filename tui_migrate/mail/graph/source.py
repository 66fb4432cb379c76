"""A mailbox at Microsoft 365 as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.files.source import NOTHING, FileSource
from tui_migrate.mail.graph.archive import GraphArchive
from tui_migrate.mail.graph.following import FolderState, follow
from tui_migrate.mail.graph.rows import GraphItem, Marks
from tui_migrate.mail.graph.session import GraphSession
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import (
    Changes,
    Choose,
    FolderEnd,
    Listed,
    ListedFolder,
    Listing,
    Since,
    Step,
    Tree,
)
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
        self._states = around.states
        self._changes: dict[bytes, tuple[str, Changes]] = {}
        """By folder, since the state with this token."""
        self._place = b"", 0
        super().__init__(self._graph, around.ordinals, around.spool_folder, self._comes_to)

    def tree(self, settled: Mapping[bytes, Since] = NOTHING) -> Tree:
        """The folders. Where ordinals are kept, each tells what has changed, or is listed: then several lanes can share
        it. Else Graph's own numbers will do. Raises MailError."""
        if self._ordinals is not None:
            return super().tree(settled)
        folders = (
            ListedFolder(
                each.shown.name, each.shown.path, role=each.shown.role, status=FolderStatus(each.items, None, 1)
            )
            for each in self._graph.counted()
        )
        return Tree(tuple(folders), delimiter="/", prefix="")

    def through(self, valve: Valve) -> None:
        """All octets that are received pass through this valve from now on."""
        self._session.through(valve)

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Walk over folders, message by message. Raises MailError."""
        for folder in folders:
            self._place = folder.name, 0
            if self._states is not None and (folder.changes is not None or folder.chosen is not None):
                wanted = _chosen(folder, choose)
                yield from self._read(folder.name, self._named(folder.name, wanted).get, wanted, newest_first)
                yield FolderEnd(folder.name)
            else:
                yield from super().read([folder], choose, newest_first)

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """As they were told when the folders were."""
        found = {}
        for folder, since in asked:
            token, changes = self._changes.get(folder.name, ("", None))
            if changes is not None and token == since.token:
                found[folder.name] = changes
        return found

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

    def _status(self, name: bytes, since: Since | None) -> FolderStatus | None:
        """By what was kept of the folder, and else by listing it."""
        states = self._states
        kept = states.kept(name) if states is not None else None
        if states is not None and kept is not None:
            token, state = kept[0], FolderState.of(kept[1])
            followed = follow(self._session, states, name, state, self._graph.items(name))
            if followed is not None:
                state = followed.state
                if followed.changes is not None:
                    self._changes[name] = token, followed.changes
                    token = states.keep(name, state.packed())
                return FolderStatus(state.messages, state.uidnext, states.series(name), token)
        status = super()._status(name, since)
        if status is None or states is None or not (link := self._graph.link(name)):
            return status
        state = FolderState(link, status.uidnext or 1, status.messages)
        return replace(status, token=states.keep(name, state.packed()))

    def _named(self, folder: bytes, wanted: Sequence[Listed]) -> Mapping[int, GraphItem]:
        """Items by the names that are on record: nothing is listed for them."""
        assert self._states is not None
        names = self._states.names(folder, [each.uid for each in wanted])
        return {uid: GraphItem(name, Marks()) for uid, name in names.items()}

    def _comes_to(self, uid: int) -> None:
        self._place = self._place[0], uid


def _chosen(folder: ListedFolder, choose: Choose) -> Sequence[Listed]:
    """What is to be read of a folder that is not listed."""
    if folder.chosen is not None:
        return folder.chosen
    changes, before = folder.changes, folder.status.uidvalidity if folder.status else 0
    assert changes is not None
    return choose(Listing(folder.name, before, changes.messages, True, changes.exists, changes.unlisted))
