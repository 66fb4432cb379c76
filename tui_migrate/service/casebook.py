"""The use cases about mail that is not copied: failures looked at, skipped, saved to files; what is left
out, and what is not as it was. Part of
the service."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from tui_migrate.errors import MailboxChanged, MigrateError, NotFound, StoreUnusable
from tui_migrate.model import AccountState, Failure, LeftOutMail, Login, Migration, Remark
from tui_migrate.service import mailboxes
from tui_migrate.service.keeper import Keeper
from tui_migrate.service.mailboxes import Sought
from tui_migrate.store import accounts, events, left_out, migrations, progress, remarks
from tui_migrate.store.events import Place
from tui_migrate.uidset import format_uids

_SHOWN_FOLDERS = 5
_UNSAFE = re.compile(r"[^\w.@+-]+")
_NAME_LIMIT = 80


class Casebook(Keeper):
    """The failures in an open store. Raises StoreUnusable, NotFound."""

    def failures(self, *, migration_id: int | None = None, account_id: int | None = None) -> list[Failure]:
        """Open failures, the oldest first."""
        with self.database.read() as connection:
            return events.failures(connection, migration_id=migration_id, account_id=account_id)

    def remarks(self, *, migration_id: int | None = None, account_id: int | None = None) -> list[Remark]:
        """What is not as it was at the source and is no failure."""
        with self.database.read() as connection:
            return remarks.listing(connection, migration_id=migration_id, account_id=account_id)

    def replaced(self, migration_id: int) -> list[Failure]:
        """Those of a migration that wait for the admin's word: folders that were replaced at the destination."""
        return [each for each in self.failures(migration_id=migration_id) if each.kind == MailboxChanged.kind]

    def left_out(self, account_id: int) -> LeftOutMail:
        """What the account counts as excluded, and why. Raises NotFound."""
        with self.database.read() as connection:
            account = accounts.get(connection, account_id)
            folders = progress.folder_progress(connection, account_id)
            skipped = sum(map(len, events.skipped(connection, account_id).values()))
            outside = account.counts.excluded - sum(folder.counts.excluded for folder in folders)
            return LeftOutMail(
                tuple(left_out.of_account(connection, account_id)),
                tuple(left_out.large(connection, account_id)),
                max(0, outside),
                skipped,
            )

    def skip_failures(self, failure_ids: Sequence[int]) -> int:
        """These messages are not wanted: no later pass tries them, and they count as excluded. Failures that are about
        no message are left alone. Returns the number of messages."""
        total = 0
        with self.database.write() as connection:
            for account_id, folders in events.skip(connection, failure_ids).items():
                account = accounts.get(connection, account_id)
                number = sum(map(len, folders.values()))
                noun = "message" if number == 1 else "messages"
                places = [f"{name} {format_uids(uids)}" for name, uids in folders.items()]
                shown = "; ".join(places[:_SHOWN_FOLDERS]) + ("; …" if len(places) > _SHOWN_FOLDERS else "")
                what = f"{account.source_user}: skipped {number} {noun} for good: {shown}"
                events.add(connection, self.who, what, migration_id=account.migration_id, account_id=account_id)
                left = events.failures(connection, account_id=account_id)
                if account.state is AccountState.DONE_WITH_FAILURES and not left:
                    accounts.set_state(connection, account_id, AccountState.DONE, account.detail, account.server_words)
                total += number
        return total

    # Asking the source of one account; all of this may take seconds

    def message_headers(self, failure_id: int) -> str:
        """The header block of the message of a failure. Raises MailError."""
        ((places, migration, login),) = self._by_account([failure_id])
        ordinals, lessons = self.ordinals(places[0].account_id), self.experience.of(migration.source)
        return mailboxes.message_headers(migration, login, ordinals, lessons, _sought(places[0]))

    def save_message(self, failure_id: int, path: Path) -> None:
        """Write the message of a failure as a new .eml file that its owner alone may read. Raises MailError, and
        StoreUnusable when there is such a file already or it cannot be written."""
        self.check_file(path)  # before it is fetched in vain
        ((places, migration, login),) = self._by_account([failure_id])
        ordinals = self.ordinals(places[0].account_id)
        for _, trouble in mailboxes.save_messages(
            migration, login, ordinals, self.experience.of(migration.source), {_sought(places[0]): path}
        ):
            if trouble is not None:
                raise trouble

    @staticmethod
    def check_file(path: Path) -> None:
        """Raises StoreUnusable when no new file can have this path."""
        if not path.parent.is_dir():
            raise StoreUnusable(f"There is no folder {path.parent}.")
        if path.is_dir():
            raise StoreUnusable(f"{path} is a folder: add a name.")
        if path.exists():
            raise StoreUnusable(f"There is a file {path} already: give another name.")

    @staticmethod
    def check_folder(path: Path) -> None:
        """Raises StoreUnusable when this is no folder and cannot become one."""
        if path.exists() and not path.is_dir():
            raise StoreUnusable(f"{path} is a file, not a folder.")

    def save_messages(self, failures: Sequence[Failure], folder: Path) -> Iterator[tuple[Failure, MigrateError | None]]:
        """Write the messages of these failures as new .eml files into a folder, which is made when it is not there.
        Tells of each as it is written, or why it is not. Raises StoreUnusable when the folder cannot be had."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(f"The folder {folder} cannot be had: {error.strerror}.") from error
        by_id = {failure.id: failure for failure in failures}
        for places, migration, login in self._by_account(list(by_id)):
            files = {_sought(each): folder / self.file_name(by_id[each.failure_id], of_several=True) for each in places}
            ordinals = self.ordinals(places[0].account_id)
            for sought, trouble in mailboxes.save_messages(
                migration, login, ordinals, self.experience.of(migration.source), files
            ):
                yield by_id[sought.key], trouble

    @staticmethod
    def file_name(failure: Failure, *, of_several: bool = False) -> str:
        """A name for the file of a failure's message: `alice@old.example-1207.eml`; with its folder where there may be
        another of the same UID."""
        parts = [failure.account, *([failure.folder] if of_several else []), str(failure.uid)]
        return "-".join(_UNSAFE.sub("_", part).lstrip(".")[:_NAME_LIMIT] for part in parts) + ".eml"

    def _by_account(self, failure_ids: Sequence[int]) -> list[tuple[list[Place], Migration, Login]]:
        """Where the messages lie, and how to get there, account by account."""
        found = []
        with self.database.read() as connection:
            places = events.places(connection, failure_ids)
            if not places:
                raise NotFound("That failure is about no message, or it is settled.")
            for account_id, some in groupby(places, key=lambda place: place.account_id):
                account = accounts.get(connection, account_id)
                migration = migrations.get(connection, account.migration_id, self.vault)
                login, _ = accounts.logins(connection, account_id, migration, self.vault)
                found.append((list(some), migration, login))
        return found


def _sought(place: Place) -> Sought:
    return Sought(place.failure_id, place.folder, place.uidvalidity, place.uid)
