"""Which accounts are shown, and in what order. Pure: rows in, rows out.

Several terms must all hold: `ghent state:failed failures:>0`. A term that is not understood, or not finished, hides all
and says why: what is shown is what `A` selects, and a slip of the finger must not select everything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tui_migrate.ui.account_rows import Row
from tui_migrate.ui.format import Tone

Test = Callable[[Row], bool]


class Order(StrEnum):
    """What accounts are sorted by."""

    LISTED = "order"
    USER = "user"
    STATE = "state"
    MESSAGES = "messages"
    FAILURES = "failures"
    RATE = "rate"

    @property
    def next(self) -> Order:
        """The one after it, in a circle."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


_URGENCY = (Tone.BAD, Tone.CARE, Tone.BUSY, Tone.QUIET, Tone.GOOD)
_KEYS: Mapping[Order, Callable[[Row], object]] = {
    Order.USER: lambda row: row.account.source_user.casefold(),
    Order.STATE: lambda row: (_URGENCY.index(row.state.tone), row.state.word),
    Order.MESSAGES: lambda row: -row.account.counts.listed,
    Order.FAILURES: lambda row: -row.failures,
    Order.RATE: lambda row: -row.account.rate_bytes,
}
"""The most wanted first. What is equal stays in the order in which it runs."""

_NUMBERS: Mapping[str, Callable[[Row], int]] = {
    "failures": lambda row: row.failures,
    "messages": lambda row: row.account.counts.listed,
    "priority": lambda row: row.account.priority,
}
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"([<>]=?|=?)([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class Filter:
    """All of `tests` must hold. `wrong` says what was not understood; nothing matches then."""

    tests: tuple[Test, ...] = ()
    wrong: str = ""

    def matches(self, row: Row) -> bool:
        """True when the row is to be shown."""
        return not self.wrong and all(test(row) for test in self.tests)


@dataclass(frozen=True, slots=True)
class View:
    """What the admin wants to see of the accounts."""

    text: str = ""
    """The filter as it was typed."""
    order: Order = Order.LISTED
    reverse: bool = False

    def of(self, rows: Sequence[Row]) -> list[Row]:
        """The rows to be shown."""
        wanted = parse(self.text)
        shown = [row for row in rows if wanted.matches(row)] if self.text.strip() else list(rows)
        if self.order is not Order.LISTED:
            return sorted(shown, key=_KEYS[self.order], reverse=self.reverse)  # type: ignore[arg-type]
        return shown[::-1] if self.reverse else shown

    def sorted_by_next(self) -> View:
        """Sorted by the next key, its usual way round."""
        return replace(self, order=self.order.next, reverse=False)


def parse(text: str) -> Filter:
    """The filter that was typed. Terms are separated by blanks; case does not matter."""
    tests = []
    for term in text.casefold().split():
        test = _test(term)
        if isinstance(test, str):
            return Filter(wrong=test)
        tests.append(test)
    return Filter(tuple(tests))


def _test(term: str) -> Test | str:
    """The test of one term, or what is wrong with it."""
    name, colon, value = term.partition(":")
    if not colon:
        return _Text(term)
    if name == "state":
        return _State(value) if value else "state: which one? As in state:failed"
    if name not in _NUMBERS:
        return f"There is no {name}: to look for; known are state:, {', '.join(f'{each}:' for each in _NUMBERS)}."
    condition = _CONDITION.fullmatch(value)
    if condition is None:
        return f"{name}: wants a number, as in {name}:>0"
    return _Number(_NUMBERS[name], _COMPARE[condition[1]], int(condition[2]))


@dataclass(frozen=True, slots=True)
class _Text:
    """Part of a user's name on either side."""

    text: str

    def __call__(self, row: Row) -> bool:
        account = row.account
        return self.text in account.source_user.casefold() or self.text in account.destination_user.casefold()


@dataclass(frozen=True, slots=True)
class _State:
    """The beginning of a word of the state: `done` is also `done with failures`, `fail` is that and `failed`."""

    text: str

    def __call__(self, row: Row) -> bool:
        return any(word.startswith(self.text) for word in row.state.word.split())


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that compares so."""

    number: Callable[[Row], int]
    compare: Callable[[int, int], bool]
    value: int

    def __call__(self, row: Row) -> bool:
        return self.compare(self.number(row), self.value)
