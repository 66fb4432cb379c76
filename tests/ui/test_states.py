"""A state on the screen is what is so now, whatever the store still says of an engine that is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.ui.office import NOW
from tests.ui.values import COPYING, RUNNING, overview
from tui_migrate.model import (
    AccountState,
    Counts,
    EngineStatus,
    ServerUse,
    Wanted,
)
from tui_migrate.ui.states import (
    MEANINGS,
    NEEDS_YOU,
    STATES,
    Pulse,
    account_state,
    as_it_is,
    done_share,
    engine_line,
    migration_state,
    pulse,
    tally,
)


@pytest.mark.parametrize(
    ("status", "is_", "says"),
    [
        (RUNNING, Pulse.RUNNING, "● engine running · 12 connections · 8.4 MB/s (10 s)"),
        (replace(RUNNING, connections=1, rate_bytes=0.0), Pulse.RUNNING, "● engine running · 1 connection"),
        (
            replace(
                RUNNING, rate_bytes=0.0, servers={"a:993": ServerUse(4, 10), "b.example:143": ServerUse(8, 8, True)}
            ),
            Pulse.RUNNING,
            "● engine running · 12 connections, b.example allows 8",
        ),
        (
            replace(RUNNING, rate_bytes=0.0, most_connections=14),
            Pulse.RUNNING,
            "● engine running · 12 connections, ulimit -n allows 14",
        ),
        (replace(RUNNING, beat_at=NOW - 60), Pulse.SILENT, "▲ engine silent since 14:01"),
        (EngineStatus(running=True), Pulse.STARTING, "◌ engine starting"),
        (replace(RUNNING, running=False), Pulse.STOPPED, "○ engine not running"),
    ],
)
def test_the_engine_in_a_few_words(status: EngineStatus, is_: Pulse, says: str) -> None:
    assert pulse(status, NOW) is is_
    assert engine_line(status, NOW).text == says
    assert "/s" not in engine_line(status, NOW, 80).text


def test_the_engine_leaves_room_for_the_place_whatever_a_server_is_called() -> None:
    servers = {"imap.exchange.corporation.example:993": ServerUse(1200, 8, True)}
    said = engine_line(replace(RUNNING, connections=1234, rate_bytes=999e6, servers=servers), NOW, 80).text
    assert said == "● engine running · 1234 connections, imap.exchange.c… allows 8"


def test_without_an_engine_nothing_copies_and_no_rate_holds() -> None:
    left_behind = as_it_is(COPYING, Wanted.RUN, Pulse.STOPPED)
    assert (left_behind.state, left_behind.detail) == (AccountState.INTERRUPTED, "no engine runs")
    assert (left_behind.rate_messages, left_behind.rate_bytes) == (0.0, 0.0)
    assert as_it_is(COPYING, Wanted.RUN, Pulse.STARTING).state is AccountState.WAITING
    assert as_it_is(COPYING, Wanted.PAUSE, Pulse.STOPPED).state is AccountState.PAUSED
    assert left_behind.counts == COPYING.counts


@pytest.mark.parametrize(
    ("state", "detail", "said"),
    [
        (AccountState.THROTTLED, "until 21:04 UTC: The server asks for a pause.", "The server asks for a pause."),
        (AccountState.THROTTLED, "The server: later.", "The server: later."),
        (AccountState.WAITING, "The connection was lost. Tried again at 21:04:00.", "The connection was lost."),
    ],
)
@pytest.mark.parametrize("engine", [Pulse.STOPPED, Pulse.STARTING])
def test_an_engine_that_is_gone_has_promised_nothing(
    state: AccountState, detail: str, said: str, engine: Pulse
) -> None:
    resting = replace(COPYING, state=state, detail=detail, server_words="NO later")
    gone = as_it_is(resting, Wanted.RUN, engine)
    assert (gone.state, gone.detail, gone.server_words) == (AccountState.WAITING, said, "NO later")
    assert as_it_is(resting, Wanted.RUN, Pulse.RUNNING).detail == detail


def test_of_a_silent_engine_the_rate_is_not_known() -> None:
    silent = as_it_is(COPYING, Wanted.RUN, Pulse.SILENT)
    assert (silent.state, silent.rate_bytes) == (AccountState.COPYING, 0.0)
    assert as_it_is(COPYING, Wanted.RUN, Pulse.RUNNING) == COPYING


@pytest.mark.parametrize(
    ("state", "account", "migration", "word"),
    [
        (AccountState.COPYING, Wanted.RUN, Wanted.RUN, "copying"),
        (AccountState.COPYING, Wanted.PAUSE, Wanted.RUN, "pausing"),
        (AccountState.CHECKING, Wanted.RUN, Wanted.PAUSE, "pausing"),
        (AccountState.WAITING, Wanted.PAUSE, Wanted.RUN, "paused"),
        (AccountState.THROTTLED, Wanted.RUN, Wanted.PAUSE, "paused"),
        (AccountState.DONE, Wanted.PAUSE, Wanted.PAUSE, "done"),
        (AccountState.THROTTLED, Wanted.IDLE, Wanted.RUN, "paused"),
    ],
)
def test_a_wish_shows_before_the_engine_has_seen_it(
    state: AccountState, account: Wanted, migration: Wanted, word: str
) -> None:
    shown = as_it_is(replace(COPYING, state=state, wanted=account), migration, Pulse.RUNNING)
    assert account_state(shown, migration).word == word


@pytest.mark.parametrize("engine", [Pulse.RUNNING, Pulse.STOPPED])
@pytest.mark.parametrize(
    ("account", "migration"), [(Wanted.RUN, Wanted.IDLE), (Wanted.IDLE, Wanted.RUN), (Wanted.IDLE, Wanted.IDLE)]
)
def test_what_was_never_started_does_not_wait_for_its_turn(account: Wanted, migration: Wanted, engine: Pulse) -> None:
    new = replace(COPYING, state=AccountState.WAITING, pass_number=0, wanted=account)
    assert account_state(as_it_is(new, migration, engine), migration).word == "not started"


S = AccountState


@pytest.mark.parametrize(
    ("states", "wanted", "engine", "word"),
    [
        ({}, Wanted.IDLE, Pulse.STOPPED, "not started"),
        ({S.WAITING: 5}, Wanted.IDLE, Pulse.STOPPED, "not started"),
        ({S.WAITING: 5}, Wanted.RUN, Pulse.STOPPED, "no engine"),
        ({S.DONE: 1, S.NOT_STARTED: 30}, Wanted.RUN, Pulse.STOPPED, "partly started"),
        ({S.COPYING: 1, S.NOT_STARTED: 30}, Wanted.RUN, Pulse.RUNNING, "copying"),
        ({S.WAITING: 1, S.NOT_STARTED: 30}, Wanted.RUN, Pulse.STOPPED, "no engine"),
        ({S.WAITING: 5}, Wanted.RUN, Pulse.STARTING, "waiting"),
        ({S.COPYING: 2, S.WAITING: 5, S.DONE: 1}, Wanted.RUN, Pulse.RUNNING, "copying"),
        ({S.COPYING: 2, S.WAITING: 5, S.DONE: 1}, Wanted.RUN, Pulse.STOPPED, "no engine"),
        ({S.CHECKING: 1, S.WAITING: 5}, Wanted.RUN, Pulse.RUNNING, "checking"),
        ({S.COPYING: 2, S.WAITING: 5}, Wanted.PAUSE, Pulse.RUNNING, "pausing"),
        ({S.COPYING: 2, S.WAITING: 5}, Wanted.PAUSE, Pulse.STOPPED, "paused"),
        ({S.WAITING: 5}, Wanted.PAUSE, Pulse.RUNNING, "paused"),
        ({S.DONE: 9, S.PAUSED: 1}, Wanted.RUN, Pulse.RUNNING, "paused"),
        ({S.DONE: 9, S.THROTTLED: 1}, Wanted.RUN, Pulse.RUNNING, "throttled"),
        ({S.DONE: 9, S.THROTTLED: 1}, Wanted.RUN, Pulse.STOPPED, "no engine"),
        ({S.DONE: 9, S.PAUSED: 1}, Wanted.RUN, Pulse.STOPPED, "paused"),
        ({S.THROTTLED: 1, S.PAUSED: 1}, Wanted.RUN, Pulse.RUNNING, "waiting"),
        ({S.DONE: 10, S.WAITING: 0}, Wanted.RUN, Pulse.STOPPED, "done"),
        ({S.DONE: 9, S.FAILED: 1}, Wanted.RUN, Pulse.STOPPED, "done with failures"),
        ({S.DONE: 9, S.DONE_WITH_FAILURES: 1}, Wanted.PAUSE, Pulse.STOPPED, "done with failures"),
        ({S.FAILED: 2}, Wanted.RUN, Pulse.STOPPED, "failed"),
    ],
)
def test_the_state_of_a_migration(states: Mapping[AccountState, int], wanted: Wanted, engine: Pulse, word: str) -> None:
    assert migration_state(overview(states, wanted), engine).word == word


@pytest.mark.parametrize(
    ("states", "held", "engine", "word", "narrow"),
    [
        ({"blackout": 3, "done": 9}, "until 06:00 CET", "running", "blackout until 06:00 CET", "blackout"),
        ({"blackout": 3, "paused": 1}, "until 06:00 CET", "running", "blackout until 06:00 CET", "blackout"),
        ({"scheduled": 2}, "starts at Fri 22:00 CET", "running", "scheduled: starts at Fri 22:00 CET", "scheduled"),
        ({"blackout": 3, "copying": 1}, "until 06:00 CET", "running", "copying", "copying"),
        ({"blackout": 3}, "until 06:00 CET", "stopped", "no engine", "no engine"),
    ],
)
def test_what_the_clock_holds_back_says_until_when(
    states: Mapping[str, int], held: str, engine: str, word: str, narrow: str
) -> None:
    seen = replace(overview({AccountState(state): number for state, number in states.items()}), held=held)
    shown = migration_state(seen, Pulse(engine))
    assert (shown.word, shown.cell(13).text[2:]) == (word, narrow)


def test_an_account_says_until_when_it_is_held_back_while_an_engine_sees_to_it() -> None:
    night = replace(COPYING, state=AccountState.BLACKOUT, detail="until 06:00 CET", rate_bytes=0.0)
    assert account_state(night, Wanted.RUN).word == "blackout until 06:00 CET"
    assert account_state(as_it_is(night, Wanted.PAUSE, Pulse.RUNNING), Wanted.PAUSE).word == "paused"
    gone = as_it_is(night, Wanted.RUN, Pulse.STOPPED)
    assert (gone.state, gone.detail) == (AccountState.WAITING, "")
    assert as_it_is(night, Wanted.RUN, Pulse.RUNNING) == night


def test_a_migration_with_open_failures_is_not_simply_done() -> None:
    assert migration_state(overview({S.DONE: 3}, failures=1), Pulse.STOPPED).word == "done with failures"


def test_a_bar_does_not_run_ahead_of_accounts_that_nobody_has_counted() -> None:
    all_that_is_listed = Counts(1000, 1000)
    assert done_share(overview({S.DONE: 1, S.WAITING: 9}, counts=all_that_is_listed)) == pytest.approx(0.1)
    assert done_share(overview({S.DONE: 10}, counts=all_that_is_listed)) == 1.0
    assert done_share(overview({S.COPYING: 1}, counts=Counts(1000, 250))) == 0.25
    assert done_share(overview({})) == 0.0


def test_what_needs_the_admin_is_told_first() -> None:
    told = tally(Counter(STATES[each] for each in (S.DONE, S.DONE, S.WAITING, S.COPYING, S.PAUSED, S.FAILED)), 78)
    assert "".join(cell.text for cell in told) == "1 failed · 1 paused · 1 copying · 1 waiting · 2 done"


def test_states_are_counted_in_short_words_where_the_whole_ones_have_no_room() -> None:
    states = Counter([NEEDS_YOU, STATES[S.DONE_WITH_FAILURES], STATES[S.DONE]])
    whole, short = ("".join(cell.text for cell in tally(states, width)) for width in (51, 50))
    assert whole == "1 paused: needs you · 1 done with failures · 1 done"
    assert short == "1 needs you, 1 failures, 1 done"


def test_every_state_has_a_glyph_of_its_own_beside_its_word_and_a_meaning() -> None:
    assert {*STATES} == {*AccountState}
    assert len({shown.word for shown in MEANINGS}) == len(MEANINGS)
    assert len({STATES[state].glyph for state in AccountState}) == len(AccountState)
    assert {*STATES.values()} <= {*MEANINGS}
