"""The passes over accounts, with their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.model import AccountState, Pass
from tui_migrate.store.looks.migrations import counts_of
from tui_migrate.store.looks.reading import AT_ONCE, Reading, marks, rows
from tui_migrate.uidset import chunks


def listing(connection: Reading, account_ids: Sequence[int]) -> dict[int, list[Pass]]:
    """The passes of these accounts, the first one first; the numbers of one that goes on are those of the account."""
    found: dict[int, list[Pass]] = {each: [] for each in account_ids}
    for some in chunks(account_ids, AT_ONCE):
        theirs = f"SELECT * FROM pass WHERE account_id IN ({marks(len(some))}) ORDER BY account_id, number"
        walks = rows(connection, theirs, *some)
        open_ones = [walk.account_id for walk in walks if walk.ended is None]
        of_them = f"SELECT * FROM account WHERE id IN ({marks(len(open_ones))})"
        live = {row.id: row for row in rows(connection, of_them, *open_ones)}
        for walk in walks:
            numbers = live[walk.account_id] if walk.ended is None else walk
            found[walk.account_id].append(
                Pass(
                    walk.account_id,
                    walk.number,
                    walk.began,
                    walk.ended,
                    AccountState(walk.state) if walk.state else None,
                    counts_of(numbers),
                    numbers.bytes_listed,
                    numbers.bytes_copied,
                )
            )
    return found
