"""What is so now of what the store says of an account: an engine wrote it that may work no more, and maybe before the
admin's last wish. Pure."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.model.progress import HELD_STATES, Account, AccountState
from tui_migrate.model.settings import Wanted

NO_ENGINE = "no engine runs"
AGAIN = " Tried again at "
"""Before the time, at the end of what an engine says of an account that waits."""
_IDLE, _PAUSED, _WAITING = AccountState.NOT_STARTED, AccountState.PAUSED, AccountState.WAITING


def as_it_is(account: Account, migration: Wanted, *, engine: bool, starting: bool = False) -> Account:
    """The account in the state that it is in. `migration`: what is wanted of its migration. `engine`: one works on the
    store, or it is `starting`."""
    state = account.state
    if state.ended or (state.active and engine and not starting):
        return account
    detail, words = account.detail, account.server_words
    if not engine or starting:
        account = replace(account, rate_messages=0.0, rate_bytes=0.0)
        if state.active:
            state, detail = (_WAITING, "") if starting else (AccountState.INTERRUPTED, NO_ENGINE)
        elif state in HELD_STATES:
            state, detail = _WAITING, ""
        elif state is AccountState.THROTTLED:
            state, detail = _WAITING, detail.partition(": ")[2] if detail.startswith("until ") else detail
        detail = detail.partition(AGAIN)[0]  # the next engine asks at once, whatever this one has promised
    wishes = (account.wanted, migration)
    if Wanted.PAUSE in wishes and state is not _PAUSED:
        state, detail, words = _PAUSED, "", ""
    elif Wanted.IDLE in wishes and state is not _PAUSED:
        # One that has begun was paused with its migration, when others of it were started alone.
        state, detail = (_PAUSED, "") if account.pass_number else (_IDLE, account.detail)
    return replace(account, state=state, detail=detail, server_words=words)
