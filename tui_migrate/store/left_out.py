"""What the selection of a migration has left out, by folder and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, func, insert, select

from tui_migrate.model import LeftOutMessages, TooLarge
from tui_migrate.store.schema import folder, left_out, too_large
from tui_migrate.store.statement import OF, Statement

_FORGET = Statement(lambda: delete(left_out).where(left_out.c.folder_id == OF))
_FORGET_LARGE = Statement(lambda: delete(too_large).where(too_large.c.folder_id == OF))
_ADD = Statement(lambda: insert(left_out))
_ADD_LARGE = Statement(lambda: insert(too_large))
_NUMBERS = Statement(
    lambda: (
        select(left_out.c.folder_id, func.sum(left_out.c.messages))
        .select_from(left_out.join(folder))
        .where(folder.c.account_id == OF)
        .group_by(left_out.c.folder_id)
    )
)


def save(
    connection: Connection,
    folder_id: int,
    counts: Mapping[str, tuple[int, int]],
    large: Iterable[tuple[int, int, int]],
) -> None:
    """Note what the last walk over a folder has left out. `counts`: messages and octets. `large`: size, UID and date
    (epoch seconds) of messages above the size limit."""
    _FORGET.run(connection, of=folder_id)
    _FORGET_LARGE.run(connection, of=folder_id)
    said = [
        {"folder_id": folder_id, "reason": reason, "messages": messages, "bytes": octets}
        for reason, (messages, octets) in counts.items()
    ]
    _ADD.run_each(connection, said)
    named = [{"folder_id": folder_id, "uid": uid, "size": size, "instant": at} for size, uid, at in large]
    _ADD_LARGE.run_each(connection, named)


def keep_only(connection: Connection, account_id: int, folder_ids: Iterable[int]) -> None:
    """Forget what was left out of the account's other folders: they are not walked over any more."""
    others = {*numbers(connection, account_id)}.difference(folder_ids)
    for folder_id in others:
        save(connection, folder_id, {}, ())


def numbers(connection: Connection, account_id: int) -> dict[int, int]:
    """How many messages were left out of each folder, by the folder's id; those without any are left out."""
    return {folder_id: int(total) for folder_id, total in _NUMBERS.rows(connection, of=account_id)}


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
