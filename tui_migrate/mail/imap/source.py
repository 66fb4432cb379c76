"""Reading mail. Folders are opened with EXAMINE and messages read with BODY.PEEK[]: nothing changes at the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tui_migrate.mail.imap import delta
from tui_migrate.mail.imap.capacity import folder_sizes
from tui_migrate.mail.imap.census import ImapCensus
from tui_migrate.mail.imap.folders import list_tree
from tui_migrate.mail.imap.look import ImapLook
from tui_migrate.mail.imap.reader import Reader
from tui_migrate.mail.imap.session import Session
from tui_migrate.mail.protocols import Changes, Choose, ListedFolder, Since, Step, Tree
from tui_migrate.mail.stream import Valve


class ImapSource:
    """A logged-in source mailbox."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader: Reader | None = None

    def tree(self) -> Tree:
        return list_tree(self._session, with_status=True)

    def through(self, valve: Valve) -> None:
        self._session.wire.stream.inward = valve

    def read(self, folders: Iterable[ListedFolder], choose: Choose, newest_first: bool = False) -> Iterator[Step]:
        self._reader = Reader(self._session, folders, choose, newest_first)
        return self._reader.steps()

    def changes(self, asked: Sequence[tuple[ListedFolder, Since]]) -> dict[bytes, Changes]:
        return delta.changes(self._session, asked)

    def remarks(self) -> tuple[()]:
        """Nothing: what there is to say of a server is said where it is looked at."""
        return ()

    def sizes(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        return folder_sizes(self._session, folders)

    def look(self) -> ImapLook:
        return ImapLook(self._session)

    def census(self) -> ImapCensus:
        return ImapCensus(self._session)

    def died_at(self) -> tuple[bytes, int] | None:
        """The message that was next in the order of asking: servers answer in order."""
        return self._reader.place() if self._reader else None

    def all_arrived(self) -> None:
        """IMAP asks without leaving traces."""

    def abort(self) -> None:
        self._session.abort()

    def close(self) -> None:
        self._session.close()
