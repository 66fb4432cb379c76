"""Accounts and migrations as screens show them, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.ui.office import MB, NOW
from tui_migrate.model import (
    Account,
    AccountState,
    Counts,
    EngineStatus,
    Failure,
    ImapServer,
    Migration,
    MigrationOverview,
    Scope,
    Wanted,
)

COPYING = Account(
    id=1,
    migration_id=1,
    source_user="alice@old.example",
    destination_user="alice@new.example",
    priority=5,
    position=1,
    excluded_folders=(),
    wanted=Wanted.RUN,
    state=AccountState.COPYING,
    detail="",
    server_words="",
    pass_number=1,
    counts=Counts(listed=1000, copied=400),
    bytes_listed=100 * MB,
    bytes_copied=40 * MB,
    rate_messages=10.0,
    rate_bytes=2.0 * MB,
    started_at=NOW,
    finished_at=None,
)


RUNNING = EngineStatus(True, 4711, "jump1", NOW - 2, 12, 85.2, 8.4 * MB)
HALF_DONE = Counts(listed=100, copied=50)


def overview(
    states: Mapping[AccountState, int], wanted: Wanted = Wanted.RUN, counts: Counts = HALF_DONE, failures: int = 0
) -> MigrationOverview:
    migration = Migration(1, "Head office", ImapServer("a"), ImapServer("b"), (), wanted)
    return MigrationOverview(migration, sum(states.values()), states, counts, MB, MB, 0.0, 0.0, failures)


def failure(number: int, words: str = "NO refused", scope: Scope = Scope.MESSAGE, **changes: object) -> Failure:
    values: dict[str, object] = {
        "id": number,
        "migration_id": 1,
        "account_id": 1,
        "account": "bob@old.example",
        "scope": scope,
        "kind": "message refused",
        "sentence": "The destination refused this message.",
        "server_words": words,
        "folder": "INBOX",
        "uid": number if scope is Scope.MESSAGE else None,
        "size": 100,
        "attempts": 1,
        "first_at": NOW,
        "last_at": NOW + number,
        **dict.fromkeys(("command", "advice", "message_id", "subject", "date"), ""),
    }
    return Failure(**(values | changes))  # type: ignore[arg-type]
