"""Where an account's time goes and how fast it is, on a clock that the test turns."""

from __future__ import annotations

import threading

import pytest

from tui_migrate.engine.copying import pace
from tui_migrate.engine.copying.pace import KEPT_STRETCHES, PaceMeter
from tui_migrate.mail.line import Line
from tui_migrate.model import Pace, Side, Stretch, Wait, Way

START = 1_700_000_000.0


class Clock:
    """Stands in for `time`."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return 500.0 + self.passed

    def time(self) -> float:
        return START + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def work(meter: PaceMeter, clock: Clock, seconds: int, messages: int, octets: int) -> None:
    """So much each second, asked about each second."""
    for _ in range(seconds):
        clock.passed += 1
        meter.move(messages, octets)
        meter.rates()


def test_rates_are_those_of_the_last_ten_seconds(clock: Clock) -> None:
    meter = PaceMeter()
    assert meter.rates() == (0.0, 0.0)
    work(meter, clock, 30, 2, 1000)
    assert meter.rates() == (2.0, 1000.0)
    work(meter, clock, 10, 0, 0)
    assert meter.rates() == (0.0, 0.0)


def test_each_ten_seconds_are_kept_for_a_quarter_of_an_hour(clock: Clock) -> None:
    meter = PaceMeter()
    meter.rates()
    work(meter, clock, 10, 3, 500)
    work(meter, clock, 10, 0, 0)
    assert meter.pace().history == (Stretch(START + 10, 3.0, 500.0), Stretch(START + 20, 0.0, 0.0))
    work(meter, clock, 1000, 1, 1)
    history = meter.pace().history
    assert len(history) == KEPT_STRETCHES
    assert history[-1].at - history[0].at == 890


def test_a_pause_is_no_stretch(clock: Clock) -> None:
    """One bar for an hour would be a lie about ten seconds."""
    meter = PaceMeter()
    meter.rates()
    work(meter, clock, 10, 3, 500)
    clock.passed += 3600
    meter.rates()
    work(meter, clock, 10, 4, 700)
    assert meter.pace().history == (Stretch(START + 10, 3.0, 500.0), Stretch(START + 3620, 4.0, 700.0))


def test_an_engine_goes_on_where_the_one_before_it_ended(clock: Clock) -> None:
    before = Pace({Wait.SOURCE: 5.0, Wait.PAUSED: 60.0}, (Stretch(START - 100, 1.0, 2.0),))
    meter = PaceMeter(before)
    assert meter.pace() == before
    meter.wait(Wait.SOURCE, 2.5)
    meter.wait(Wait.THROTTLED, 1.0)
    assert meter.pace().spent == {Wait.SOURCE: 7.5, Wait.PAUSED: 60.0, Wait.THROTTLED: 1.0}
    meter.reset()
    assert meter.pace() == Pace({}, ())


def test_it_may_be_looked_at_while_a_thread_adds() -> None:
    meter, ended = PaceMeter(), threading.Event()

    def add() -> None:
        while not ended.is_set():
            for what in Wait:
                meter.wait(what, 0.001)
            meter.reset()

    thread = threading.Thread(target=add)
    thread.start()
    try:
        for _ in range(2000):
            assert set(meter.pace().spent) <= set(Wait)
    finally:
        ended.set()
        thread.join()


def test_what_limits_held_up_is_no_wait_for_a_server(clock: Clock) -> None:
    meter = PaceMeter()
    meter.held(2.0)
    meter.here(1.0)
    meter.wait(Wait.DESTINATION, 5.0)
    meter.wait(Wait.DESTINATION, 5.0)
    assert meter.pace().spent == {Wait.HERE: 1.0, Wait.THROTTLED: 2.0, Wait.DESTINATION: 8.0}


def test_both_ways_are_told_with_what_compressing_spared(clock: Clock) -> None:
    meter, line = PaceMeter(), Line()
    line.answered(0.05)
    line.came(40_000_000, 20.0)
    meter.lines[Side.SOURCE] = line
    meter.passed(Side.SOURCE, 1000, 0)
    meter.passed(Side.SOURCE, 0, 500)
    meter.passed(Side.DESTINATION, 1500, 0)
    meter.answered(0.5, 3)
    meter.answered(1.5, 0)
    pace = meter.pace()
    assert (pace.source, pace.destination) == (Way(1000, 500, 0.05, 2_000_000.0), Way(1500))
    assert (pace.turns, pace.answer, pace.source.share) == (3, 1.0, 2 / 3)
    assert PaceMeter(pace).pace() == pace, "another engine goes on with it"
