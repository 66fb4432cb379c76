"""Messages of accounts as their sources have them: their headers shown, the whole written into files.

All of this waits for servers, in a thread of the caller's. Each call opens its own connections and closes them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tui_migrate.engine.audit.verify import FolderReport
from tui_migrate.errors import MailError, MessageRefused, MigrateError, NotFound, StoreUnusable, Unpipelined
from tui_migrate.mail.connect import WAYS
from tui_migrate.mail.message import Content, describe
from tui_migrate.mail.protocols import FolderRefused, Listed, Listing, Read, Unreadable
from tui_migrate.model import Failure
from tui_migrate.model.failures import Place
from tui_migrate.service.mailboxes import Ends, Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import events

_UNSAFE = re.compile(r"[^\w.@+-]+")
_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class _Sought:
    """A message of the source, by the name that `key` gives it."""

    key: int
    folder: bytes
    """As on the wire."""
    uidvalidity: int
    """Under which the UID was read; 0: not known."""
    uid: int


class Messages:
    """Messages at the sources of an open store's accounts."""

    def __init__(self, store: OpenStore, mailboxes: Mailboxes) -> None:
        self._store = store
        self._mailboxes = mailboxes

    def headers(self, failure_id: int) -> str:
        """The header block of the message of a failure. Raises MailError."""
        ((ends, places),) = self._by_account([failure_id])
        with closing(self._contents(ends, [_sought(places[0])])) as found:
            ((_, content),) = found
        if isinstance(content, MailError):
            raise content
        with closing(content):
            return content.head().decode("utf-8", "backslashreplace").replace("\r\n", "\n").rstrip("\r\n")

    def subjects(self, account_id: int, folder: FolderReport) -> dict[int, str]:
        """Subjects by UID of the source's messages that a verification has not found the same at the destination, as
        far as the source hands them out. Reads these messages, which may take long. Raises MailError when it hands out
        none."""
        uids = {finding.source.uid for finding in folder.findings if finding.source is not None}
        with self._store.read() as connection:
            ends = self._mailboxes.ends(connection, account_id)
        subjects: dict[int, str] = {}
        errors = []
        for sought, content in self._contents(ends, [_Sought(uid, folder.names.wire, 0, uid) for uid in sorted(uids)]):
            if isinstance(content, MailError):
                errors.append(content)
            else:
                with closing(content):
                    subjects[sought.key] = describe(content.head())[1]
        if errors and not subjects:
            raise errors[0]
        return subjects

    def save(self, failure_id: int, path: Path) -> None:
        """Write the message of a failure as a new .eml file that its owner alone may read. Raises MailError, and
        StoreUnusable when there is such a file already or it cannot be written."""
        self.check_file(path)  # before it is fetched in vain
        ((ends, places),) = self._by_account([failure_id])
        for _, trouble in self._saved(ends, {_sought(places[0]): path}):
            if trouble is not None:
                raise trouble

    def save_each(self, failures: Sequence[Failure], folder: Path) -> Iterator[tuple[Failure, MigrateError | None]]:
        """Write the messages of these failures as new .eml files into a folder, which is made when it is not there.
        Tells of each as it is written, or why it is not. Raises StoreUnusable when the folder cannot be had."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(f"The folder {folder} cannot be created: {error.strerror}.") from error
        by_id = {failure.id: failure for failure in failures}
        for ends, places in self._by_account(list(by_id)):
            files = {_sought(each): folder / self.file_name(by_id[each.failure_id], of_several=True) for each in places}
            for sought, trouble in self._saved(ends, files):
                yield by_id[sought.key], trouble

    @staticmethod
    def check_file(path: Path) -> None:
        """Raises StoreUnusable when no new file can have this path."""
        if not path.parent.is_dir():
            raise StoreUnusable(f"There is no folder {path.parent}.")
        if path.is_dir():
            raise StoreUnusable(f"{path} is a folder: add a file name.")
        if path.exists():
            raise StoreUnusable(f"There is a file {path} already: choose another name.")

    @staticmethod
    def check_folder(path: Path) -> None:
        """Raises StoreUnusable when this is no folder and cannot become one."""
        if path.exists() and not path.is_dir():
            raise StoreUnusable(f"{path} is a file, not a folder.")

    @staticmethod
    def file_name(failure: Failure, *, of_several: bool = False) -> str:
        """A name for the file of a failure's message: `alice@old.example-1207.eml`; with its folder where there may be
        another of the same UID."""
        parts = [failure.account, *([failure.folder] if of_several else []), str(failure.uid)]
        return "-".join(_UNSAFE.sub("_", part).lstrip(".")[:_NAME_LIMIT] for part in parts) + ".eml"

    def _by_account(self, failure_ids: Sequence[int]) -> list[tuple[Ends, list[Place]]]:
        """Where the messages lie, and how to get there, account by account."""
        with self._store.read() as connection:
            places = events.places(connection, failure_ids)
            if not places:
                raise NotFound("The failure concerns no message, or is no longer open.")
            return [
                (self._mailboxes.ends(connection, account_id), list(some))
                for account_id, some in groupby(places, key=lambda place: place.account_id)
            ]

    def _saved(self, ends: Ends, files: Mapping[_Sought, Path]) -> Iterator[tuple[_Sought, MigrateError | None]]:
        """Write messages of one account; tells of each as it is written or could not be."""
        with closing(self._contents(ends, list(files))) as found:
            for sought, content in found:
                yield sought, content if isinstance(content, MailError) else _written(content, files[sought])

    def _contents(self, ends: Ends, messages: Sequence[_Sought]) -> Generator[tuple[_Sought, Content | MailError]]:
        """Each of these messages once, as it comes, or why it does not. Whoever asks closes the contents."""
        open_ones = {(sought.folder, sought.uid): sought for sought in messages}
        validity = {sought.folder: sought.uidvalidity for sought in messages}
        refusals: dict[bytes, MailError] = {}

        def choose(listing: Listing) -> list[Listed]:
            known = validity[listing.folder]
            if known and listing.uidvalidity not in (0, known):
                why = MessageRefused("The source folder was replaced: its UIDs now belong to other messages.")
                refusals[listing.folder] = why
                return []
            return [listed for listed in listing.messages if (listing.folder, listed.uid) in open_ones]

        for _ in range(WAYS):
            refusals.clear()
            try:
                with closing(self._mailboxes.open_source(ends)) as source:
                    folders = [each for each in source.tree().folders if each.name in validity]
                    for step in source.read(folders, choose):
                        if isinstance(step, Read):
                            yield open_ones.pop((step.folder, step.message.listed.uid)), step.message.content
                        elif isinstance(step, Unreadable):
                            yield open_ones.pop((step.folder, step.listed.uid)), step.error
                        elif isinstance(step, FolderRefused):
                            refusals[step.folder] = step.error
                        if not open_ones:
                            break
            except MailError as error:
                refusals = dict.fromkeys(validity, error)
            if not any(isinstance(error, Unpipelined) for error in refusals.values()):
                break
        gone = MessageRefused("The message is no longer at the source.")
        for sought in open_ones.values():
            yield sought, refusals.get(sought.folder, gone)


def _sought(place: Place) -> _Sought:
    return _Sought(place.failure_id, place.folder, place.uidvalidity, place.uid)


def _written(content: Content, path: Path) -> MigrateError | None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file, closing(content):
            try:
                file.writelines(content.chunks())
                file.flush()
            except OSError:
                path.unlink()  # half a message looks like a whole one
                raise
    except OSError as error:
        return StoreUnusable(f"The message cannot be written to {path}: {error.strerror}.")
    return None
