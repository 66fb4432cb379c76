"""What lies in a mailbox in memory: its folders, its messages, and whoever recognises or counts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from tests.doubles.places import Moment, Session
from tests.servers.mailbox import Folder, StoredMessage
from tui_migrate.errors import MailError
from tui_migrate.mail.census import ALL, Carries, Evidence, Headcount, MessageRow, Sighted, evidence
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Content, Head, fingerprint, header_block, header_print, parse_internal_date
from tui_migrate.mail.protocols import Listed, ListedFolder, Role, Tree
from tui_migrate.model import Fingerprint

_WAY = "memory"
_ROLES = {f"\\{role}": role for role in Role}


def listed(uid: int, message: StoredMessage) -> Listed:
    """As a listing shows it."""
    raw = message.date.encode("latin-1")
    date, instant = parse_internal_date(raw) or (b"", None)
    return Listed(uid, message.flags, date, instant, len(message.octets), odd_date=b"" if date else raw)


def tree(session: Session) -> Tree:
    """All folders, with their numbers."""
    with session.asking(Moment.TREE) as mailbox:
        found = tuple(_listed_folder(session, folder) for folder in mailbox.folders.values())
        return Tree(found, mailbox.delimiter, mailbox.prefix)


def _listed_folder(session: Session, folder: Folder) -> ListedFolder:
    return ListedFolder(
        session.name(folder),
        tuple(session.mailbox.readable_name(folder.name).split("/")),
        selectable=folder.can_be_opened,
        role=next((_ROLES[each] for each in folder.attributes if each in _ROLES), None),
        subscribed=folder.name in session.mailbox.subscriptions,
        status=session.status(folder) if folder.can_be_opened else None,
    )


class MemoryLook:
    """Recognises what is there, and counts it."""

    carries = Carries()

    def __init__(self, session: Session) -> None:
        self._session = session

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """Of now."""
        return {name: self._session.status(self._session.opened(name)) for name in folders}

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """UID, size, date and flags."""
        rows = [listed(*each) for each in self._messages(folder).items() if each[0] >= low_uid]
        return [Present(row.uid, row.size, row.instant, row.flags) for row in rows]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Fingerprints of headers."""
        return {uid: header_print(header_block(octets)) for uid, octets in self._octets(folder, uids)}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        """All that headers are recognised by."""
        return {uid: Head.of(header_block(octets)) for uid, octets in self._octets(folder, uids)}

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        """Of whole messages."""
        return {uid: fingerprint(Content.of(octets), 0) for uid, octets in self._octets(folder, uids)}

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """Those of another name."""
        return [
            Sighted(self._session.name(each), tuple(self._session.mailbox.readable_name(each.name).split("/")), (_WAY,))
            for each in self._session.mailbox.folders.values()
            if each.can_be_opened and self._session.name(each) not in known
        ]

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """There is one way to count."""
        found: dict[bytes, Headcount | MailError] = {}
        for name in folders:
            try:
                messages = self._messages(name)
            except MailError as error:
                found[name] = error
            else:
                found[name] = Headcount({_WAY: len(messages)}, messages.keys())
        return found

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """As they are listed."""
        return [MessageRow(*each) for each in self._rows(folder) if any(each[0] in span for span in spans)]

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        """Of whole messages."""
        return {uid: evidence(Content.of(octets), rebuilt) for uid, octets in self._octets(folder, uids)}

    def _rows(self, folder: bytes) -> Iterator[tuple[int, int, int | None, frozenset[str]]]:
        return ((row.uid, row.size, row.instant, row.flags) for row in self.listing(folder))

    def _octets(self, folder: bytes, uids: Sequence[int]) -> list[tuple[int, bytes]]:
        found = self._messages(folder)
        return [(uid, found[uid].octets) for uid in uids if uid in found]

    def _messages(self, name: bytes) -> dict[int, StoredMessage]:
        folder = self._session.opened(name)
        with self._session.asking(Moment.LIST, folder):
            return self._session.messages(folder)
