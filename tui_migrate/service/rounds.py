"""The use cases about passes: asked for once more, and looked back at. Part of the service."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import Pass, Wanted
from tui_migrate.service.roster import Roster
from tui_migrate.store import accounts, events, journal, migrations, passes


class Rounds(Roster):
    """Passes over the accounts in an open store. Raises StoreUnusable, NotFound."""

    def passes(self, account_id: int) -> list[Pass]:
        """The passes over an account, the first one first; one that goes on has the numbers of now."""
        return self.passes_of([account_id])[account_id]

    def passes_of(self, account_ids: Sequence[int]) -> dict[int, list[Pass]]:
        """The same for several accounts, by account."""
        with self.database.read() as connection:
            return passes.listing(connection, account_ids)

    def another_pass(self, account_ids: Sequence[int]) -> None:
        """One more pass over these accounts: new mail and changed flags, and what failed before. One that is being
        copied gets it when it has ended. Their migration is started with them; and an engine, when none runs."""
        with self.database.write() as connection:
            found = self._say(connection, account_ids, "{}: another pass was asked for")
            for migration_id in {each.migration_id for each in found}:
                migrations.want(connection, migration_id, Wanted.RUN)
            accounts.ask_again(connection, account_ids)
        self.ensure_engine()

    def another_pass_of(self, migration_id: int) -> int:
        """One more pass over all accounts of a migration that have ended; the others simply go on. Returns how many
        there are."""
        with self.database.write() as connection:
            ended = [each.id for each in accounts.listing(connection, migration_id) if each.state.ended]
            accounts.ask_again(connection, ended)
            migrations.want(connection, migration_id, Wanted.RUN)
            what = f"asked for another pass over {len(ended):,} of its accounts"
            events.add(connection, self.who, what, migration_id=migration_id)
        self.ensure_engine()
        return len(ended)

    def refill(self, failure_ids: Sequence[int]) -> int:
        """The folders of these failures, which were replaced at the destination, may be filled again: what is missing
        in them is copied, also what their users have deleted. Their accounts are tried again at once. Failures that are
        about something else are left alone. Returns the number of folders."""
        with self.database.write() as connection:
            agreed = journal.forget_replaced(connection, failure_ids)
            for account in accounts.several(connection, list(agreed)):
                names = ", ".join(agreed[account.id])
                what = f"{account.source_user}: agreed that all is copied again that is missing in {names}"
                events.add(connection, self.who, what, migration_id=account.migration_id, account_id=account.id)
        if agreed:
            self.start_accounts(list(agreed))
        return sum(map(len, agreed.values()))
