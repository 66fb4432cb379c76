"""Which accounts are shown, and in what order. Pure: rows in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tui_migrate.ui.format import Tone
from tui_migrate.ui.rows.account_rows import AccountRow
from tui_migrate.ui.rows.filter_language import Filter, Language, Words


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
        """The order after this one, in a circle."""
        orders = list(Order)
        return orders[(orders.index(self) + 1) % len(orders)]


_URGENCY = (Tone.BAD, Tone.CARE, Tone.BUSY, Tone.QUIET, Tone.GOOD)
_KEYS: Mapping[Order, Callable[[AccountRow], object]] = {
    Order.USER: lambda row: row.line.source_user.casefold(),
    Order.STATE: lambda row: (_URGENCY.index(row.state.tone), row.state.word),
    Order.MESSAGES: lambda row: -row.line.listed,
    Order.FAILURES: lambda row: -row.failures,
    Order.RATE: lambda row: -row.account.rate_bytes if row.line.rate_bytes else 0.0,
}
"""The most wanted first. What is equal stays in the order in which it runs."""

LANGUAGE: Language[AccountRow] = Language(
    texts=lambda row: (row.line.source_user, row.line.destination_user),
    # `done` is also `done with failures`, `fail` is that and `failed`
    words={"state": Words("failed", lambda row: row.state.word.split())},
    numbers={
        "failures": lambda row: row.failures,
        "messages": lambda row: row.line.listed,
        "priority": lambda row: row.line.priority,
    },
)


@dataclass(frozen=True, slots=True)
class View:
    """What the admin wants to see of the accounts."""

    text: str = ""
    """The filter as it was typed."""
    order: Order = Order.LISTED
    reverse: bool = False

    def of(self, rows: Sequence[AccountRow]) -> list[AccountRow]:
        """The rows to be shown."""
        wanted = parse(self.text)
        shown = [row for row in rows if wanted.matches(row)] if self.text.strip() else list(rows)
        if self.order is not Order.LISTED:
            return sorted(shown, key=_KEYS[self.order], reverse=self.reverse)  # type: ignore[arg-type]
        return shown[::-1] if self.reverse else shown

    def sorted_by_next(self) -> View:
        """Sorted by the next key, its usual way round."""
        return replace(self, order=self.order.next, reverse=False)


def parse(text: str) -> Filter[AccountRow]:
    """The filter that was typed."""
    return LANGUAGE.parse(text)
