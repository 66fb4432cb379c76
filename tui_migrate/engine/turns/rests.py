"""What accounts that hold no connections are to say of it: thousands of them at once, by what they have in common."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from tui_migrate.engine.turns.look import Look
from tui_migrate.engine.turns.timetable import Hold, resting
from tui_migrate.model import AccountState
from tui_migrate.model.wishes import Standing
from tui_migrate.store import accounts, turns
from tui_migrate.store.database import Transaction

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rests:
    """What has changed. False when nothing has."""

    together: list[tuple[Standing, Hold]]
    alone: list[tuple[int, AccountState, str]]
    migrations: set[int]
    """Those that are concerned."""

    def __bool__(self) -> bool:
        return bool(self.together or self.alone)

    def tell(self) -> None:
        """Write it into the log."""
        for those, shown in self.together:
            said = "state: %s %s; accounts of migration %d that were %s: %d"
            _LOG.info(said, shown.state, shown.detail, those.migration_id, those.state, those.accounts)
        for account_id, state, detail in self.alone:
            _LOG.info("state: %s %s", state, detail, extra={"who": f"account {account_id}"})

    def write(self, connection: Transaction) -> None:
        """Write it into the store."""
        for those, shown in self.together:
            turns.rest(connection, those, shown.state, shown.detail)
        accounts.set_states(connection, self.alone)


def find_rests(seen: Look, holds: Mapping[int, Hold], said: Mapping[int, Hold], used_up: Mapping[int, Hold]) -> Rests:
    """`holds`: why migrations are held back now; `said`: as their accounts were last told. `used_up`: why accounts are
    that have moved all they may in a day."""
    together = []
    for those in seen.standings:
        held = holds.get(those.migration_id)
        shown = resting(those, seen.known[those.migration_id].wanted, held)
        if shown and (shown.state is not those.state or said.get(those.migration_id) != held):
            together.append((those, shown))
    free = {account_id: wish for account_id, wish in seen.wishes.items() if wish.migration_id not in holds}
    rested = {each for each, migration_id in seen.rested.items() if migration_id not in holds} - used_up.keys()
    alone = [(each, AccountState.WAITING, "") for each in rested]
    for account_id, rest in used_up.items():
        wish = free.get(account_id)
        if wish and wish.runs and not wish.state.ended and (wish.state, wish.detail) != (rest.state, rest.detail):
            alone.append((account_id, rest.state, rest.detail))
    concerned = {those.migration_id for those, _ in together}
    return Rests(together, alone, concerned | (seen.open if alone else set()))
