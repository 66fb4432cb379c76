"""What an error means for its account."""

from __future__ import annotations

import pytest

from tui_migrate.engine.turns.retry import Decision, decide, explain, stuck
from tui_migrate.errors import (
    AdminRefused,
    CannotConnect,
    CertificateRefused,
    CommandRefused,
    DayUsedUp,
    Disconnected,
    LoginRefused,
    LoginTrouble,
    MailError,
    NoToken,
    OverQuota,
    Poisoned,
    ProtocolViolation,
    ProxyForbids,
    ProxyLoginRefused,
    ProxyUnreachable,
    SignInNeeded,
    Stalled,
    StartTlsMissing,
    Throttled,
    TokenCommandFailed,
    TokenDelayed,
    TokenDenied,
    TokenRefused,
    TooManyConnections,
    UnreachableByProxy,
)
from tui_migrate.model import AccountState
from tui_migrate.timing import USUAL

FAILED = Decision(AccountState.FAILED, None)


def waits(error: MailError, tries: int, state: AccountState = AccountState.WAITING) -> float:
    """Seconds until the next try."""
    decision = decide(error, tries, 0.0, worked_before=True)
    assert decision.state is state
    assert decision.wait is not None
    return decision.wait


@pytest.mark.parametrize("kind", [CertificateRefused, StartTlsMissing, CommandRefused])
def test_what_trying_again_cannot_help_fails_at_once(kind: type[MailError]) -> None:
    assert decide(kind("no"), 0, 0.0, worked_before=True) == FAILED


@pytest.mark.parametrize(
    "kind", [LoginRefused, AdminRefused, TokenRefused, NoToken, TokenDenied, SignInNeeded, ProxyLoginRefused]
)
def test_a_login_is_tried_once_and_then_waits_for_the_admin(kind: type[MailError]) -> None:
    """One that had worked was changed at the server; one that never has is a mistake in the list."""
    assert decide(kind("no"), 0, 0.0, worked_before=True) == Decision(AccountState.PAUSED, None)
    assert decide(kind("no"), 0, 0.0, worked_before=False) == FAILED


def test_a_login_that_is_refused_without_a_reason_is_tried_twice_more() -> None:
    error = LoginRefused("no", clear=False)
    assert [waits(error, tries) for tries in range(2)] == [5.0, 15.0]
    assert decide(error, 2, 20.0, worked_before=True) == Decision(AccountState.PAUSED, None)
    assert decide(error, 2, 20.0, worked_before=False) == FAILED


def test_a_server_that_can_log_in_nobody_is_waited_for_where_it_once_could() -> None:
    error = LoginTrouble("disk error")
    assert waits(error, 30) == 60.0
    assert decide(error, 3, 7.0, worked_before=False).state is AccountState.WAITING
    assert decide(error, 4, 15.0, worked_before=False) == FAILED


def test_a_token_command_that_fails_is_run_a_few_times_more() -> None:
    error = TokenCommandFailed("no network")
    assert [waits(error, tries) for tries in range(4)] == [5.0, 10.0, 20.0, 40.0]
    assert decide(error, 4, 75.0, worked_before=True) == Decision(AccountState.PAUSED, None)
    assert decide(error, 4, 75.0, worked_before=False) == FAILED


def test_what_an_account_asks_for_is_said_where_it_waits_for_it() -> None:
    refused = LoginRefused("old.example refused the login of alice.")
    said = "Login refused: give its new password, and it goes on by itself. old.example refused the login of alice."
    assert explain(refused, AccountState.PAUSED) == said
    assert explain(refused, AccountState.FAILED) == "old.example refused the login of alice."


def test_a_full_mailbox_waits_for_the_admin() -> None:
    assert decide(OverQuota("full"), 0, 0.0, worked_before=True) == Decision(AccountState.PAUSED, None)


_BY_PROXY = [kind("no way") for kind in (ProxyUnreachable, ProxyForbids, UnreachableByProxy)]


@pytest.mark.parametrize(
    "error", [Disconnected("gone"), ProtocolViolation("gibberish"), CannotConnect("down"), *_BY_PROXY]
)
def test_a_lost_connection_is_made_again_at_once_and_then_with_patience(error: MailError) -> None:
    assert waits(error, 0) == 0
    later = [waits(error, tries) for tries in range(1, 2000)]
    assert later[0] >= 1
    assert later == sorted(later)
    assert max(later) <= 60


def test_the_server_s_own_time_is_kept() -> None:
    for kind in (Throttled, TokenDelayed):
        assert waits(kind("wait", seconds=321.0), 7, AccountState.THROTTLED) == 321.0


def test_a_server_that_asks_for_a_moment_again_and_again_is_asked_less_often() -> None:
    series = [waits(Throttled("wait", seconds=0.02), tries, AccountState.THROTTLED) for tries in range(50)]
    assert series == sorted(series)
    assert (series[0], series[-1]) == (0.02, 60.0)


def test_a_day_s_bytes_are_no_matter_of_trying_again() -> None:
    decision = decide(DayUsedUp("source", 5, 4000.0), 0, 0.0, worked_before=True)
    assert decision == Decision(AccountState.THROTTLED, None)


@pytest.mark.parametrize(("error", "most"), [(Throttled("wait"), 15 * 60), (TooManyConnections("enough"), 60)])
def test_a_server_that_names_no_time_is_asked_less_and_less_often(error: MailError, most: float) -> None:
    series = [waits(error, tries, AccountState.THROTTLED) for tries in range(2000)]
    assert series == sorted(series)
    assert (series[0], series[-1]) == (5.0, most)


def test_a_poisoned_connection_is_made_again_at_once_but_not_for_ever() -> None:
    error = Poisoned("bad", suspects=frozenset())
    assert [waits(error, tries) for tries in range(4)] == [0, 0, 0, 0]
    assert waits(error, 4) > 0


def test_a_host_that_never_answered_is_a_mistake_in_the_plan() -> None:
    decisions = [decide(CannotConnect("no such host"), tries, 1.0, worked_before=False) for tries in range(6)]
    assert [each.state for each in decisions[:4]] == [AccountState.WAITING] * 4
    assert decisions[4:] == [FAILED, FAILED]


def test_a_server_that_is_away_is_waited_for() -> None:
    assert decide(CannotConnect("down"), 500, USUAL.give_up * 100, worked_before=True).state is AccountState.WAITING


@pytest.mark.parametrize("error", [Disconnected("gone"), Stalled("silent")])
def test_a_connection_that_works_and_always_ends_alike_is_not(error: MailError) -> None:
    assert not stuck(error, USUAL.same_ends - 1, connected=True)
    assert stuck(error, USUAL.same_ends, connected=True)
    assert not stuck(error, 1000, connected=False)
    assert stuck(ProtocolViolation("gibberish"), USUAL.unreadable_ends, connected=False)
    for other in (Throttled("wait"), CannotConnect("down"), TooManyConnections("enough")):
        assert not stuck(other, 1000, connected=True)


@pytest.mark.parametrize("error", [Disconnected("gone"), Poisoned("bad", suspects=frozenset())])
def test_half_an_hour_without_a_single_message_is_enough(error: MailError) -> None:
    assert decide(error, 50, USUAL.give_up, worked_before=True).state is AccountState.WAITING
    assert decide(error, 50, USUAL.give_up + 1, worked_before=True) == FAILED


@pytest.mark.parametrize("error", [Throttled("wait"), TooManyConnections("enough")])
def test_a_server_that_asks_for_patience_gets_it_for_ever(error: MailError) -> None:
    assert decide(error, 500, USUAL.give_up * 100, worked_before=True).state is AccountState.THROTTLED
