"""Failures: looked at, skipped for good, or agreed to be filled again."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.errors import MailboxChanged
from tui_migrate.model import AccountState, Failure
from tui_migrate.service.accounts import Accounts
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, looks
from tui_migrate.uidset import format_uids

_SHOWN_FOLDERS = 5


class Failures:
    """The failures in an open store."""

    def __init__(self, store: OpenStore, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    def listing(self, *, migration_id: int | None = None, account_id: int | None = None) -> list[Failure]:
        """Open failures, the oldest first."""
        with self._store.look() as connection:
            return looks.failures.failures(connection, migration_id=migration_id, account_id=account_id)

    def counts(self, migration_id: int) -> dict[int, int]:
        """Open failures by account, for those that have any."""
        with self._store.read() as connection:
            return events.failure_counts(connection, migration_id)

    def replaced(self, migration_id: int) -> list[Failure]:
        """The failures of a migration that wait for the admin's word: folders that were replaced at the destination."""
        return [each for each in self.listing(migration_id=migration_id) if each.kind == MailboxChanged.kind]

    def skip(self, failure_ids: Sequence[int]) -> int:
        """Skip these messages for good: no later pass tries them, and they count as excluded. Failures that are about
        no message are left alone. Returns the number of messages."""
        total = 0
        with self._store.write() as connection:
            for account_id, folders in events.skip(connection, failure_ids).items():
                account = accounts.get(connection, account_id)
                number = sum(map(len, folders.values()))
                noun = "message" if number == 1 else "messages"
                places = [f"{name} {format_uids(uids)}" for name, uids in folders.items()]
                shown = "; ".join(places[:_SHOWN_FOLDERS]) + ("; …" if len(places) > _SHOWN_FOLDERS else "")
                what = f"{account.source_user}: skipped {number} {noun} for good: {shown}"
                events.add_each(connection, self._store.who, [(what, account)])
                left = events.failures(connection, account_id=account_id)
                if account.state is AccountState.DONE_WITH_FAILURES and not left:
                    accounts.set_state(connection, account_id, AccountState.DONE, account.detail, account.server_words)
                total += number
        return total

    def refill(self, failure_ids: Sequence[int]) -> int:
        """Let the folders of these failures, which were replaced at the destination, be filled again: what is missing
        in them is copied, also what their users have deleted. Their accounts are tried again at once. Failures that are
        about something else are left alone. Returns the number of folders."""
        from tui_migrate.store import journal

        with self._store.write() as connection:
            agreed = journal.forget_replaced(connection, failure_ids)
            for account in accounts.several(connection, list(agreed)):
                names = ", ".join(agreed[account.id])
                what = f"{account.source_user}: agreed that all is copied again that is missing in {names}"
                events.add_each(connection, self._store.who, [(what, account)])
        if agreed:
            self._accounts.start(list(agreed))
        return sum(map(len, agreed.values()))
