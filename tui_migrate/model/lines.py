"""Accounts as they are read by the ten thousand."""

from __future__ import annotations

from typing import NamedTuple


class AccountLine(NamedTuple):
    """What a list orders, filters and counts accounts by: of fifty thousand hardly any is seen, and to read all of each
    takes several times as long. Wishes and states are the words of their enumerations."""

    id: int
    source_user: str
    destination_user: str
    priority: int
    position: int
    wanted: str
    state: str
    detail: str
    pass_number: int
    listed: int
    rate_bytes: float
    started_at: float | None
    finished_at: float | None
