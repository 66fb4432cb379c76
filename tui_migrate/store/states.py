"""Values of a source's own that stand for a folder at a point in time: it is handed one again, and tells what has
changed since. They are opaque and may take tens of kilobytes, so marks and records hold a short digest of each.

A folder has at most two: the one that its last complete walk has noted, and the latest.
"""

from __future__ import annotations

from hashlib import blake2b

from sqlalchemy import Connection, delete, insert, select

from tui_migrate.store.schema import folder as folder_table
from tui_migrate.store.schema import folder_state

_DIGEST = 16


def token_of(state: bytes) -> str:
    """What a state is called."""
    return blake2b(state, digest_size=_DIGEST).hexdigest()


def kept(connection: Connection, account_id: int, folder: bytes) -> tuple[str, bytes] | None:
    """A folder's state under its token: of its last complete walk, where there is that, else the latest."""
    mine = (folder_state.c.account_id == account_id) & (folder_state.c.folder == folder)
    rows = connection.execute(select(folder_state.c.token, folder_state.c.state).where(mine))
    found: dict[str, bytes] = {row.token: row.state for row in rows}
    noted = next((each for each in _noted(connection, account_id, folder) if each in found), next(iter(found), None))
    return None if noted is None else (noted, found[noted])


def keep(connection: Connection, account_id: int, folder: bytes, state: bytes) -> str:
    """Keep the latest state of a folder, and forget those before but for the one of the last complete walk. Returns the
    state's token."""
    token = token_of(state)
    mine = (folder_state.c.account_id == account_id) & (folder_state.c.folder == folder)
    others = folder_state.c.token.not_in([*_noted(connection, account_id, folder), token])
    connection.execute(delete(folder_state).where(mine, others))
    there = select(folder_state.c.token).where(mine, folder_state.c.token == token)
    if connection.execute(there).first() is None:
        values = {"account_id": account_id, "folder": folder, "token": token, "state": state}
        connection.execute(insert(folder_state).values(values))
    return token


def _noted(connection: Connection, account_id: int, folder: bytes) -> list[str]:
    mine = (folder_table.c.account_id == account_id) & (folder_table.c.source_name == folder)
    return [*connection.scalars(select(folder_table.c.source_token).where(mine))]
