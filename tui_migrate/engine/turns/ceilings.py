"""How many connections a server lets us have: what the admin has set, and what the server has taught us.

Pure: the time is given.
"""

from __future__ import annotations

from collections.abc import Iterable

from tui_migrate.model import Migration


def admin_limits(migrations: Iterable[Migration]) -> dict[str, int]:
    """The strictest limit that any of these migrations sets for a server."""
    limits: dict[str, int] = {}
    for each in migrations:
        for server in (each.source, each.destination):
            limits[server.key] = min(limits.get(server.key, server.max_connections), server.max_connections)
    return limits


class Ceilings:
    """Limits of servers by their keys, and of single accounts."""

    def __init__(self, lesson_seconds: float) -> None:
        """What a server has taught is heeded for so long."""
        self._lesson = lesson_seconds
        self._servers: dict[str, tuple[int, float]] = {}
        self._accounts: dict[int, tuple[int, float]] = {}

    def learn(self, server: str, most: int, lowest: int, now: float) -> None:
        """Learn from a server that has refused a connection. `most`: the connections that we had besides; with less
        than `lowest` nothing would ever run again."""
        ceiling, _ = self._servers.get(server, (most, now))
        self._servers[server] = max(lowest, min(ceiling, most)), now

    def learn_account(self, account_id: int, lanes: int, now: float) -> None:
        """Learn that an account could not have more lanes than these."""
        self._accounts[account_id] = max(1, lanes), now

    def taught(self, now: float) -> dict[str, int]:
        """What servers have taught us, by their keys."""
        self._servers = {key: each for key, each in self._servers.items() if now < each[1] + self._lesson}
        return {key: ceiling for key, (ceiling, _) in self._servers.items()}

    def limits(self, migrations: Iterable[Migration], now: float) -> dict[str, int]:
        """The strictest limit that any of these migrations sets for a server, or the server itself."""
        taught = self.taught(now)
        return {key: min(limit, taught.get(key, limit)) for key, limit in admin_limits(migrations).items()}

    def lanes(self, account_id: int, migration: Migration, now: float) -> int:
        """How many lanes an account may have."""
        lanes, learned_at = self._accounts.get(account_id, (1, 0.0))
        ends = (migration.source, migration.destination)
        most = min(each.connections_of_account for each in ends)
        return min(most, lanes) if account_id in self._accounts and now < learned_at + self._lesson else most
