"""What is wanted of an account, as the engine asks for it twice a second."""

from __future__ import annotations

from dataclasses import dataclass

from tui_migrate.model.progress import AccountState


@dataclass(frozen=True, slots=True)
class Wish:
    """What the engine must know of an account to decide whether it runs."""

    account_id: int
    migration_id: int
    state: AccountState
    detail: str
    runs: bool
    """True when the admin wants it to run, and its migration too."""
    pauses: bool
    """True when the admin has paused it or its migration."""
    asked: int
    proven: bool
    """True when both of its logins have been accepted before."""
    destination_user: str
    """The mailbox that it fills."""
    traced: bool = False
    """True when the admin wants a protocol trace of it."""
