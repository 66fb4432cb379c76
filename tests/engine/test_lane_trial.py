"""More lanes are tried when it is known what there is to gain, and go again where they do not help."""

from __future__ import annotations

from collections.abc import Callable

from tui_migrate.engine.turns.lane_trial import FIRST_PAUSE_SECONDS, LaneTrial

SECONDS = 3.0


class _Account:
    """It copies as fast as `rate` says for a number of lanes, for as long as one likes."""

    def __init__(self, rate: Callable[[int], tuple[int, int]]) -> None:
        self.trial = LaneTrial(SECONDS)
        self.now = 100.0
        self.lanes = 1
        self._rate = rate
        self._moved = (0, 0)
        self.seen: list[int] = []

    def go_on(self, seconds: int) -> None:
        """Each second it is looked at, and has the lanes that it may, up to three."""
        for _ in range(seconds):
            self.trial.look(self.lanes, self._moved, self.now)
            self.now += 1.0
            messages, octets = self._rate(self.lanes)
            self._moved = self._moved[0] + messages, self._moved[1] + octets
            self.lanes = min(3, self.trial.most(self.now))
            self.seen.append(self.lanes)


def test_lanes_that_help_stay() -> None:
    account = _Account(lambda lanes: (20 * lanes, 20_000 * lanes))
    account.go_on(25)
    assert account.seen[:3] == [1, 1, 1], "the first one is watched before there are others"
    assert account.seen[4:] == [3] * 21


def test_lanes_that_do_not_help_go_and_are_tried_again_later_and_later() -> None:
    account = _Account(lambda lanes: (3000 - 500 * lanes, 3_000_000 - 500_000 * lanes))
    account.go_on(30)
    assert max(account.seen) == 3
    assert account.lanes == 1
    first = account.seen.index(3)
    gone = account.seen.index(1, first)
    account.go_on(300)
    again = account.seen.index(3, gone)
    assert abs(again - gone - FIRST_PAUSE_SECONDS) < 5
    gone = account.seen.index(1, again)
    assert abs(account.seen.index(3, gone) - gone - 2 * FIRST_PAUSE_SECONDS) < 5


def test_while_there_is_nothing_to_take_nothing_is_judged() -> None:
    account = _Account(lambda lanes: (20 * lanes, 0))
    account.go_on(20)
    for second in range(20):
        account.trial.look(0, (10_000 * second, 0), account.now)
        account.now += 1.0
        assert account.trial.most(account.now) > 3, "whoever has lanes keeps them"
    account.go_on(25)
    assert account.lanes == 3


def test_large_mail_is_measured_by_its_octets() -> None:
    account = _Account(lambda lanes: (0, 1_000_000 * lanes))
    account.go_on(25)
    assert account.lanes == 3


def test_where_nobody_watches_any_number_is_fine() -> None:
    trial = LaneTrial(0.0)
    trial.look(1, (0, 0), 100.0)
    assert trial.most(101.0) > 1000
