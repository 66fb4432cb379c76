"""How long a mailbox takes, by the number of requests that Graph allows. Pure: numbers in, words out."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model.kinds.graph import MINUTES, REQUESTS
from tui_migrate.printable import plural

_AT_ONCE = REQUESTS // 2
"""Messages of which no limit is felt."""


def forecast(messages: int) -> Iterator[tuple[str, str]]:
    """Label and text."""
    if messages > _AT_ONCE:
        minutes = messages * MINUTES // REQUESTS + 1
        took = plural(minutes, "minute") if minutes < 120 else f"{minutes / 60:.1f} hours"
        yield "Requests", f"▲ {messages:,} messages take at least {took}: {REQUESTS:,} requests in {MINUTES} minutes"
