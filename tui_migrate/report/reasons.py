"""Failures by reason, of which a page shows so many and no more: the tables have them all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from tui_migrate.model import Failure
from tui_migrate.model.causes import cause_of, urgency

MOST = 1000
"""Failures of one reason on a page: a browser chokes on more, and so would we."""


@dataclass(slots=True)
class Reason:
    """Failures that have the same reason."""

    number: int = 0
    shown: deque[Failure] = field(default_factory=lambda: deque(maxlen=MOST))
    """The last of them, the one that was noted last at the end."""

    @property
    def newest(self) -> Failure:
        """The newest of the failures, which stands for all of them."""
        return self.shown[-1]


def reasons(failures: Iterable[Failure]) -> list[Reason]:
    """The reasons of failures: what keeps whole accounts back first, then what is most frequent."""
    found: dict[str, Reason] = {}
    for each in failures:
        reason = found.setdefault(cause_of(each), Reason())
        reason.number += 1
        reason.shown.append(each)
    return sorted(found.values(), key=lambda reason: (urgency(reason.newest), -reason.number))
