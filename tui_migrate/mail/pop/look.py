"""Reading what lies in a POP mailbox, to recognise messages at a first meeting or when all their names have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tui_migrate.mail.field_dates import derive_date
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Head, fingerprint
from tui_migrate.mail.pop.maildrop import Maildrop
from tui_migrate.mail.pop.retrieval import headers, messages
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.model import Fingerprint


class PopLook:
    """Looks through a session on which nothing else is under way. There is one folder, so its name is not looked at."""

    def __init__(self, session: PopSession, maildrop: Maildrop, status: Callable[[], FolderStatus]) -> None:
        self._session = session
        self._maildrop = maildrop
        self._status = status
        self._heads: dict[int, Head] = {}
        """Of what was read, by ordinal."""

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        """Numbers are the same throughout a session."""
        return {folder: self._status() for folder in folders}

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        """Lists from this ordinal on. Headers are read for it: nothing else tells when messages arrived."""
        listed = {each.uid: each for each in self._maildrop.listed if each.uid >= low_uid}
        present = {}
        for uid, header in self._headers(list(listed)):
            date = derive_date(header)
            present[uid] = Present(uid, listed[uid].size, date[1] if date else None, frozenset())
        return [present[uid] for uid in sorted(present)]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        return {uid: head.print for uid, head in self.heads(folder, uids).items()}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        for _ in self._headers([uid for uid in uids if uid not in self._heads]):
            pass
        return {uid: self._heads[uid] for uid in uids if uid in self._heads}

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        ordinals, found = self._ordinals(uids), {}
        for number, content in messages(self._session, list(ordinals)):
            found[ordinals[number]] = fingerprint(content, 0, first=True)
            content.close()
        return found

    def _headers(self, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        ordinals = self._ordinals(uids)
        for number, header in headers(self._session, list(ordinals)):
            self._heads[ordinals[number]] = Head.of(header)
            yield ordinals[number], header

    def _ordinals(self, uids: Sequence[int]) -> dict[int, int]:
        """The ordinals of messages by their numbers."""
        return {self._maildrop.numbers[uid]: uid for uid in uids if uid in self._maildrop.numbers}
