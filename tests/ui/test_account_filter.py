"""Which accounts are shown and in what order: what an admin types, and that nothing is lost or made up by sorting."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.model import Account, AccountState, Counts, Wanted
from tui_migrate.ui.rows.account_filter import Order, View, parse
from tui_migrate.ui.rows.account_rows import AccountRow
from tui_migrate.ui.states import STATES


def row(
    number: int,
    user: str = "user@old.example",
    destination: str = "user@new.example",
    state: AccountState = AccountState.WAITING,
    *,
    listed: int = 0,
    failures: int = 0,
    priority: int = 5,
    rate: float = 0.0,
) -> AccountRow:
    account = Account(
        number, 1, user, destination, priority, number, (), Wanted.RUN, state, "", "", 0,
        Counts(listed=listed), 0, 0, 0.0, rate, None, None,
    )  # fmt: skip
    return AccountRow(account, STATES[state], failures)


ROWS = [
    row(1, "anna@ghent.example", "a.ghent@new.example", AccountState.DONE, listed=10),
    row(2, "Bram@ghent.example", "bram@new.example", AccountState.FAILED, failures=1, priority=1),
    row(3, "carl@bruges.example", "carl@new.example", AccountState.DONE_WITH_FAILURES, listed=2000, failures=7),
    row(4, "dora@bruges.example", "dora@ghent.new.example", AccountState.COPYING, listed=500, rate=9.5),
    row(5, "émile@bruges.example", "emile@new.example", AccountState.PAUSED, listed=500, rate=1.5),
]


def shown(text: str, rows: Iterable[AccountRow] = ROWS) -> list[int]:
    return [each.account.id for each in View(text).of([*rows])]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("   ", [1, 2, 3, 4, 5]),
        ("ghent", [1, 2, 4]),
        ("BRAM", [2]),
        ("ÉMILE", [5]),
        ("state:failed", [2]),
        ("state:fail", [2, 3]),
        ("state:done", [1, 3]),
        ("State:Paused", [5]),
        ("failures:>0", [2, 3]),
        ("failures:0", [1, 4, 5]),
        ("failures:=7", [3]),
        ("messages:>=500", [3, 4, 5]),
        ("messages:<500", [1, 2]),
        ("priority:<=4", [2]),
        ("ghent failures:>0", [2]),
        ("failures:>0 bruges state:done", [3]),
        ("nobody", []),
    ],
)
def test_what_is_typed_is_what_is_shown(text: str, numbers: list[int]) -> None:
    assert shown(text) == numbers
    assert parse(text).wrong == ""


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("state:", "As in state:failed"),
        ("failures:>", "As in failures:>0"),
        ("failures:many", "As in failures:>0"),
        ("ghent messages:", "As in messages:>0"),
        ("failures:²", "As in failures:>0"),
        ("colour:red", "There is no colour:"),
    ],
)
def test_a_term_that_is_not_understood_says_so_and_shows_nothing_that_could_be_selected(text: str, part: str) -> None:
    assert part.casefold() in parse(text).wrong.casefold()
    assert shown(text) == []


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        (Order.LISTED, [1, 2, 3, 4, 5]),
        (Order.USER, [1, 2, 3, 4, 5]),
        (Order.STATE, [3, 2, 5, 4, 1]),
        (Order.MESSAGES, [3, 4, 5, 1, 2]),
        (Order.FAILURES, [3, 2, 1, 4, 5]),
        (Order.RATE, [4, 5, 1, 2, 3]),
    ],
)
def test_each_order_shows_first_what_one_looks_for(order: Order, numbers: list[int]) -> None:
    assert [each.account.id for each in View(order=order).of(ROWS)] == numbers


def test_o_leads_through_every_order_and_back() -> None:
    view, seen = View("ghent", reverse=True), []
    for _ in Order:
        view = view.sorted_by_next()
        seen.append(view.order)
    assert sorted(seen) == sorted(Order)
    assert seen[-1] is Order.LISTED
    assert view == View("ghent")


ANY_ROWS = st.lists(
    st.builds(
        row,
        st.integers(1, 10**6),
        st.sampled_from(["anna", "Anna", "bob", "carl"]),
        state=st.sampled_from(AccountState),
        listed=st.integers(0, 5),
        failures=st.integers(0, 3),
        rate=st.floats(0, 10),
    ),
    unique_by=lambda each: each.account.id,
)


@given(ANY_ROWS, st.sampled_from(Order), st.booleans(), st.text(max_size=20))
def test_no_row_is_lost_or_shown_twice_whatever_is_typed(
    rows: list[AccountRow], order: Order, reverse: bool, text: str
) -> None:
    view = View(text, order, reverse)
    fitting = [each for each in rows if parse(text).matches(each)] if text.strip() else rows
    assert sorted(each.account.id for each in view.of(rows)) == sorted(each.account.id for each in fitting)


NUMBERS: dict[Order, Callable[[AccountRow], float]] = {
    Order.MESSAGES: lambda each: each.account.counts.listed,
    Order.FAILURES: lambda each: each.failures,
    Order.RATE: lambda each: each.account.rate_bytes,
}


@given(ANY_ROWS, st.sampled_from([*NUMBERS]))
def test_equal_rows_stay_in_the_order_in_which_they_run(rows: list[AccountRow], order: Order) -> None:
    place = {each.account.id: index for index, each in enumerate(rows)}
    keys = [(-NUMBERS[order](each), place[each.account.id]) for each in View(order=order).of(rows)]
    assert keys == sorted(keys)
