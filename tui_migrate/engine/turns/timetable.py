"""Which migrations are held back now, and what their accounts say meanwhile. Pure: the time comes in."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf

from tui_migrate.engine.turns.hours import rest, spell
from tui_migrate.errors import MailError
from tui_migrate.model import HELD_STATES, AccountState, Migration, Wanted
from tui_migrate.model.wishes import Standing


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing of a migration runs now."""

    state: AccountState
    detail: str
    """Goes on where the state's name ends: `until 06:00 CET`."""


def hold(migration: Migration, now: float) -> Hold | None:
    """What holds the accounts of this migration back at `now` (epoch seconds); None when they may run.

    A rest that either server needs is one for both: nothing can be copied with one of them.
    """
    start_at = migration.schedule.start_at
    if start_at is not None and now < start_at:
        return Hold(AccountState.SCHEDULED, f"starts at {spell(start_at, '', now)}")
    found = rest((*migration.source.blackouts, *migration.destination.blackouts), now)
    if found is None:
        return None
    if isinf(found.until):
        return Hold(AccountState.BLACKOUT, "all week long: the servers' blackouts leave no hour free")
    return Hold(AccountState.BLACKOUT, f"until {spell(found.until, found.time_zone, now)}")


def rest_after(error: MailError, seconds: float, now: float) -> Hold:
    """The rest of an account that goes on in so many seconds."""
    if seconds < 1:
        return Hold(AccountState.THROTTLED, error.sentence)
    return Hold(AccountState.THROTTLED, f"until {spell(now + seconds, '', now)}: {error.sentence}")


def resting(those: Standing, migration: Wanted, held: Hold | None) -> Hold | None:
    """What accounts of this standing shall show, which hold no connections; None: they show what they should, or
    somebody else knows. `migration`: what is wanted of their migration."""
    if those.state.ended or those.state.active or migration is Wanted.IDLE:
        return None
    if Wanted.PAUSE in (those.wanted, migration):
        return None if those.state is AccountState.PAUSED else Hold(AccountState.PAUSED, "")
    if Wanted.IDLE is those.wanted:
        return None
    if held is not None:
        return held
    return Hold(AccountState.WAITING, "") if those.state in (AccountState.PAUSED, *HELD_STATES) else None
