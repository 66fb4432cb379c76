"""What is written down of the work: the audit trail, the engine's log, and traces of accounts."""

from __future__ import annotations

from tui_migrate.model import Event
from tui_migrate.model.progress import EVENTS_PAGE
from tui_migrate.service.follow import LEVELS, Followed, LogLine, wanted
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, inventory

__all__ = ["EVENTS_PAGE", "LEVELS", "Followed", "LogLine", "Logs", "wanted"]


class Logs:
    """Audit trail, log and traces of an open store."""

    def __init__(self, store: OpenStore) -> None:
        self._store = store

    def events(
        self,
        *,
        migration_id: int | None = None,
        account_id: int | None = None,
        who: str = "",
        text: str = "",
        after: int = 0,
        before: int | None = None,
        limit: int = EVENTS_PAGE,
    ) -> list[Event]:
        """The audit trail, the newest first: a page of those `after` and `before` these ids, by whoever's name begins
        with `who`, with this `text`."""
        with self._store.read() as connection:
            return events.listing(
                connection,
                migration_id=migration_id,
                account_id=account_id,
                who=who,
                text=text,
                after=after,
                before=before,
                limit=limit,
            )

    def log(self) -> Followed:
        """The engine's log, to be followed: what it did and why."""
        return Followed(self._store.paths.log_file)

    def trace(self, account_id: int) -> Followed:
        """The trace of an account, to be followed: what its connections have said and heard."""
        return Followed(self._store.paths.trace_file(account_id))

    def set_trace(self, account_id: int, *, on: bool) -> None:
        """Have written down from now on, or no more, what the connections of this account say and hear: by an engine
        that runs, and by those that come."""
        with self._store.write() as connection:
            account = accounts.get(connection, account_id)
            accounts.trace(connection, account_id, on=on)
            what = f"{account.source_user}: its connections are traced{'' if on else ' no more'}"
            ids = {"migration_id": account.migration_id, "account_id": account_id}
            events.add(connection, self._store.who, what, **ids)

    def forget_traces(self) -> None:
        """Remove the traces of accounts that are gone. Raises OSError."""
        with self._store.read() as connection:
            known = inventory.account_ids(connection)
        for account_id, path in self._store.paths.traces():
            if account_id not in known:
                path.unlink(missing_ok=True)
