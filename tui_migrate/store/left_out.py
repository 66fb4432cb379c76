"""What the selection of a migration has left out, by folder and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, func, insert, select

from tui_migrate.model import LeftOutMessages, TooLarge
from tui_migrate.store.schema import folder, left_out, too_large


def save(
    connection: Connection,
    folder_id: int,
    counts: Mapping[str, tuple[int, int]],
    large: Iterable[tuple[int, int, int]],
) -> None:
    """Note what the last walk over a folder has left out. `counts`: messages and octets. `large`: size, UID and date
    (epoch seconds) of messages above the size limit."""
    connection.execute(delete(left_out).where(left_out.c.folder_id == folder_id))
    connection.execute(delete(too_large).where(too_large.c.folder_id == folder_id))
    if counts:
        connection.execute(
            insert(left_out),
            [
                {"folder_id": folder_id, "reason": reason, "messages": messages, "bytes": octets}
                for reason, (messages, octets) in counts.items()
            ],
        )
    if rows := [{"folder_id": folder_id, "uid": uid, "size": size, "instant": at} for size, uid, at in large]:
        connection.execute(insert(too_large), rows)


def keep_only(connection: Connection, account_id: int, folder_ids: Iterable[int]) -> None:
    """Forget what was left out of the account's other folders: they are not walked over any more."""
    others = {*numbers(connection, account_id)}.difference(folder_ids)
    for folder_id in others:
        save(connection, folder_id, {}, ())


def numbers(connection: Connection, account_id: int) -> dict[int, int]:
    """How many messages were left out of each folder, by the folder's id; those without any are left out."""
    total = func.sum(left_out.c.messages).label("total")
    rows = connection.execute(
        select(left_out.c.folder_id, total)
        .select_from(left_out.join(folder))
        .where(folder.c.account_id == account_id)
        .group_by(left_out.c.folder_id)
    )
    return {row.folder_id: int(row.total) for row in rows}


def of_account(connection: Connection, account_id: int) -> list[LeftOutMessages]:
    """What was left out, by folder and reason."""
    rows = connection.execute(
        select(left_out, folder.c.source_display)
        .select_from(left_out.join(folder))
        .where(folder.c.account_id == account_id)
        .order_by(folder.c.id, left_out.c.reason)
    )
    return [LeftOutMessages(row.source_display, row.reason, row.messages, row.bytes) for row in rows]


def large(connection: Connection, account_id: int) -> list[TooLarge]:
    """The messages above the size limit, the largest first; of each folder some hundreds at most."""
    rows = connection.execute(
        select(too_large, folder.c.source_display)
        .select_from(too_large.join(folder))
        .where(folder.c.account_id == account_id)
        .order_by(too_large.c.size.desc(), folder.c.id, too_large.c.uid)
    )
    return [TooLarge(row.source_display, row.uid, row.size, row.instant or None) for row in rows]
