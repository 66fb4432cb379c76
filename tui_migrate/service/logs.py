"""The use cases about what the engine writes down while it works: its log, and traces of accounts. Part of the
service."""

from __future__ import annotations

from tui_migrate.service.follow import Followed
from tui_migrate.service.roster import Roster
from tui_migrate.store import accounts, events


class Logs(Roster):
    """Log and traces of an open store. Raises StoreUnusable, NotFound."""

    def log(self) -> Followed:
        """What the engine did and why, to be followed."""
        return Followed(self.paths.log_file)

    def trace_of(self, account_id: int) -> Followed:
        """What the connections of an account have said and heard, to be followed."""
        return Followed(self.paths.trace_file(account_id))

    def trace(self, account_id: int, *, on: bool) -> None:
        """What the connections of this account say and hear is written down from now on, or no more: by an engine that
        runs, and by those that come."""
        with self.database.write() as connection:
            account = accounts.get(connection, account_id)
            accounts.trace(connection, account_id, on=on)
            what = f"{account.source_user}: its connections are traced{'' if on else ' no more'}"
            ids = {"migration_id": account.migration_id, "account_id": account_id}
            events.add(connection, self.who, what, **ids)
