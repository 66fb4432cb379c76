"""What the journal says of a destination folder, whichever of its sources has filled it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from tui_migrate.store import journal
from tui_migrate.store.journal import Entry
from tui_migrate.store.schema import account, folder, migration, server


@dataclass(frozen=True, slots=True)
class Claims:
    """Messages at the destination that are ours."""

    uids: frozenset[int]
    """Under which they lie."""
    in_doubt: tuple[Entry, ...] = ()
    """Of other sources, and on their way by other accounts just now, or there under UIDs that nobody has told."""
    before_ours: tuple[Entry, ...] = ()
    """Those of them that take what is there before what we have on our way: so that of two that wait for the same
    message exactly one takes it."""


NOBODY = Claims(frozenset())


def claims(connection: Connection, folder_id: int) -> Claims:
    """What is claimed in the destination folder of this folder, by it and by all other sources that fill the same one
    (under the same UIDVALIDITY). The same source in another migration claims nothing: what that has brought is its
    mail, too."""
    others = _others(connection, folder_id)
    in_doubt = [(each, *unplaced) for each in others for unplaced in journal.unplaced(connection, each)]
    before_ours = (entry for each, entry, arrived in in_doubt if arrived or each < folder_id)
    uids = {uid for each in (folder_id, *others) for uid in journal.destination_uids(connection, each)}
    return Claims(frozenset(uids), tuple(entry for _, entry, _ in in_doubt), tuple(before_ours))


def _others(connection: Connection, folder_id: int) -> list[int]:
    """Folders of other sources with the same destination folder."""
    source, destination = server.alias("source"), server.alias("destination")
    ends = (
        select(
            folder.c.id,
            *(func.lower(end.c.host).label(f"{end.name}_host") for end in (source, destination)),
            *(end.c.port.label(f"{end.name}_port") for end in (source, destination)),
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
            func.lower(destination.c.host) == mine.destination_host,
            destination.c.port == mine.destination_port,
        )
    )
    taken_from = (mine.source_host, mine.source_port, mine.source_user, mine.source_name)
    return [
        row.id for row in filling if (row.source_host, row.source_port, row.source_user, row.source_name) != taken_from
    ]
