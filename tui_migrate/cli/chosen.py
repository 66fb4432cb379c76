"""Which migrations and accounts a command is about, by the names that were typed."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import Account, Migration
from tui_migrate.service import Service


def chosen(
    service: Service, title: str | None, users: Sequence[str], place: str = "--account"
) -> list[tuple[Migration, list[Account]]]:
    """The migration of this title or number, all without one, with the accounts of these source users, all without any.

    Raises: BadInput for a migration or an account that there is not. `place`: where the users were typed.
    """
    known = [overview.migration for overview in service.migrations.listing()]
    wanted = [each for each in known if title is None or title in (each.title, str(each.id))]
    if title is not None and not wanted:
        titles = ", ".join(each.title for each in known) or "none"
        raise BadInput([Problem("migration", f"there is none called {title}; there are: {titles}")])
    accounts = [(each, service.accounts.listing(each.id)) for each in wanted]
    unknown = set(users) - {account.source_user for _, some in accounts for account in some}
    if unknown:
        raise BadInput([Problem(place, f"there is no account of the source user {user}") for user in sorted(unknown)])
    return [(each, [a for a in some if not users or a.source_user in users]) for each, some in accounts]
