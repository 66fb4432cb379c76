"""Passes over accounts: asked for once more, and looked back at."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import LeftOutMail, Pace, Pass, Remark, Wanted
from tui_migrate.service.engine import Engine
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, left_out, looks, migrations, progress


class Passes:
    """The passes over accounts in an open store, and what has come of them."""

    def __init__(self, store: OpenStore, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def of_account(self, account_id: int) -> list[Pass]:
        """The passes over an account, the first one first; one that goes on has the numbers of now."""
        return self.of_accounts([account_id])[account_id]

    def of_accounts(self, account_ids: Sequence[int]) -> dict[int, list[Pass]]:
        """The passes over these accounts, by account, the first ones first."""
        with self._store.look() as connection:
            return looks.passes.listing(connection, account_ids)

    def pace(self, account_id: int) -> Pace:
        """Where the account's time went in its last pass, and how fast it was lately."""
        with self._store.read() as connection:
            return progress.pace(connection, account_id)

    def left_out(self, account_id: int) -> LeftOutMail:
        """What the account counts as excluded, and why. Raises NotFound."""
        with self._store.read() as connection:
            account = accounts.get(connection, account_id)
            folders = progress.folder_progress(connection, account_id)
            skipped = sum(map(len, events.skipped(connection, account_id).values()))
            outside = account.counts.excluded - sum(folder.counts.excluded for folder in folders)
            return LeftOutMail(
                tuple(left_out.of_account(connection, account_id)),
                tuple(left_out.large(connection, account_id)),
                max(0, outside),
                skipped,
            )

    def remarks(self, *, migration_id: int | None = None, account_id: int | None = None) -> list[Remark]:
        """What is not as it was at the source and is no failure."""
        with self._store.look() as connection:
            return looks.remarks.listing(connection, migration_id=migration_id, account_id=account_id)

    # Once more

    def another(self, account_ids: Sequence[int]) -> None:
        """Ask for one more pass over these accounts: new mail and changed flags, and what failed before. One that is
        being copied gets it when it has ended. Their migration is started with them; and an engine, when none runs."""
        with self._store.write() as connection:
            found = self._store.note_each(connection, account_ids, "{}: another pass was asked for")
            for migration_id in {each.migration_id for each in found}:
                migrations.want(connection, migration_id, Wanted.RUN)
            accounts.ask_again(connection, account_ids)
        self._engine.ensure_running()

    def another_of_all(self, migration_id: int) -> int:
        """Ask for one more pass over all accounts of a migration that have ended; the others simply go on. Returns how
        many there are."""
        with self._store.write() as connection:
            ended = [each.id for each in accounts.listing(connection, migration_id) if each.state.ended]
            accounts.ask_again(connection, ended)
            migrations.want(connection, migration_id, Wanted.RUN)
            what = f"asked for another pass over {len(ended):,} of its accounts"
            events.add(connection, self._store.who, what, migration_id=migration_id)
        self._engine.ensure_running()
        return len(ended)
