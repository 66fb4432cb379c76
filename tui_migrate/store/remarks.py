"""What is not as it was at the source and is no failure, by account, folder and kind."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, and_, delete, insert, select, update

from tui_migrate.model import RemarkKind
from tui_migrate.store.looks.remarks import listing as listing
from tui_migrate.store.schema import folder, remark
from tui_migrate.store.statement import OF, Statement, literals

Key = tuple[int, RemarkKind, str]
"""Folder id (0: none), kind, and what."""


_FOLDERS = Statement(lambda: select(folder.c.id).where(folder.c.account_id == OF))
_BEGIN_WALK = Statement(
    lambda: delete(remark).where(
        remark.c.account_id == OF, remark.c.kind.in_(literals(kind for kind in RemarkKind if kind.stands))
    )
)


def add(connection: Connection, account_id: int, numbers: Mapping[Key, int]) -> None:
    """Add messages to a remark, by what it is about. Of a folder that is gone nothing is noted."""
    if not numbers:
        return
    folders = {*_FOLDERS.column(connection, of=account_id)}
    for (folder_id, kind, what), messages in numbers.items():
        if folder_id and folder_id not in folders:
            continue
        place = remark.c.folder_id == folder_id if folder_id else remark.c.folder_id.is_(None)
        mine = and_(remark.c.account_id == account_id, place, remark.c.kind == kind, remark.c.what == what)
        more = update(remark).where(mine).values(messages=remark.c.messages + messages)
        if not connection.execute(more).rowcount:
            row = {"account_id": account_id, "folder_id": folder_id or None, "kind": kind, "what": what}
            connection.execute(insert(remark).values(**row, messages=messages))


def begin_walk(connection: Connection, account_id: int) -> None:
    """Forget what is found anew in each walk, before it is."""
    _BEGIN_WALK.run(connection, of=account_id)
