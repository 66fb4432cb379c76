"""Who may start now, and with how many connections. Pure."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ALL_SERVERS = ""
"""Among limits by server: what there may be of connections in all; where it is missing, any number."""
WORTH_SECONDS = 10.0
"""What will be done sooner than this is no reason for another lane."""
BUSY_PROCESSOR = 0.4


@dataclass(frozen=True, slots=True)
class WaitingAccount:
    """An account that could start, and the servers that it needs a connection of."""

    account_id: int
    servers: tuple[str, str]
    """Keys of source and destination; twice the same for a move within one server."""


def admit(candidates: Iterable[WaitingAccount], busy: Counter[str], limits: Mapping[str, int]) -> list[int]:
    """The accounts that may start, in the order given: one connection to each of its servers must be free for each.

    `busy`: connections in use by server. An account whose servers are full lets those behind it pass that need others.
    """
    room = _Room(limits, busy)
    return [candidate.account_id for candidate in candidates if room.take(candidate.servers)]


@dataclass(frozen=True, slots=True)
class Holder:
    """An account that runs."""

    account_id: int
    servers: tuple[str, str]
    lanes: int
    """It has a connection to each of its servers for each of these."""
    most: int
    """Lanes that it may have."""
    spare: int
    """Messages that none of its lanes has taken; 0: one more lane would find nothing to do."""


def spare_for_another(spare: int, rate: float | None, processor: float) -> int:
    """Messages that one more lane could take over, where that is worth its logins; else 0.

    `spare`: messages that no lane has taken. `rate`: messages a second that the account makes now, None: nobody knows
    yet. `processor`: the share of one core that the engine uses. Where commands are asked ahead one lane fills the
    processor, and more of them only get in each other's way; they win where servers take their time, or let nothing be
    sent ahead.
    """
    if rate is None or spare <= rate * WORTH_SECONDS or processor > BUSY_PROCESSOR:
        return 0
    return spare


def share(
    holders: Sequence[Holder], waiting: Iterable[WaitingAccount], busy: Mapping[str, int], limits: Mapping[str, int]
) -> dict[int, int]:
    """How many lanes each running account may have now, at least one.

    First come the running accounts themselves, then those that wait (for them room is kept), and what is then left
    goes to those with most left. A lane once given is taken back only where somebody waits or the
    limits say so. `busy`: connections in use by server, those of lanes included that are about to end: a lane begins
    when there is room for it beside them.
    """
    firsts = Counter(key for each in holders for key in each.servers)
    planned, used = _Room(limits, firsts), _Room(limits, busy)
    result = {each.account_id: 1 for each in holders}
    for candidate in waiting:
        planned.take(candidate.servers)
    by_need = sorted(holders, key=lambda each: -each.spare)
    for each in by_need:
        while result[each.account_id] < min(each.lanes, each.most) and planned.take(each.servers):
            result[each.account_id] += 1
    hungry = [each for each in by_need if each.spare and result[each.account_id] == each.lanes]
    while hungry:
        each = max(hungry, key=lambda each: each.spare / result[each.account_id])
        fits = planned.fits(each.servers) and used.fits(each.servers)
        if result[each.account_id] < each.most and fits:
            result[each.account_id] += planned.take(each.servers) and used.take(each.servers)
        else:
            hungry.remove(each)
    return result


def surplus(holders: Iterable[Holder], limits: Mapping[str, int]) -> set[int]:
    """Accounts that must make room because the admin has lowered a limit: those that come last. What a server has
    taught us is no reason: the lesson was drawn from those that it had let in."""
    room = _Room(limits, {})
    return {each.account_id for each in holders if not room.take(each.servers)}


def free(server_keys: Iterable[str], holders: Counter[str], limits: Mapping[str, int]) -> int:
    """How many more accounts these two servers have room for, when each has one connection to either. `holders`: the
    same for those that run."""
    wanted = Counter(server_keys)
    of_servers = min((limits[key] - holders[key]) // number for key, number in wanted.items())
    of_all = (limits.get(ALL_SERVERS, sys.maxsize) - holders.total()) // wanted.total()
    return max(0, min(of_servers, of_all))


class _Room:
    """Connections in use, beside what there may be."""

    def __init__(self, limits: Mapping[str, int], used: Mapping[str, int]) -> None:
        self._limits = limits
        self._used = Counter(used)

    def fits(self, servers: Iterable[str]) -> bool:
        wanted = Counter(servers)
        if self._used.total() + wanted.total() > self._limits.get(ALL_SERVERS, sys.maxsize):
            return False
        return all(self._used[key] + number <= self._limits[key] for key, number in wanted.items())

    def take(self, servers: Iterable[str]) -> bool:
        """Take a connection to each of these servers; False when there is no room for all."""
        fits = self.fits(servers)
        if fits:
            self._used.update(servers)
        return fits
