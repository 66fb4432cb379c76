"""Who may start now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that could start, and the servers that it needs a connection of."""

    account_id: int
    servers: tuple[str, str]
    """Keys of source and destination; twice the same for a move within one server."""


def admit(candidates: Iterable[Candidate], busy: Counter[str], limits: Mapping[str, int]) -> list[int]:
    """The accounts that may start, in the order given: one connection to each of its servers must be free for each.

    `busy`: connections in use by server. An account whose servers are full lets those behind it pass that need others.
    """
    used = Counter(busy)
    admitted = []
    for candidate in candidates:
        needed = Counter(candidate.servers)
        if all(used[key] + number <= limits[key] for key, number in needed.items()):
            used.update(needed)
            admitted.append(candidate.account_id)
    return admitted
