"""What is shown of a state: a glyph, a word and a tone. Pure: values in, values out.

The store says what the engine last wrote. Where no engine works, nothing copies, whatever was written before it ended:
what is shown here is what is so now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tui_migrate.model import (
    ENDED_STATES,
    HELD_STATES,
    Account,
    AccountState,
    EngineStatus,
    MigrationOverview,
    Wanted,
    presence,
)
from tui_migrate.ui.format import RATE_WINDOW, Cell, Tone, fit, rate, when
from tui_migrate.ui.widgets.line import joined

_WIDE = 100
"""From so many cells on there is room for the rate of all accounts together; the screens have those of their own."""
_REST_OF_ENGINE_LINE = 64
"""Cells that are not the name of a server that allows less than the admin."""
SILENT_SECONDS = 10.0
"""An engine beats every second; one that has not for so long hangs, or its disk does."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A state as it stands on the screen."""

    glyph: str
    word: str
    tone: Tone
    short: str = ""
    """Stands for the word where there is little room."""

    def cell(self, width: int = 80) -> Cell:
        """Glyph and word, in `width` cells."""
        word = self.word if len(self.word) + 2 <= width else self.short or self.word
        return Cell(f"{self.glyph} {word}", self.tone)


STATES: Mapping[AccountState, Shown] = {
    AccountState.NOT_STARTED: Shown("□", "not started", Tone.QUIET),
    AccountState.WAITING: Shown("○", "waiting", Tone.QUIET),
    AccountState.SCHEDULED: Shown("◔", "scheduled", Tone.QUIET),
    AccountState.CHECKING: Shown("◌", "checking", Tone.BUSY),
    AccountState.COPYING: Shown("▶", "copying", Tone.BUSY),
    AccountState.PAUSED: Shown("‖", "paused", Tone.CARE),
    AccountState.BLACKOUT: Shown("◷", "blackout", Tone.CARE),
    AccountState.THROTTLED: Shown("◇", "throttled", Tone.CARE),
    AccountState.DONE: Shown("✔", "done", Tone.GOOD),
    AccountState.DONE_WITH_FAILURES: Shown("▲", "done with failures", Tone.BAD, "failures"),
    AccountState.FAILED: Shown("✖", "failed", Tone.BAD),
    AccountState.INTERRUPTED: Shown("△", "interrupted", Tone.BAD),
}
PAUSING = Shown("‖", "pausing", Tone.CARE)
"""Asked to pause: what is in flight is still being finished."""
NEEDS_YOU = Shown("‖", "paused: needs you", Tone.BAD, "needs you")
"""Paused by the engine, which says why; the admin's own pauses are `paused`."""
PARTLY_STARTED = Shown("□", "partly started", Tone.QUIET, "partly")
"""Of a migration: what was started of it has ended, and the rest waits for the admin."""
NO_ENGINE = Shown("▲", "no engine", Tone.BAD)
"""Of a migration: wanted to run, and nobody works on it."""

MEANINGS: Mapping[Shown, str] = {
    STATES[AccountState.NOT_STARTED]: "nothing happens until you start it",
    PARTLY_STARTED: "what you have started of it has ended; the other accounts wait for you",
    STATES[AccountState.WAITING]: "its turn comes, or it is tried again later",
    STATES[AccountState.SCHEDULED]: "starts at the time that is set for the migration",
    STATES[AccountState.CHECKING]: "logging in and listing folders",
    STATES[AccountState.COPYING]: "messages are on their way",
    STATES[AccountState.INTERRUPTED]: "an engine that is gone worked on it: it goes on when one runs",
    NO_ENGINE: "it is started, and no engine runs to work on it",
    PAUSING: "finishes what is in flight, then pauses",
    STATES[AccountState.PAUSED]: "by you",
    NEEDS_YOU: "something needs you first: a new password, room in a mailbox",
    STATES[AccountState.BLACKOUT]: "a server is to be left alone at this hour",
    STATES[AccountState.THROTTLED]: "a server asked for a rest, or the day's bytes are used up",
    STATES[AccountState.DONE]: "everything has arrived",
    STATES[AccountState.DONE_WITH_FAILURES]: "what could arrive has; the rest is listed",
    STATES[AccountState.FAILED]: "the account could not be worked on",
}
"""What each state means, for the help."""


class Pulse(StrEnum):
    """How the engine is, from its lock and its heartbeat."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    SILENT = "silent"


def pulse(status: EngineStatus, now: float) -> Pulse:
    """How the engine is at `now` (epoch seconds)."""
    if not status.running:
        return Pulse.STOPPED
    if status.beat_at is None:
        return Pulse.STARTING
    # A beat that is still to come is one from before the clock was put back: an engine that lives soon beats again.
    return Pulse.RUNNING if abs(now - status.beat_at) <= SILENT_SECONDS else Pulse.SILENT


def engine_line(status: EngineStatus, now: float, width: int = 120) -> Cell:
    """The engine in a few words, for the top of every screen, which is so wide."""
    match pulse(status, now):
        case Pulse.STOPPED:
            return Cell("○ engine not running", Tone.QUIET)
        case Pulse.STARTING:
            return Cell("◌ engine starting", Tone.BUSY)
        case Pulse.SILENT:
            return Cell(f"▲ engine silent since {when(status.beat_at or now, now)}", Tone.BAD)
        case Pulse.RUNNING:
            noun = "connection" if status.connections == 1 else "connections"
            speed = f" · {rate(status.rate_bytes)} ({RATE_WINDOW})" if status.rate_bytes > 0 and width >= _WIDE else ""
            return Cell(f"● engine running · {status.connections} {noun}{_taught(status, width)}{speed}", Tone.GOOD)


def _taught(status: EngineStatus, width: int) -> str:
    """The strictest limit that a server has set below the admin's; or that of this machine, where it allows fewer."""
    if status.most_connections:
        return f", ulimit -n allows {status.most_connections}"
    taught = [(use.allowed, key) for key, use in status.servers.items() if use.taught]
    if not taught:
        return ""
    allowed, key = min(taught)
    host = fit(key.rpartition(":")[0], max(1, width - _REST_OF_ENGINE_LINE)).rstrip()
    return f", {host} allows {allowed}"


def engine_trouble(status: EngineStatus, now: float, missing: bool, last_words: str) -> str:
    """What is wrong with the engine and what to do about it; empty when nothing is.

    `missing`: no engine runs and work waits for one. `last_words`: what the last one said when it ended.
    """
    if missing:
        why = f" The last one ended with: {last_words}" if last_words else ""
        return f"✖ No engine works on what you have started: f5 starts one.{why}"
    if pulse(status, now) is not Pulse.SILENT:
        return ""
    where = f" on {status.host}" if status.host else ""
    return (
        f"▲ The engine (process {status.pid or 'unknown'}{where}) has the store and is silent: it hangs, or its disk "
        f"does. `kill -9 {status.pid}` ends it and harms no mail; f5 then starts another one."
    )


def as_it_is(account: Account, migration: Wanted, engine: Pulse) -> Account:
    """The account in the state that it is in now. Of an engine that is silent nobody knows how fast it is."""
    shown = presence.as_it_is(account, migration, engine=engine is not Pulse.STOPPED, starting=engine is Pulse.STARTING)
    return shown if engine is Pulse.RUNNING else replace(shown, rate_messages=0.0, rate_bytes=0.0)


def account_state(account: Account, migration: Wanted) -> Shown:
    """The state of an account, as it is, whose migration is wanted so. Wishes show at once, before the engine has seen
    them."""
    if account.state.active and Wanted.PAUSE in (account.wanted, migration):
        return PAUSING
    if account.needs_admin:
        return NEEDS_YOU
    if account.state in HELD_STATES:
        return _held(account.state, account.detail)
    if account.state is AccountState.THROTTLED and account.detail.startswith("until "):
        return _held(account.state, account.detail.partition(": ")[0])
    return STATES[account.state]


def reason(account: Account) -> str:
    """Why the state is what it is, as far as the state's own words do not say it."""
    if account.state in HELD_STATES:
        return ""
    if account.state is AccountState.THROTTLED and account.detail.startswith("until "):
        return account.detail.partition(": ")[2]
    return account.detail


def _held(state: AccountState, until: str) -> Shown:
    """`blackout until 06:00 CET`, `throttled until 06:00 CET`, `scheduled: starts at 22:00 CET`."""
    shown = STATES[state]
    link = ": " if state is AccountState.SCHEDULED else " "
    return replace(shown, word=f"{shown.word}{link}{until}", short=shown.word) if until else shown


def migration_state(overview: MigrationOverview, engine: Pulse) -> Shown:
    """One state for all accounts of a migration: the liveliest that is so for any of them."""
    states, wanted = overview.accounts_by_state, overview.migration.wanted
    still_open = {state for state, number in states.items() if number and state not in ENDED_STATES}
    if overview.accounts and not still_open:
        return STATES[_verdict(overview)]
    started = still_open - {AccountState.NOT_STARTED}
    if wanted is Wanted.IDLE or not overview.accounts:
        return STATES[AccountState.NOT_STARTED]
    if not started:
        return PARTLY_STARTED
    still_open = started
    active = {state for state in still_open if state.active}
    if active and engine in (Pulse.RUNNING, Pulse.SILENT):
        busiest = AccountState.COPYING if AccountState.COPYING in active else AccountState.CHECKING
        return PAUSING if wanted is Wanted.PAUSE else STATES[busiest]
    if wanted is Wanted.PAUSE:
        return STATES[AccountState.PAUSED]
    held = {AccountState.PAUSED, AccountState.THROTTLED}
    if engine is not Pulse.STOPPED and (by_clock := still_open - {AccountState.PAUSED}) and by_clock <= HELD_STATES:
        return _held(by_clock.pop(), overview.held)
    if engine is Pulse.STOPPED:  # nothing rests that nobody would go on with
        held.remove(AccountState.THROTTLED)
    if len(still_open) == 1 and still_open <= held:
        return STATES[still_open.pop()]
    return NO_ENGINE if engine is Pulse.STOPPED else STATES[AccountState.WAITING]


def uncounted(overview: MigrationOverview) -> int:
    """Accounts whose messages may not have been counted in full yet: the total can only grow."""
    counted = (*ENDED_STATES, AccountState.COPYING)
    return sum(number for state, number in overview.accounts_by_state.items() if state not in counted)


def done_share(overview: MigrationOverview) -> float:
    """How far a migration is, 0 to 1; never more than the share of its accounts that have been counted."""
    if not overview.accounts:
        return 0.0
    counted = 1 - uncounted(overview) / overview.accounts
    counts = overview.counts
    return min(counted, counts.settled / counts.listed if counts.listed else counted)


def ended(states: Mapping[AccountState, int]) -> int:
    """How many accounts have ended."""
    return sum(states.get(state, 0) for state in ENDED_STATES)


def tally(states: Mapping[Shown, int], width: int) -> list[Cell]:
    """How many accounts are in each state, the most urgent first: `2 failed · 3 copying · 115 waiting`; in their short
    words where `width` cells do not hold the whole ones."""
    numbers: dict[Shown, int] = {}
    for shown, accounts in states.items():
        if shown.short and shown.word.startswith(shown.short):  # without its "until": that of one is not that of all
            shown = replace(shown, word=shown.short, short="")
        numbers[shown] = numbers.get(shown, 0) + accounts
    urgency = (Tone.BAD, Tone.CARE, Tone.BUSY, Tone.QUIET, Tone.GOOD)
    in_order = sorted(numbers, key=lambda each: urgency.index(each.tone))
    whole = joined(Cell(f"{numbers[each]:,} {each.word}", each.tone) for each in in_order)
    if sum(len(cell.text) for cell in whole) <= width:
        return whole
    short = (Cell(f"{numbers[each]:,} {each.short or each.word}", each.tone) for each in in_order)
    return joined(short, Cell(", ", Tone.QUIET))


def _verdict(overview: MigrationOverview) -> AccountState:
    states = overview.accounts_by_state
    if states.get(AccountState.FAILED, 0) == overview.accounts:
        return AccountState.FAILED
    if overview.failures or states.get(AccountState.FAILED) or states.get(AccountState.DONE_WITH_FAILURES):
        return AccountState.DONE_WITH_FAILURES
    return AccountState.DONE
