"""Which notices the end of an account calls for. Written in the transaction in which the account ends, sent later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tui_migrate.model import Account, AccountState, Migration, NoticeSettings, NoticeState
from tui_migrate.notices.address import is_address
from tui_migrate.notices.summary import summary_values
from tui_migrate.notices.values import account_values
from tui_migrate.store import accounts, events, notices, passes
from tui_migrate.store.database import Transaction


def notice_state(settings: NoticeSettings, state: AccountState) -> NoticeState | None:
    """How the notice to a user begins whose account has ended so; None for no notice. What has failed is between the
    servers and the admin: such a notice waits for the admin's word, or is never written."""
    if state is AccountState.DONE:
        return NoticeState.HELD if settings.hold else NoticeState.DUE
    return NoticeState.HELD if state is AccountState.DONE_WITH_FAILURES else None


def recipient(account: Account) -> str:
    """Where the user of an account is told; empty when there is no address."""
    return account.notify or (account.destination_user if is_address(account.destination_user) else "")


def write_notices(connection: Transaction, migration: Migration, account_ids: Iterable[int], at: float) -> None:
    """Write what the end of these accounts calls for, for which nothing more is asked: a notice to each user, and a
    summary if they were the last. With a final pass still to come there is none yet, for that one is the end."""
    if migration.notices is None or notices.final_pass_ahead(connection, migration.id):
        return
    for account_id in account_ids:
        write_notice(connection, migration, migration.notices, account_id, at)
    if migration.notices.summary_to and notices.all_ended(connection, migration.id):
        _write_summary(connection, migration, migration.notices.summary_to, at)


def write_notice(
    connection: Transaction, migration: Migration, settings: NoticeSettings, account_id: int, at: float
) -> None:
    """A notice to the user of an account, with its numbers of now."""
    account = accounts.get(connection, account_id)
    state = notice_state(settings, account.state)
    if state is None:
        notices.withdraw(connection, account_id)
        return
    values = account_values(migration, account, passes.listing(connection, [account_id])[account_id])
    notices.put(connection, migration.id, account_id, state, recipient(account), values, at)


def _write_summary(connection: Transaction, migration: Migration, to: str, at: float) -> None:
    causes = Counter(each.kind for each in events.each_failure(connection, migration_id=migration.id))
    values = summary_values(migration, accounts.listing(connection, migration.id), causes)
    notices.put(connection, migration.id, None, NoticeState.DUE, to, values, at)
