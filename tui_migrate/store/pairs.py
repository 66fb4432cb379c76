"""Folder pairs: the journal speaks of a source folder and the destination folder that its mail goes to.

A source folder may have several: what is read of it once can be stored in each of them, and each is settled by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from tui_migrate.model.journal import FolderRecord, Pair
from tui_migrate.store import journal
from tui_migrate.store.schema import folder
from tui_migrate.store.statement import OF, Statement

_LISTING = Statement(lambda: select(folder).where(folder.c.account_id == OF).order_by(folder.c.id))
_ADD = Statement(lambda: insert(folder))
_SEND_ELSEWHERE = Statement(lambda: update(folder).where(folder.c.id == OF))


def listing(connection: Connection, account_id: int) -> list[FolderRecord]:
    """The folder pairs of an account."""
    return [*map(journal.folder_of, _LISTING.named(connection, of=account_id))]


def kept(connection: Connection, account_id: int) -> dict[bytes, bytes]:
    """Where each source folder has gone so far, by its name."""
    return {each.source_name: each.destination_name for each in listing(connection, account_id)}


def save(connection: Connection, account_id: int, pairs: Sequence[Pair]) -> list[FolderRecord]:
    """The records of these pairs, in their order, made where there are none.

    A source folder whose destination is not among them any more has been sent elsewhere: its record goes along, and
    what was known of its messages is void.
    """
    known = {(each.source_name, each.destination_name): each.id for each in listing(connection, account_id)}
    wanted = {(each.source, each.destination) for each in pairs}
    strays: dict[bytes, list[int]] = defaultdict(list)
    for pair, folder_id in known.items():
        if pair not in wanted:
            strays[pair[0]].append(folder_id)
    for each in pairs:
        if (each.source, each.destination) in known:
            continue
        here, there = each.displays
        values = {"destination_name": each.destination, "source_display": here, "destination_display": there}
        if elsewhere := strays[each.source]:
            moved = elsewhere.pop()
            _SEND_ELSEWHERE.run(connection, of=moved, **values)
            journal.forget_folder(connection, moved)
        else:
            _ADD.run(connection, account_id=account_id, source_name=each.source, **values)
    found = {(each.source_name, each.destination_name): each for each in listing(connection, account_id)}
    return [found[each.source, each.destination] for each in pairs]
