"""Which letters the end of an account calls for. Written in the transaction in which the account ends, sent later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tui_migrate.letters.message import is_address
from tui_migrate.letters.summary import summary_values
from tui_migrate.letters.values import account_values
from tui_migrate.model import Account, AccountState, LetterState, Mailing, Migration
from tui_migrate.store import accounts, events, letters, passes
from tui_migrate.store.database import Transaction


def letter_state(mailing: Mailing, state: AccountState) -> LetterState | None:
    """How the letter to a user begins whose account has ended so; None for no letter. What has failed is between the
    servers and the admin: such a letter waits for the admin's word, or is never written."""
    if state is AccountState.DONE:
        return LetterState.HELD if mailing.hold else LetterState.DUE
    return LetterState.HELD if state is AccountState.DONE_WITH_FAILURES else None


def recipient(account: Account) -> str:
    """Where the user of an account is told; empty when there is no address."""
    return account.notify or (account.destination_user if is_address(account.destination_user) else "")


def write_letters(connection: Transaction, migration: Migration, account_ids: Iterable[int], at: float) -> None:
    """These accounts have ended, and nothing more is asked for them: a letter to each user, and a summary if they were
    the last. With a final pass still to come there is none yet, for that one is the end."""
    if migration.mailing is None or letters.final_pass_ahead(connection, migration.id):
        return
    for account_id in account_ids:
        write_letter(connection, migration, migration.mailing, account_id, at)
    if migration.mailing.summary_to and letters.all_ended(connection, migration.id):
        _write_summary(connection, migration, migration.mailing.summary_to, at)


def write_letter(connection: Transaction, migration: Migration, mailing: Mailing, account_id: int, at: float) -> None:
    """A letter to the user of an account, with its numbers of now."""
    account = accounts.get(connection, account_id)
    state = letter_state(mailing, account.state)
    if state is None:
        letters.withdraw(connection, account_id)
        return
    values = account_values(migration, account, passes.listing(connection, [account_id])[account_id])
    letters.put(connection, migration.id, account_id, state, recipient(account), values, at)


def _write_summary(connection: Transaction, migration: Migration, to: str, at: float) -> None:
    causes = Counter(each.kind for each in events.each_failure(connection, migration_id=migration.id))
    values = summary_values(migration, accounts.listing(connection, migration.id), causes)
    letters.put(connection, migration.id, None, LetterState.DUE, to, values, at)
