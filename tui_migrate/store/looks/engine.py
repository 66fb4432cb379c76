"""The engine as the store knows it."""

from __future__ import annotations

import json

from tui_migrate.model import ENDED_STATES, AccountState, EngineStatus, NoticeState, ServerUse, Wanted
from tui_migrate.store.looks.reading import Reading, marks, rows, tuples

_UNENDED = [state for state in AccountState if state not in ENDED_STATES]
_ACCOUNTS = f"""\
SELECT 1 FROM account JOIN migration ON migration.id = account.migration_id
WHERE migration.wanted = ? AND account.wanted = ? AND account.state IN ({marks(len(_UNENDED))}) LIMIT 1"""
_FINAL_PASSES = """\
SELECT id, final_pass_at FROM migration
WHERE wanted = ? AND final_pass_at IS NOT NULL AND (final_asked_at IS NULL OR final_asked_at != final_pass_at)"""
_NOTICES = """\
SELECT 1 FROM letter JOIN migration ON migration.id = letter.migration_id
WHERE letter.state = ? AND migration.mailing != '' LIMIT 1"""


def last_beat(connection: Reading) -> EngineStatus | None:
    """The engine's last heartbeat, if there ever was one. Whether it lives is for the lock to say."""
    for row in rows(connection, "SELECT * FROM heartbeat WHERE id = 1"):
        shares = json.loads(row.shares)
        servers = {key: ServerUse(*use) for key, use in shares.get("servers", {}).items()}
        lanes = {int(key): number for key, number in shares.get("lanes", {}).items()}
        numbers = (row.connections, row.rate_messages, row.rate_bytes)
        return EngineStatus(False, row.pid, row.host, row.beat_at, *numbers, servers, lanes, shares.get("most", 0))
    return None


def work_waits(connection: Reading) -> bool:
    """True when an account is wanted to run and has not ended, a final pass is still to come, or notices are to be
    sent."""
    return bool(
        tuples(connection, _ACCOUNTS, Wanted.RUN, Wanted.RUN, *_UNENDED)
        or final_passes(connection)
        or tuples(connection, _NOTICES, NoticeState.DUE)
    )


def final_passes(connection: Reading) -> dict[int, float]:
    """When the final pass comes (epoch seconds), by migration: of those that are started, and whose accounts were not
    asked for it yet. A time that was changed has not been asked for."""
    return {row.id: row.final_pass_at for row in rows(connection, _FINAL_PASSES, Wanted.RUN)}
