"""What the journal says of a destination folder, whichever of its sources has filled it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from tui_migrate.model.journal import Claims, Window
from tui_migrate.store import journal
from tui_migrate.store.schema import account, folder, migration, server, window
from tui_migrate.uidset import parse_uids


def claims(connection: Connection, folder_id: int) -> Claims:
    """What is claimed in the destination folder of this folder, by it and by all other sources that fill the same one
    (under the same UIDVALIDITY). The same source in another migration, by whatever port and protocol, claims nothing:
    what that has brought is its mail, too."""
    others = _others(connection, folder_id)
    uids = {uid for each in (folder_id, *others) for uid in _places(connection, each)}
    return Claims(frozenset(uids), tuple(window for each in others for window in _unplaced(connection, each)))


def _places(connection: Connection, folder_id: int) -> set[int]:
    """Where what has arrived lies at the destination, as far as that is known."""
    told = window.c.destination_uids.is_not(None)
    rows = connection.execute(
        select(window.c.destination_uids).where(window.c.folder_id == folder_id, window.c.done == 1, told)
    )
    return {uid for row in rows for uid in parse_uids(row.destination_uids)} - {0}


def _unplaced(connection: Connection, folder_id: int) -> Iterator[Window]:
    """Messages that are on their way, or have arrived nobody knows under which UID."""
    unlearned = (window.c.done == 1) & (window.c.destination_uids.is_(None) | window.c.signs.is_not(None))
    those = (window.c.folder_id == folder_id) & ((window.c.done == 0) | unlearned)
    waiting = [journal.window_of(row) for row in connection.execute(select(window).where(those))]
    arrived = journal.copied_uids(connection, folder_id) if any(not each.done for each in waiting) else set()
    for each in waiting:  # what was sent again, and has arrived, is in an open window, too
        left = (e for e in each.entries if (e.destination_uid is None if each.done else e.uid not in arrived))
        yield replace(each, entries=tuple(left))


def _others(connection: Connection, folder_id: int) -> list[int]:
    """Folders of other sources with the same destination folder."""
    source, destination = server.alias("source"), server.alias("destination")
    ends = (
        select(
            folder.c.id,
            source.c.place.label("source_place"),
            destination.c.key.label("destination_key"),
            account.c.source_user,
            account.c.destination_user,
            folder.c.source_name,
            folder.c.destination_name,
            folder.c.destination_uidvalidity,
        )
        .select_from(folder.join(account).join(migration))
        .join(source, source.c.id == migration.c.source_id)
        .join(destination, destination.c.id == migration.c.destination_id)
    )
    mine = connection.execute(ends.where(folder.c.id == folder_id)).one()
    filling = connection.execute(
        ends.where(
            account.c.destination_user == mine.destination_user,
            folder.c.destination_name == mine.destination_name,
            folder.c.destination_uidvalidity == mine.destination_uidvalidity,
            destination.c.key == mine.destination_key,
        )
    )
    taken_from = mine.source_place, mine.source_user, mine.source_name
    return [row.id for row in filling if (row.source_place, row.source_user, row.source_name) != taken_from]
