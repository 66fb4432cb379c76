"""A mailbox in memory as a source. Nothing in it is as IMAP has it: messages have names and no UIDs, what has happened
in a folder is told to who hands in a state of it, and not all that lies there is mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tests.doubles.looking import MemoryLook, listed, tree
from tests.doubles.places import Moment, Place, Session
from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tui_migrate.errors import CommandRefused, Contradicted, MessageRefused
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import (
    Changes,
    Choose,
    Excluded,
    FolderEnd,
    FolderRefused,
    Gone,
    Listed,
    ListedFolder,
    Listing,
    Message,
    Ordinals,
    Read,
    Since,
    Step,
    Tree,
    Unreadable,
)
from tui_migrate.mail.states import States
from tui_migrate.mail.stream import Valve

NO_MAIL = b"BEGIN:VCALENDAR"
"""What begins so is none."""
WHY_NOT = "a calendar entry"


class _Named(Session):
    """Folders have names that are in no encoding of a mail server, messages have names in the place of numbers."""

    def __init__(self, place: Place, mailbox: Mailbox, ordinals: Ordinals | None, states: States | None) -> None:
        super().__init__(place, mailbox)
        self._ordinals = ordinals
        self._states = states
        self.before: dict[bytes, tuple[str, bytes]] = {}
        """By folder: the state that was kept when its numbers were told, under its token."""

    def name(self, folder: Folder) -> bytes:
        readable = self.mailbox.readable_name(folder.name)
        return b"INBOX" if readable == "INBOX" else b"\xff" + readable.encode()

    def status(self, folder: Folder) -> FolderStatus:
        name, token = self.name(folder), ""
        kept = self._states.kept(name) if self._states is not None else None
        if kept is not None and _is_valid(kept[1], folder):
            self.before[name] = kept
            token = kept[0] if kept[1] == _state(folder) else self.keep(folder)
        return FolderStatus(len(folder.messages), None, self.series(folder), token)

    def keep(self, folder: Folder) -> str:
        """The token of its state of now."""
        return "" if self._states is None else self._states.keep(self.name(folder), _state(folder))

    def messages(self, folder: Folder) -> dict[int, StoredMessage]:
        return self._numbered(folder)[1]

    def series(self, folder: Folder) -> int:
        """The one that its ordinals are of."""
        return self._numbered(folder)[0] if self._states is None else self._states.series(self.name(folder))

    def some(self, folder: Folder, wanted: Sequence[StoredMessage]) -> tuple[dict[int, StoredMessage], int]:
        """Some of its messages by their numbers, and how many of them had none before."""
        assert self._states is not None
        names = [_name(folder, each) for each in wanted]
        known = self._states.known(self.name(folder), names)
        numbers = self._states.add(self.name(folder), names)
        return dict(sorted(zip(numbers, wanted, strict=True))), len(names) - len(known)

    def _numbered(self, folder: Folder) -> tuple[int, dict[int, StoredMessage]]:
        mail = [each for each in folder.messages if not each.octets.startswith(NO_MAIL)]
        if self._ordinals is None:
            return 1, dict(enumerate(mail, 1))
        names = [_name(folder, each) for each in mail]
        series, ordinals = self._ordinals(self.name(folder), names)
        return series, dict(sorted(zip(ordinals, mail, strict=True)))


def _name(folder: Folder, message: StoredMessage) -> str:
    return f"{folder.uidvalidity}-{message.uid}"


def _state(folder: Folder) -> bytes:
    """So large that it can be nobody's token."""
    return b"%d/%d/%d/" % (folder.highest_modseq, folder.uidvalidity, len(folder.messages)) + bytes(1 << 12)


def _is_valid(state: bytes, folder: Folder) -> bool:
    """One of before a folder was numbered anew is refused."""
    return int(state.split(b"/")[1]) == folder.uidvalidity


class MemorySource:
    """One session."""

    def __init__(self, place: Place, mailbox: Mailbox, ordinals: Ordinals | None, states: States | None) -> None:
        self._session = _Named(place, mailbox, ordinals, states)
        self._place: tuple[bytes, int] | None = None

    def tree(self) -> Tree:
        """The folders."""
        return tree(self._session)

    def through(self, valve: Valve) -> None:
        """What is read passes here."""
        self._session.valve = valve

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        """Folder by folder, each listed in one piece."""
        for folder in folders:
            self._place = folder.name, 0
            try:
                chosen = folder.chosen if folder.chosen is not None else choose(self._listing(folder))
            except (CommandRefused, Contradicted) as error:
                yield FolderRefused(folder.name, error)
                continue
            yield from self._excluded(folder)
            for each in reversed(chosen) if newest_first else chosen:
                self._place = folder.name, each.uid
                yield self._step(folder.name, each)
            yield FolderEnd(folder.name)
        self._place = None

    def _listing(self, asked: ListedFolder) -> Listing:
        before = asked.status.uidvalidity if asked.status else 0
        if (changes := asked.changes) is not None:
            return Listing(asked.name, before, changes.messages, True, changes.exists, changes.unlisted)
        folder = self._session.opened(asked.name)
        with self._session.asking(Moment.LIST, folder):
            token = "" if asked.status is None or asked.status.token else self._session.keep(folder)
            rows = self._rows(folder)
            series = self._session.series(folder)
        if before not in (0, series):
            raise Contradicted("The folder was replaced a moment ago.", uidvalidity=series)
        return Listing(asked.name, series, rows, True, len(rows), token=token)

    def _rows(self, folder: Folder) -> list[Listed]:
        return [listed(*each) for each in self._session.messages(folder).items()]

    def _excluded(self, asked: ListedFolder) -> Iterator[Excluded]:
        """Once in a walk: what is read of a listing of before has been counted with it."""
        if asked.chosen is None and asked.changes is None:
            found = [m for m in self._session.opened(asked.name).messages if m.octets.startswith(NO_MAIL)]
            if found:
                yield Excluded(asked.name, WHY_NOT, len(found), sum(len(each.octets) for each in found))

    def _step(self, name: bytes, wanted: Listed) -> Step:
        folder = self._session.opened(name)
        try:
            with self._session.asking(Moment.READ, folder):
                found = self._session.messages(folder).get(wanted.uid)
        except MessageRefused as error:
            return Unreadable(name, wanted, error)
        if found is None:
            return Gone(name, (wanted.uid,))
        self._session.passed(len(found.octets))
        return Read(name, Message.of(wanted, Content.of(found.octets)))

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        """By what the states say that were kept when the folders were listed."""
        found = {}
        for folder, since in asked:
            there = self._session.opened(folder.name)
            token, state = self._session.before.get(folder.name, ("", b""))
            with self._session.asking(Moment.CHANGES, there):
                if token == since.token and self._session.series(there) == since.uidvalidity:
                    found[folder.name] = self._changed(there, state)
        return found

    def _changed(self, folder: Folder, state: bytes) -> Changes:
        modseq = int(state.split(b"/")[0])
        messages, new = self._session.some(folder, [each for each in folder.messages if each.modseq > modseq])
        rows = tuple(listed(*each) for each in messages.items())
        return Changes(rows, len(folder.messages) - len(rows), len(folder.messages), new)

    def remarks(self) -> tuple[()]:
        """Nothing: what there is to say of a server is said where it is looked at."""
        return ()

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """Of all mail."""
        opened = {name: self._session.opened(name) for name in folders}
        return {name: sum(row.size for row in self._rows(folder)) for name, folder in opened.items()}

    def look(self) -> MemoryLook:
        """For recognising."""
        return MemoryLook(self._session)

    census = look

    def died_at(self) -> tuple[bytes, int] | None:
        """What was next."""
        return self._place

    def all_arrived(self) -> None:
        """Nothing depends on it."""

    def abort(self) -> None:
        """From another thread."""
        self._session.abort()

    def close(self) -> None:
        """It is over."""
        self._session.close()
