"""A mailbox as a collection of folders and items: what is listed of it is shared by all its connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from weakref import WeakValueDictionary

from tui_migrate.errors import CommandRefused, MailError, MessageRefused, Throttled
from tui_migrate.mail.census import Carries
from tui_migrate.mail.files.archive import ArchiveFolder, Contents
from tui_migrate.mail.graph.codes import Refused
from tui_migrate.mail.graph.folders import GraphFolder, folders_of
from tui_migrate.mail.graph.forecast import forecast
from tui_migrate.mail.graph.listing import Listing
from tui_migrate.mail.graph.rows import GraphItem, Marks
from tui_migrate.mail.graph.session import GraphSession
from tui_migrate.mail.graph.smime import protected_mail
from tui_migrate.mail.message import Content

_KEPT = 200_000
"""Items of folders that are kept in memory."""


class Mailbox:
    """What is known of a mailbox, for as long as a connection to it is open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        """Held while something is listed: another lane waits for it and lists it no second time."""
        self.folders: dict[bytes, GraphFolder] = {}
        self.listings: dict[bytes, Listing] = {}

    def listed(self, folder: bytes, name: str) -> Listing:
        """A folder's listing. Those that were kept first go first, so that memory does not grow with the mailbox."""
        while len(self.listings) > 1 and sum(len(each.items) for each in self.listings.values()) > _KEPT:
            del self.listings[next(each for each in self.listings if each != folder)]
        return self.listings.setdefault(folder, Listing(name))


_MAILBOXES: WeakValueDictionary[tuple[str, str], Mailbox] = WeakValueDictionary()
_GUARD = threading.Lock()


def _shared(server: str, user: str) -> Mailbox:
    with _GUARD:
        return _MAILBOXES.setdefault((server, user), Mailbox())


class GraphArchive:
    """See `Archive`."""

    carries = Carries(rebuilt=True)

    def __init__(self, session: GraphSession, user: str, patience: int) -> None:
        """`patience`: refusals "for now" of messages one after the other, before the server is taken to be ill."""
        self._session = session
        self._mailbox = _shared(session.server.key, user)
        self._patience = patience
        self._refused_for_now = 0

    def folders(self) -> Sequence[ArchiveFolder]:
        """Asked for anew. Raises MailError."""
        return [each.shown for each in self.counted()]

    def counted(self) -> Sequence[GraphFolder]:
        """The folders, with how much is in them. Raises MailError."""
        with self._mailbox.lock:
            try:
                found = folders_of(self._session)
            except Refused as refused:
                raise _trouble(refused) if refused.ill else refused from refused
            self._mailbox.folders = {each.shown.name: each for each in found}
            return found

    def items(self, folder: bytes) -> int:
        """How many a folder was said to hold."""
        known = self._mailbox.folders.get(folder)
        return known.items if known is not None else 0

    def link(self, folder: bytes) -> str:
        """What leads to the changes of a folder since it was listed; empty where nothing does."""
        with self._mailbox.lock:
            return self._mailbox.listings[folder].later if folder in self._mailbox.listings else ""

    def token(self, folder: bytes) -> str:
        """None: what stands for a folder's state comes with a listing."""
        return ""

    def contents(self, folder: bytes) -> Contents[Marks]:
        """Of now. Raises MailError."""
        with self._mailbox.lock:
            known = self._mailbox.folders
        if folder not in known:
            self.counted()
        with self._mailbox.lock:
            if (found := self._mailbox.folders.get(folder)) is None:
                raise CommandRefused("The source folder does not exist any more.", code="NONEXISTENT")
            return self._mailbox.listed(folder, found.id).refreshed(self._session)

    def read(self, folder: bytes, item: GraphItem, spool_folder: Path | None) -> Content | None:
        """The octets of a message; None when it is not there any more. Raises MailError."""
        target = self._session.path("messages", item.name, "$value")
        try:
            try:
                content = self._session.content(target)
            except Refused as refused:
                if not refused.ill or refused.unmakeable:
                    raise
                content = self._session.content(target)
        except Refused as refused:
            if refused.gone:
                return None
            if not refused.unmakeable:
                raise self._refusal(refused) from refused
            try:
                second = protected_mail(self._session, item.name, spool_folder)
            except (Refused, MessageRefused):
                second = None
            if second is None:
                raise refused.of_message() from refused
            content = second
        self._refused_for_now = 0
        return content

    def remarks(self) -> Iterator[tuple[str, str]]:
        """How long it takes at least. Raises MailError."""
        yield from forecast(sum(each.items for each in self.counted()))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _refusal(self, refused: Refused) -> MailError:
        """The failure of a message, or of the mailbox where it is one of many in a row."""
        if not refused.ill:
            self._refused_for_now = 0
        else:
            self._refused_for_now += 1
            if self._refused_for_now >= self._patience:
                return _trouble(refused)
        return refused.of_message()


def _trouble(refused: Refused) -> Throttled:
    """It is asked again later."""
    return Throttled("The server is in trouble.", server_words=refused.server_words, command=refused.command)
