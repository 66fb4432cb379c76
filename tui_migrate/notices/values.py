"""An account's numbers as they stand in a notice to its user: what has arrived, and never what has not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tui_migrate.model import Account, Migration, Pass
from tui_migrate.model.figures import size


def account_values(migration: Migration, account: Account, passes: Sequence[Pass]) -> dict[str, str]:
    """An account's numbers by placeholder. `passes` are those over the account, the first one first."""
    counts = account.counts
    numbers = {
        "listed": counts.listed,
        "arrived": counts.copied + counts.brought + counts.there,
        "moved": account.moved.messages,
        "copied": counts.copied,
        "brought": counts.brought,
        "there": counts.there,
        "excluded": counts.excluded,
    }
    return {
        "source": account.source_user,
        "destination": account.destination_user,
        "server": migration.destination.place,
        "title": migration.title,
        **{name: f"{number:,}" for name, number in numbers.items()},
        "bytes": size(account.moved.bytes),
        "started": moment(passes[0].began if passes else account.started_at),
        "finished": moment(account.finished_at),
    }


def moment(at: float | None) -> str:
    """A moment as `12 March 2025, 14:02 CET`, by this machine's clock; a dash for a time that there is not."""
    if at is None:
        return "–"
    local = datetime.fromtimestamp(at, UTC).astimezone()
    return f"{local.day} {local:%B %Y, %H:%M %Z}"
