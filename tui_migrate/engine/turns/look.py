"""What the supervisor reads of the store twice a second: little, however many accounts there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from tui_migrate.model import AccountState, Migration, Wanted
from tui_migrate.model.wishes import Standing, Wish
from tui_migrate.store import migrations, turns
from tui_migrate.store.database import Transaction
from tui_migrate.store.vault import Vault

Narrow = Callable[[list[Wish]], list[Wish]]


@dataclass(frozen=True)
class Look:
    """One look at all migrations, or at one."""

    known: Mapping[int, Migration]
    """All migrations, whichever is looked at."""
    standings: list[Standing]
    wishes: Mapping[int, Wish]
    """What is wanted of the accounts that were asked for, in the order in which they run."""
    refused: list[int]
    """Accounts that would start and may not."""
    traced: set[int]
    rested: Mapping[int, int]
    """Accounts that were throttled until a time that has come: their migrations, by account."""

    def running(self, those: Standing) -> bool:
        """True where accounts of this standing are wanted to run, and their migration too."""
        return those.wanted is self.known[those.migration_id].wanted is Wanted.RUN

    @cached_property
    def open(self) -> set[int]:
        """Migrations that have an account that is wanted to run and has not ended."""
        return {each.migration_id for each in self.standings if self.running(each) and not each.state.ended}

    @cached_property
    def waiting(self) -> set[int]:
        """Migrations that have an account that could start."""
        due = (each for each in self.standings if each.state is AccountState.WAITING and each.later < each.accounts)
        return {each.migration_id for each in due if self.running(each)}


def look(connection: Transaction, vault: Vault, only: int | None, account_ids: Collection[int], now: float) -> Look:
    """Look at all migrations, or at one (`only`). `account_ids`: whose wishes are wanted. `now`: by the steady
    clock."""

    def mine(found: Mapping[int, int]) -> list[int]:
        return [account_id for account_id, migration_id in found.items() if only in (None, migration_id)]

    standings = [each for each in turns.standings(connection, now) if only in (None, each.migration_id)]
    throttled = {each.migration_id for each in standings if each.state is AccountState.THROTTLED}
    return Look(
        {each.id: each for each in migrations.listing(connection, vault)},
        standings,
        {
            wish.account_id: wish
            for wish in turns.of_accounts(connection, account_ids)
            if only in (None, wish.migration_id)
        },
        mine(turns.refused(connection)),
        set(mine(turns.traced(connection))),
        {account_id: each for each in throttled for account_id in turns.rested(connection, each, now)},
    )


def first_ready(
    connection: Transaction, migration_id: int, now: float, room: int, page: int, ready: Narrow
) -> list[Wish]:
    """The accounts of a migration that come next, as many as there is `room` for; and as many of those whose logins
    nobody has proven. Read by the `page`. `ready`: those of several that could start side by side."""
    found: dict[int, Wish] = {}
    for unproven in (False, True):
        read: list[Wish] = []
        while True:
            after = read[-1] if read else None
            more = turns.waiting(connection, migration_id, now, page, unproven=unproven, after=after)
            read += more
            free = ready(read)
            if len(free) >= room or len(more) < page:
                break
        found |= {wish.account_id: wish for wish in free}
    return sorted(found.values(), key=lambda wish: wish.turn)
