"""The byte budget: no more than there is, in the order of asking, and nobody is kept from what is his."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tui_migrate.engine.copying.budget import Budget

LONG = 30.0


def test_what_does_not_fit_is_refused_until_something_is_given_back() -> None:
    budget = Budget(10)
    assert [budget.take(6, 0), budget.take(5, 0), budget.take(4, 0)] == [True, False, True]
    budget.give(6)
    assert [budget.take(7, 0), budget.take(6, 0)] == [False, True]


def test_what_is_larger_than_all_of_it_goes_alone() -> None:
    budget = Budget(10)
    assert [budget.take(50, 0), budget.take(1, 0)] == [True, False]
    budget.give(50)
    assert budget.take(1, 0)
    assert not budget.take(50, 0)


def test_who_waits_is_served_before_those_that_come_later() -> None:
    """Small ones that slip through would keep a large one waiting for ever."""
    budget = Budget(10)
    assert budget.take(5, 0)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(budget.take, 8, LONG)
        while budget.take(1, 0):  # which fits, until somebody waits
            budget.give(1)
        budget.give(5)
        assert waiting.result(LONG)
    assert [budget.take(3, 0), budget.take(2, 0)] == [False, True]


def test_who_does_not_wait_any_longer_stands_in_nobody_s_way() -> None:
    budget = Budget(10)
    assert budget.take(5, 0)
    assert not budget.take(9, 0.001)
    assert budget.take(5, 0)
