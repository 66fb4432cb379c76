"""Migrations with their servers and the totals of their accounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tui_migrate.model import (
    ENDED_STATES,
    HELD_STATES,
    AccountState,
    Counts,
    Migration,
    MigrationOverview,
    MigrationSpec,
    Moved,
    Schedule,
    Selection,
    Wanted,
)
from tui_migrate.model.declared import settings
from tui_migrate.store import documents, notice_settings, servers
from tui_migrate.store.looks.reading import COUNT_COLUMNS, Reading, rows
from tui_migrate.store.vault import Vault

_SUMMED = (
    *COUNT_COLUMNS,
    *("bytes_listed", "bytes_copied", "moved_messages", "moved_bytes", "rate_messages", "rate_bytes"),
)
# In the order of `account_by_turn`: to sort many accounts into any other groups takes as long as to add them up.
_BY_STATE = f"""\
SELECT migration_id, wanted, state, {", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in _SUMMED)},
  count(*) AS accounts, sum(CASE WHEN pass_number = 0 THEN 1 ELSE 0 END) AS untouched, max(detail) AS detail,
  max(pass_number) AS passes
FROM account {{where}} GROUP BY migration_id, wanted, state"""
_FAILURES = """\
SELECT account.migration_id, count(*) AS failures FROM failure JOIN account ON account.id = failure.account_id
WHERE failure.skipped = 0 {where} GROUP BY account.migration_id"""
OWN = [each for each in settings(MigrationSpec) if each.name != "title"]
"""What a migration's document holds, besides its selection."""


def listing(connection: Reading, vault: Vault) -> list[Migration]:
    """All migrations, in the order of their making."""
    found = {row.id: row for row in rows(connection, "SELECT * FROM server")}
    return [migration_of(row, found, vault) for row in rows(connection, "SELECT * FROM migration ORDER BY id")]


def overviews(connection: Reading, vault: Vault) -> list[MigrationOverview]:
    """All migrations with the totals of their accounts."""
    return totals(connection, listing(connection, vault))


def totals(connection: Reading, found: Sequence[Migration], only: int | None = None) -> list[MigrationOverview]:
    """Migrations with the totals of their accounts. `only`: of the one with this id nothing else is read."""
    where, ids = ("", ()) if only is None else ("migration_id = ?", (only,))
    by_migration: dict[int, list[Any]] = defaultdict(list)
    for row in rows(connection, _BY_STATE.format(where=where and f"WHERE {where}"), *ids):
        by_migration[row.migration_id].append(row)
    failed = rows(connection, _FAILURES.format(where=where and f"AND {where}"), *ids)
    failures = {row.migration_id: row.failures for row in failed}
    return [_overview(each, by_migration[each.id], failures.get(each.id, 0)) for each in found]


def _overview(each: Migration, found: Sequence[Any], failures: int) -> MigrationOverview:
    by_state: Counter[AccountState] = Counter()
    held = ""
    for row in found:
        idle = row.untouched if row.wanted == Wanted.IDLE and row.state not in ENDED_STATES else 0
        by_state[AccountState.NOT_STARTED] += idle
        by_state[AccountState(row.state)] += row.accounts - idle
        if row.state in HELD_STATES and row.accounts > idle:
            held = held or row.detail
    return MigrationOverview(
        migration=each,
        accounts=by_state.total(),
        accounts_by_state=dict(+by_state),
        counts=sum((counts_of(row) for row in found), Counts()),
        bytes_listed=sum(row.bytes_listed for row in found),
        bytes_copied=sum(row.bytes_copied for row in found),
        rate_messages=sum(row.rate_messages for row in found),
        rate_bytes=sum(row.rate_bytes for row in found),
        failures=failures,
        held=held,
        moved=sum((Moved(row.moved_messages, row.moved_bytes) for row in found), Moved()),
        passes=max((row.passes for row in found), default=0),
    )


def counts_of(row: Any) -> Counts:
    """The `Counts` in a row that has the count columns."""
    # Spelled out: lists of many thousands are read.
    return Counts(
        int(row.listed),
        int(row.copied),
        brought=int(row.brought),
        there=int(row.there),
        excluded=int(row.excluded),
        gone=int(row.gone),
        failed=int(row.failed),
    )


def migration_of(row: Any, found: Mapping[int, Any], vault: Vault) -> Migration:
    """The migration that a row holds. `found`: the rows of its servers, by id."""
    return Migration(
        id=row.id,
        title=row.title,
        source=servers.server_of(found[row.source_id], vault),
        destination=servers.server_of(found[row.destination_id], vault),
        wanted=Wanted(row.wanted),
        **_settings(row.settings),
        schedule=Schedule(row.start_at, row.final_pass_at),
        notices=notice_settings.read(row.mailing, row.mailing_secret, vault),
    )


def _settings(text: str) -> dict[str, Any]:
    plain = documents.parsed(text)
    selection = Selection(**documents.fields(settings(Selection), plain))
    return {"excluded_folders": (), **documents.fields(OWN, plain), "selection": selection}
