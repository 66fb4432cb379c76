"""What lies in a mailbox of Exchange, for recognising and for counting it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Protocol

from tui_migrate.errors import CommandRefused, MailError
from tui_migrate.mail.census import ALL, Carries, Evidence, Headcount, MessageRow, Sighted, evidence
from tui_migrate.mail.ews import requests, states
from tui_migrate.mail.ews.folders import found_again
from tui_migrate.mail.ews.items import Contents
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Content, Head, fingerprint
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import Fingerprint


class Readable(Protocol):
    """Lists folders and reads messages."""

    @property
    def session(self) -> EwsSession:
        """That asks."""

    def status(self, name: bytes) -> FolderStatus:
        """A folder's numbers of now."""

    def listed(self, name: bytes) -> tuple[int, list[Listed], Contents]:
        """All mail of a folder."""

    def contents(self, name: bytes, wanted: Sequence[Listed]) -> Iterator[tuple[int, Content]]:
        """The octets of messages by UID."""


class EwsLook:
    """Reads messages as a whole where more than a listing is asked: Exchange makes no part of them alone. Sizes of
    items are none of mail, so that none is told."""

    carries = Carries(rebuilt=True)

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._rows: tuple[bytes, list[Listed], int] = (b"", [], 0)
        """The folder that was listed last, its mail, and how many items are none."""

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """Of now."""
        return {name: self._source.status(name) for name in folders}

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """The messages with a UID of at least `low_uid`, ascending."""
        rows = self._listed(folder, anew=True)
        return [Present(each.uid, each.size, each.instant, each.flags) for each in rows if each.uid >= low_uid]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        """Header fingerprints by UID."""
        return {uid: head.print for uid, head in self.heads(folder, uids).items()}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        """All that headers are recognised by, by UID."""
        return {uid: Head.of(content.head()) for uid, content in self._contents(folder, uids)}

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        """Of whole messages."""
        return {uid: fingerprint(content, 0, first=True) for uid, content in self._contents(folder, uids)}

    def unknown_folders(self, known: Set[bytes]) -> list[Sighted]:
        """Those that FindFolder shows, level by level."""
        found = found_again(self._source.session)
        return [Sighted(each.name, each.path, ("FindFolder",)) for each in found if each.name not in known]

    def count(self, folders: Sequence[bytes]) -> dict[bytes, Headcount | MailError]:
        """By FindItem, and by SyncFolderItems where it tells of the folder: without what is no mail."""
        found: dict[bytes, Headcount | MailError] = {}
        for name in folders:
            try:
                rows = self._listed(name, anew=True)
                numbers = {"FindItem": len(rows)}
                if not name.startswith(requests.PUBLIC):
                    told = states.begun(self._source.session, name).there
                    numbers["SyncFolderItems"] = len(told) - self._rows[2]
            except CommandRefused as error:
                found[name] = error
            else:
                found[name] = Headcount(numbers, frozenset(each.uid for each in rows))
        return found

    def rows(self, folder: bytes, spans: Sequence[range] = ALL) -> list[MessageRow]:
        """Messages with UIDs in these spans, ascending."""
        rows = self._listed(folder, anew=False)
        return [
            MessageRow(each.uid, None, each.instant, each.flags)
            for each in rows
            if any(each.uid in span for span in spans)
        ]

    def evidence(self, folder: bytes, uids: Sequence[int], rebuilt: bool = False) -> dict[int, Evidence]:
        """Of whole messages, by UID."""
        return {uid: evidence(content, rebuilt) for uid, content in self._contents(folder, uids)}

    def _listed(self, folder: bytes, *, anew: bool) -> list[Listed]:
        if anew or self._rows[0] != folder:
            _, rows, found = self._source.listed(folder)
            self._rows = folder, rows, found.excluded.total()
        return self._rows[1]

    def _contents(self, folder: bytes, uids: Sequence[int]) -> Iterator[tuple[int, Content]]:
        wanted = {*uids}
        rows = [each for each in self._listed(folder, anew=False) if each.uid in wanted]
        for uid, content in self._source.contents(folder, rows):
            yield uid, content
            content.close()
