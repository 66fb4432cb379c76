"""What an admin types to see some rows of a table: `ghent state:failed failures:>0`. Pure.

All terms must hold. A term that is not understood, or not finished, hides all and says why: what is shown is what a
command goes to, and a slip of the finger must not mean everything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

R = TypeVar("R")

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
class Filter(Generic[R]):
    """All of `tests` must hold. `wrong` says what was not understood; nothing matches then."""

    tests: tuple[Callable[[R], bool], ...] = ()
    wrong: str = ""

    def matches(self, row: R) -> bool:
        """True when the row is to be shown."""
        return not self.wrong and all(test(row) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Words(Generic[R]):
    """A property of a row that is said in words, any beginning of which matches."""

    example: str
    of: Callable[[R], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Language(Generic[R]):
    """What can be asked of the rows of one table."""

    texts: Callable[[R], Sequence[str]]
    """What a term without a colon is looked for in."""
    words: Mapping[str, Words[R]]
    numbers: Mapping[str, Callable[[R], int | None]]
    """None, what is not known, matches no condition."""

    def parse(self, text: str) -> Filter[R]:
        """The filter that was typed. Terms are separated by blanks; case does not matter."""
        tests = []
        for term in text.casefold().split():
            test = self._test(term)
            if isinstance(test, str):
                return Filter(wrong=test)
            tests.append(test)
        return Filter(tuple(tests))

    def _test(self, term: str) -> Callable[[R], bool] | str:
        """The test of one term, or what is wrong with it."""
        name, colon, value = term.partition(":")
        if not colon:
            return lambda row: any(term in text.casefold() for text in self.texts(row))
        if words := self.words.get(name):
            if not value:
                return f"{name}: which one? As in {name}:{words.example}"
            return lambda row: any(word.startswith(value) for word in words.of(row))
        if name not in self.numbers:
            known = ", ".join(f"{each}:" for each in (*self.words, *self.numbers))
            return f"There is no {name}: to look for; known are {known}."
        condition = _CONDITION.fullmatch(value)
        if condition is None:
            return f"{name}: wants a number, as in {name}:>0"
        number, compare, limit = self.numbers[name], _COMPARE[condition[1]], int(condition[2])
        return lambda row: (known := number(row)) is not None and compare(known, limit)
