"""What becomes of an account when its logins were proven, or refused."""

from __future__ import annotations

from tui_migrate.engine.failures import DISPROVED, account_failure
from tui_migrate.mail.prove import Proof
from tui_migrate.model import AccountState
from tui_migrate.store import accounts, checks, events
from tui_migrate.store.database import Transaction

NOT_PROVEN = "Its logins were not proven when it was stored."
WORKS_NOW = "Both logins are accepted now: retry the account."


def record(connection: Transaction, proof: Proof, who: str) -> None:
    """Put on record what logins have come to: what is refused becomes a failure of the account; what is accepted ends
    such a failure. `who` asked for it."""
    account = accounts.get(connection, proof.key)
    idle = not account.state.active
    if proof.errors:
        for error in proof.errors:
            events.record_failure(connection, account_failure(account.id, error))
        first = proof.errors[0]
        what = f"{account.source_user}: login not proven. {first.sentence}"
        # One that has copied already keeps its state: its numbers belong to it.
        if idle and not account.pass_number and not first.retry:
            accounts.set_state(connection, account.id, AccountState.FAILED, first.sentence, first.server_words)
    else:
        what = f"{account.source_user}: both logins proven"
        solved = events.resolve_kinds(connection, account.id, DISPROVED)
        found = checks.listing(connection, [account.id]).get(account.id)
        if found is not None and any(each.item.is_login for each in found.failed):
            checks.forget(connection, [account.id])
        if account.needs_admin and solved:
            accounts.ask_again(connection, [account.id])
            what += ": it goes on"
        elif idle and account.state is AccountState.FAILED and solved:
            accounts.set_state(connection, account.id, account.state, WORKS_NOW)
        elif account.detail == NOT_PROVEN:
            accounts.set_state(connection, account.id, account.state)
    events.add_each(connection, who, [(what, account)])
