"""A mailbox of Exchange as a source: listed by FindItem, followed by SyncFolderItems, read by GetItem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tui_migrate.errors import CommandRefused, Contradicted
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.ews import states
from tui_migrate.mail.ews.folders import EwsFolder, archive_of, folder_of, folders_of
from tui_migrate.mail.ews.items import Contents, Row, contents, look_up
from tui_migrate.mail.ews.look import EwsLook
from tui_migrate.mail.ews.reading import Reading, batches
from tui_migrate.mail.ews.second_way import protected_mail
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import (
    Changes,
    Choose,
    Excluded,
    FolderEnd,
    FolderRefused,
    Listed,
    ListedFolder,
    Listing,
    Read,
    Since,
    Step,
    Tree,
)
from tui_migrate.mail.stream import Valve
from tui_migrate.model import EwsServer, Login

_STRETCH = 5000


class EwsSource:
    """A logged-in mailbox. A message's UID is the ordinal that its id was given."""

    def __init__(self, server: EwsServer, login: Login, around: Surroundings) -> None:
        """Without ordinals messages are known by their place in this session alone. Raises MailError."""
        self._session = EwsSession(
            server, login, around.spool_folder, timing=around.timing, lessons=around.lessons, tracer=around.tracer
        )
        self._ordinals = around.ordinals
        self._states = around.states
        self._spool_folder = around.spool_folder
        self._folders: dict[bytes, EwsFolder] = {}
        self._deltas: dict[bytes, tuple[str, states.Delta]] = {}
        """By folder: what has changed since the state of a token."""
        self._ids: dict[bytes, dict[int, str]] = {}
        """By folder: ids by UID, of what was listed and nobody keeps."""
        self._place: tuple[bytes, int] | None = None

    def tree(self) -> Tree:
        self._deltas.clear()
        found = folders_of(self._session)
        self._folders = {each.name: each for each in found}
        told = tuple(
            ListedFolder(each.name, each.path, role=each.role, subscribed=True, status=self._status(each))
            for each in found
        )
        return Tree(told, delimiter="/", prefix="")

    def through(self, valve: Valve) -> None:
        self._session.through(valve)

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        for folder in folders:
            self._place = folder.name, 0
            try:
                if folder.chosen is not None:
                    yield from self._read(folder.name, folder.chosen, newest_first, alone=folder.suspect)
                elif (changes := folder.changes) is not None:
                    before = folder.status.uidvalidity if folder.status else 0
                    listing = Listing(folder.name, before, changes.messages, True, changes.exists, changes.unlisted)
                    yield from self._read(folder.name, choose(listing), newest_first, alone=folder.suspect)
                else:
                    yield from self._walk(folder, choose, newest_first)
            except (CommandRefused, Contradicted) as error:
                yield FolderRefused(folder.name, error)
                continue
            yield FolderEnd(folder.name)
        self._place = None

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """By what was told when the folders were listed. One in which something else than mail has changed is left out,
        and so is one whose numbers do not add up."""
        found = {}
        for folder, since in asked:
            token, delta = self._deltas.get(folder.name, ("", None))
            if delta is not None and token == since.token and folder.status is not None:
                changes = self._changed(self._folders[folder.name], folder.status.messages, delta, since.messages)
                if changes is not None:
                    found[folder.name] = changes
        return found

    def remarks(self) -> Iterator[tuple[str, str]]:
        """That there is an archive mailbox which nobody has asked for. Raises MailError."""
        if not self._session.server.archive and archive_of(self._session):
            yield "Archive mailbox", "there is one, and it stays behind: choose it in the source's settings"

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """None: what Exchange sums up is no size of mail."""
        return {}

    def look(self) -> EwsLook:
        return EwsLook(self)

    census = look

    def died_at(self) -> tuple[bytes, int] | None:
        return self._place

    def all_arrived(self) -> None:
        """Nothing depends on it."""

    def abort(self) -> None:
        self._session.abort()

    def close(self) -> None:
        self._session.close()

    # For whoever looks

    @property
    def session(self) -> EwsSession:
        """That asks."""
        return self._session

    def status(self, name: bytes) -> FolderStatus:
        """A folder's numbers of now. Raises MailError."""
        return FolderStatus(folder_of(self._session, name).items, None, self._series(name))

    def listed(self, name: bytes, known: Iterable[str] = ()) -> tuple[int, list[Listed], Contents]:
        """The series and all mail of a folder, in ascending UID, and what else lies in it. Raises MailError."""
        found = contents(self._session, self._folder(name), known)
        series, rows = self._numbered(name, found.mail)
        return series, rows, found

    def contents(self, name: bytes, wanted: Sequence[Listed]) -> Iterator[tuple[int, Content]]:
        """The octets of messages by UID, of those that are handed out. Raises MailError."""
        for step in self._read(name, wanted, newest_first=False):
            if isinstance(step, Read):
                yield step.message.listed.uid, step.message.content

    # Folders and listings

    def _folder(self, name: bytes) -> EwsFolder:
        if name not in self._folders:  # another lane has asked for the tree
            self._folders[name] = folder_of(self._session, name)
        return self._folders[name]

    def _series(self, name: bytes) -> int:
        return self._states.series(name) if self._states is not None else 1

    def _status(self, folder: EwsFolder) -> FolderStatus:
        return FolderStatus(folder.items, None, self._series(folder.name), self._token(folder))

    def _token(self, folder: EwsFolder) -> str:
        """The token of a folder's state of now; empty where there was none before."""
        if self._states is None or not folder.tells or not folder.items:
            return ""
        kept = self._states.kept(folder.name)
        delta = states.since(self._session, folder.name, kept[1]) if kept is not None else None
        if kept is None or delta is None:
            return ""
        self._deltas[folder.name] = kept[0], delta
        return kept[0] if delta.nothing else self._states.keep(folder.name, delta.state.encode())

    def _numbered(self, name: bytes, mail: Sequence[Row]) -> tuple[int, list[Listed]]:
        ids = [row.id for row in mail]
        series, uids = self._ordinals(name, ids) if self._ordinals is not None else (1, range(1, len(ids) + 1))
        self._ids = {name: dict(zip(uids, ids, strict=True))}
        return series, sorted((row.listed(uid) for uid, row in zip(uids, mail, strict=True)), key=lambda each: each.uid)

    def _changed(self, folder: EwsFolder, exists: int, delta: states.Delta, before: int) -> Changes | None:
        assert self._states is not None
        found = Contents()
        for row in look_up(self._session, sorted(delta.there)):
            found.add(row, folder)
        if found.excluded:
            return None
        ids = [row.id for row in found.mail]
        new = len(ids) - len(self._states.known(folder.name, ids))
        gone = len(self._states.known(folder.name, [*delta.gone, *(delta.there - {*ids})]))
        if before + new - gone != exists:
            return None
        uids = self._states.add(folder.name, ids)
        rows = sorted((row.listed(uid) for uid, row in zip(uids, found.mail, strict=True)), key=lambda each: each.uid)
        return Changes(tuple(rows), exists - len(rows), exists, new)

    def _walk(self, folder: ListedFolder, choose: Choose, newest_first: bool) -> Iterator[Step]:
        token, known = "", frozenset[str]()
        if self._states is not None and self._folder(folder.name).tells and not (folder.status and folder.status.token):
            begun = states.begun(self._session, folder.name)
            known, token = begun.there, self._states.keep(folder.name, begun.state.encode())
        series, rows, found = self.listed(folder.name, known)
        if folder.status is not None and folder.status.uidvalidity != series:
            sentence = "All messages of the folder have other ids than they had."
            raise Contradicted(sentence, uidvalidity=series)
        starts = range(0, max(1, len(rows)), _STRETCH)
        for start in reversed(starts) if newest_first else starts:
            last = start == starts[0 if newest_first else -1]
            stretch = rows[start : start + _STRETCH]
            wanted = choose(Listing(folder.name, series, stretch, last, len(rows), token=token))
            if last:
                for reason, items in sorted(found.excluded.items()):
                    yield Excluded(folder.name, reason, items, found.octets[reason])
            yield from self._read(folder.name, wanted, newest_first, alone=folder.suspect)

    def _read(
        self, name: bytes, wanted: Sequence[Listed], newest_first: bool, *, alone: bool = False
    ) -> Iterator[Step]:
        def at(uid: int) -> None:
            self._place = name, uid

        reading = Reading(self._session, name, lambda item: protected_mail(self._session, item, self._spool_folder), at)
        for batch in batches(wanted[::-1] if newest_first else wanted, alone=alone):
            yield from reading.read(batch, self._names(name, [each.uid for each in batch]))

    def _names(self, name: bytes, uids: Sequence[int]) -> Mapping[int, str]:
        """The ids of messages: as they were listed here, else as they are on record."""
        mine = self._ids.get(name, {})
        found = {uid: mine[uid] for uid in uids if uid in mine}
        rest = [uid for uid in uids if uid not in found]
        return {**found, **self._states.names(name, rest)} if rest and self._states is not None else found
