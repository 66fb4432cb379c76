"""What to do after an account's run ended with an error. Pure: no clock, no store."""

from __future__ import annotations

from dataclasses import dataclass

from tui_migrate.errors import (
    CannotConnect,
    DayUsedUp,
    Disconnected,
    LoginRefused,
    LoginTrouble,
    MailError,
    NoToken,
    OverQuota,
    Poisoned,
    ProtocolViolation,
    ProxyLoginRefused,
    Throttled,
    TooManyConnections,
)
from tui_migrate.model import AccountState
from tui_migrate.timing import USUAL, Timing

_TOKEN_WAIT = 5.0
_FOR_THE_ADMIN = (LoginRefused, NoToken, ProxyLoginRefused)
"""What only another login can help."""
_TRIES_WITHOUT_A_REASON = 3
"""Of a login that is refused without one: it may be the server's trouble, and mailboxes are locked after five or so."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The account's next state, and seconds until it is tried again; None: when somebody or something else lets it."""

    state: AccountState
    wait: float | None


def decide(
    error: MailError, tries: int, fruitless_seconds: float, worked_before: bool, timing: Timing = USUAL
) -> Decision:
    """`tries` runs in a row made no progress; `worked_before`: both servers have once let us in with these logins.

    Raises nothing; a permanent error fails the account, a full mailbox pauses it, and so does a login that is refused
    after it was once accepted: a password has changed, and each try with the old one brings the mailbox nearer to being
    locked. One that is refused without a reason is tried twice more before that. Anything else waits and goes on."""
    if isinstance(error, OverQuota):
        return Decision(AccountState.PAUSED, None)
    if isinstance(error, NoToken) and error.retry and tries < timing.tries_before_success:
        return Decision(AccountState.WAITING, min(timing.longest_wait, _TOKEN_WAIT * 2**tries))
    if isinstance(error, LoginRefused) and not error.clear and tries + 1 < _TRIES_WITHOUT_A_REASON:
        return Decision(AccountState.WAITING, min(timing.longest_wait, _TOKEN_WAIT * 3**tries))
    if isinstance(error, _FOR_THE_ADMIN):
        return Decision(AccountState.PAUSED if worked_before else AccountState.FAILED, None)
    if isinstance(error, DayUsedUp):
        return Decision(AccountState.THROTTLED, None)
    if isinstance(error, Throttled):
        own = min(timing.longest_throttle, timing.throttle_first * 2 ** min(tries, 10))
        if error.seconds is None:
            return Decision(AccountState.THROTTLED, own)
        # A server that asks for a moment again and again is not asked every moment.
        return Decision(AccountState.THROTTLED, max(error.seconds, min(timing.longest_wait, own) if tries else 0.0))
    if isinstance(error, TooManyConnections):
        return Decision(AccountState.THROTTLED, min(timing.longest_wait, timing.throttle_first * 2 ** min(tries, 10)))
    if not error.retry:
        return Decision(AccountState.FAILED, None)
    if isinstance(error, Poisoned) and tries < timing.tries_before_success:
        return Decision(AccountState.WAITING, 0.0)
    # A host that has never answered, or has never let in, is a mistake in the plan sooner than an outage.
    never = isinstance(error, (CannotConnect, LoginTrouble)) and not worked_before
    # One that has is waited for as long as the admin wants.
    away = isinstance(error, CannotConnect) and worked_before
    if (never and tries >= timing.tries_before_success) or (fruitless_seconds > timing.give_up and not away):
        return Decision(AccountState.FAILED, None)
    return Decision(AccountState.WAITING, 0.0 if tries == 0 else min(timing.longest_wait, 2.0 ** min(tries - 1, 10)))


def stuck(error: MailError, alike: int, connected: bool, timing: Timing = USUAL) -> bool:
    """True when waiting is no help: the last `alike` runs ended with this same error and copied nothing, though they
    got as far as both mailboxes (`connected`) or to a reply that cannot be read. A server that is away, or asks for
    patience, is another matter."""
    if isinstance(error, ProtocolViolation):
        return alike >= timing.unreadable_ends
    return connected and isinstance(error, Disconnected) and alike >= timing.same_ends


def explain(error: MailError, state: AccountState) -> str:
    """What the admin reads beside the state."""
    if state is AccountState.PAUSED and isinstance(error, _FOR_THE_ADMIN):
        return f"{error.kind.capitalize()}: {error.asks} {error.sentence}"
    return error.sentence
