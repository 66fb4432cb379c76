"""The byte budget: no more than there is, and whoever waits gets his turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tui_migrate.engine.copying.budget import Budget

LONG = 30.0


def test_what_does_not_fit_is_refused_until_something_is_given_back() -> None:
    budget = Budget(10)
    assert [budget.take(6), budget.take(5), budget.take(4)] == [6, 0, 4]
    budget.give(6)
    assert [budget.take(7), budget.take(6)] == [0, 6]


def test_what_is_larger_than_all_of_it_goes_alone() -> None:
    budget = Budget(10)
    assert [budget.take(50, wished=50), budget.take(1)] == [50, 0]
    budget.give(50)
    assert [budget.take(1), budget.take(50)] == [1, 0]


def test_what_is_wished_is_given_while_a_quarter_is_left() -> None:
    budget = Budget(100)
    assert [budget.take(5, wished=50), budget.take(5, wished=50), budget.take(5, wished=20)] == [50, 5, 20]


def test_who_waits_is_served_before_those_that_come_later_and_when_there_is_room_for_more() -> None:
    """Small ones that slip through would keep a large one waiting for ever."""
    budget = Budget(100)
    assert budget.take(96)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(budget.take, 8, LONG)
        while budget.take(1):  # which fits, until somebody waits
            budget.give(1)
        budget.give(10)
        assert not waiting.done()
        budget.give(11)
        assert waiting.result(LONG) == 8
    assert [budget.take(18), budget.take(17)] == [0, 17]


def test_who_has_waited_long_enough_takes_what_fits_and_stands_in_nobody_s_way() -> None:
    budget = Budget(100)
    assert budget.take(96)
    assert not budget.take(9, 0.001)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(budget.take, 50, LONG)
        while budget.take(1):
            budget.give(1)
        assert [budget.take(4), budget.take(4, 0.001)] == [0, 4]
        budget.give(100)
        assert waiting.result(LONG) == 50
