"""How much may pass in how much time. The clock is given."""

from __future__ import annotations

import threading
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.values import migration_of, server_of
from tui_migrate.engine.copying.throttle import BURST_SECONDS, Bucket, Flow, Rates, ThrottledValve, Throttles, rates

AMOUNTS = st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5000)), min_size=1, max_size=60)
"""Seconds that pass, and then so much is charged."""


@given(rate=st.integers(1, 2000), charges=AMOUNTS)
def test_over_any_time_no_more_is_paid_for_than_the_rate_and_what_was_saved_up(
    rate: int, charges: list[tuple[float, int]]
) -> None:
    bucket = Bucket(0.0)
    bucket.set_rate(rate, 0.0)
    paid: list[tuple[float, int]] = []
    now = 0.0
    for pause, amount in charges:
        now += pause
        ticket = bucket.charge(amount, now)
        paid.append((now + bucket.wait(ticket, now), amount))
    for first in range(len(paid)):
        for at, total in zip(
            [at for at, _ in paid[first:]], accumulate(amount for _, amount in paid[first:]), strict=True
        ):
            began = paid[first - 1][0] if first else 0.0
            assert total <= rate * (at - began) + rate * BURST_SECONDS + 1e-3


@given(rate=st.integers(1, 2000), charges=AMOUNTS)
def test_everything_is_paid_for_in_the_end_and_in_order(rate: int, charges: list[tuple[float, int]]) -> None:
    bucket = Bucket(0.0)
    bucket.set_rate(rate, 0.0)
    now = 0.0
    times = []
    for pause, amount in charges:
        now += pause
        times.append(now + bucket.wait(bucket.charge(amount, now), now))
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(times))
    assert times[-1] <= now + sum(amount for _, amount in charges) / rate + 1e-6


def test_a_message_larger_than_the_rate_is_paid_for_afterwards() -> None:
    bucket = Bucket(0.0)
    bucket.set_rate(100, 0.0)
    ticket = bucket.charge(1100, 0.0)
    assert bucket.wait(ticket, 0.0) == pytest.approx(10.0)
    assert bucket.wait(ticket, 4.0) == pytest.approx(6.0)
    assert bucket.wait(ticket, 10.0) == 0.0


def test_who_waits_goes_by_the_new_rate_when_it_changes() -> None:
    bucket = Bucket(0.0)
    bucket.set_rate(10, 0.0)
    ticket = bucket.charge(110, 0.0)
    assert bucket.wait(ticket, 5.0) == pytest.approx(5.0)
    bucket.set_rate(100, 5.0)
    assert bucket.wait(ticket, 5.0) == pytest.approx(0.5)
    bucket.set_rate(0, 5.0)
    assert bucket.wait(ticket, 5.0) == 0.0


def test_the_strictest_of_all_migrations_that_use_a_server_holds() -> None:
    old, new = server_of("old.example"), server_of("new.example")
    found = rates(
        [
            migration_of(old(bytes_per_second=1000), new()),
            migration_of(old(bytes_per_second=500, messages_per_second=3), new(bytes_per_second=70)),
        ]
    )
    assert found["old.example:993", Flow.READ] == Rates(500, 3)
    assert found["new.example:993", Flow.WRITTEN] == found["new.example:993", Flow.AHEAD] == Rates(70, 0)
    assert rates([migration_of(old(), new())])["old.example:993", Flow.READ] == Rates()


class Clock:
    """Goes on when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told = threading.Event()
        self.set = False

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.set

    def wait(self, timeout: float) -> bool:
        """In place of an event's."""
        self.now += timeout
        return self.set


WAY = ("old.example:993", Flow.READ)


def gate(clock: Clock, rate: Rates, count: list[int] | None = None) -> tuple[Throttles, ThrottledValve]:
    throttles = Throttles(clock)
    throttles.adopt({WAY: rate})
    counted = count if count is not None else []
    return throttles, ThrottledValve(throttles, [WAY], clock, lambda octets, _: counted.append(octets))  # type: ignore[arg-type]


def test_octets_pass_in_small_pieces_at_the_rate() -> None:
    clock = Clock()
    counted: list[int] = []
    _, valve = gate(clock, Rates(octets=1 << 20), counted)
    left = 10 << 20
    while left:
        piece = valve.piece(left)
        assert piece <= (1 << 20) // 10
        valve.passed(piece)
        left -= piece
    assert clock.now == pytest.approx(10 - BURST_SECONDS, abs=0.3)
    assert sum(counted) == 10 << 20


def test_without_a_limit_nothing_waits_and_everything_is_counted() -> None:
    clock = Clock()
    counted: list[int] = []
    _, valve = gate(clock, Rates(), counted)
    assert valve.piece(1 << 18) == 1 << 18
    valve.passed(1 << 40)
    valve.message()
    assert (clock.now, counted) == (0.0, [1 << 40])


def test_a_wait_ends_when_the_run_is_told_to_stop_or_the_connection_is_cut() -> None:
    clock = Clock()
    _, valve = gate(clock, Rates(octets=1))
    clock.set = True
    valve.passed(1000)
    assert clock.now <= 0.25
    clock.set = False
    valve.release()
    valve.passed(1000)
    assert clock.now <= 0.25


def test_windows_are_small_enough_for_mail_to_arrive_evenly() -> None:
    clock = Clock()
    throttles, valve = gate(clock, Rates(octets=1000, messages=3))
    assert valve.window(50, 1 << 20) == (3, 2000)
    throttles.adopt({})
    assert valve.window(50, 1 << 20) == (50, 1 << 20)


def test_the_next_window_waits_until_the_last_one_is_paid_for() -> None:
    clock = Clock()
    _, valve = gate(clock, Rates(messages=10))
    assert valve.due() == 0.0
    valve.book(30)
    assert valve.due() == pytest.approx(2.0)
    clock.now = 2.0
    assert valve.due() == 0.0


def test_connections_to_one_server_share_its_rate() -> None:
    clock = Clock()
    throttles, one = gate(clock, Rates(octets=1000))
    other = ThrottledValve(throttles, [WAY], clock)  # type: ignore[arg-type]
    for _ in range(10):
        one.passed(500)
        other.passed(500)
    assert clock.now == pytest.approx(10 - BURST_SECONDS, abs=0.3)
