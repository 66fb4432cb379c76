"""What is wanted of accounts, as the engine asks for it twice a second."""

from __future__ import annotations

from dataclasses import dataclass

from tui_migrate.model.progress import AccountState
from tui_migrate.model.settings import Wanted


@dataclass(frozen=True, slots=True)
class Standing:
    """Accounts of one migration of which the same is wanted, and that are in the same state."""

    migration_id: int
    wanted: Wanted
    state: AccountState
    accounts: int
    later: int = 0
    """Of them, how many are not due yet."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the engine must know of an account to decide whether it runs."""

    account_id: int
    migration_id: int
    state: AccountState
    detail: str
    runs: bool
    """True when the admin wants it to run, and its migration too."""
    asked: int
    proven: bool
    """True when both of its logins have been accepted before."""
    destination_user: str
    """The mailbox that it fills."""
    turn: tuple[int, int, int] = (0, 0, 0)
    """Priority, migration and position: accounts run in the order of these."""
