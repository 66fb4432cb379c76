"""Messages that have names and no UIDs (UIDL of POP), each with an ordinal for good, in a series for each folder.

The journal knows them by these ordinals, which ascend in the order in which they were first seen and are never used
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy.dialects.sqlite import dialect

from tui_migrate.store.schema import ordinal as ordinal_table
from tui_migrate.uidset import chunks

_AT_ONCE = 500
"""Values that are asked for in one statement."""
_INSERT = str(insert(ordinal_table).compile(dialect=dialect()))
"""Rows go to the driver as they are: a folder may have a million, and each costs a third of what it costs otherwise."""


def give(connection: Connection, account_id: int, folder: bytes, names: Sequence[str]) -> tuple[int, list[int]]:
    """The series that these names belong to, and the ordinal of each; new names get the next ones, in their order.

    Names that are all new, where others were known, are of another series: the server has renamed what it has, as
    Dovecot does when UIDVALIDITY changes. Then the caller's knowledge of the ordinals before is void.
    """
    series, known, new = _sorted(connection, account_id, folder, names)
    if rows := [(account_id, folder, ordinal, series, name.encode()) for name, ordinal in new.items()]:
        connection.exec_driver_sql(_INSERT, rows)
    known |= new
    return series, [known[name] for name in names]


def give_some(connection: Connection, account_id: int, folder: bytes, names: Sequence[str]) -> tuple[int, list[int]]:
    """The same of a few of the names of a folder: they are of its series, also when all of them are new."""
    series, last = _latest(connection, account_id, folder)
    found = known(connection, account_id, folder, names)
    new = {name: last + number for number, name in enumerate(dict.fromkeys(n for n in names if n not in found), 1)}
    if rows := [(account_id, folder, ordinal, series, name.encode()) for name, ordinal in new.items()]:
        connection.exec_driver_sql(_INSERT, rows)
    found |= new
    return series, [found[name] for name in names]


def known(connection: Connection, account_id: int, folder: bytes, names: Iterable[str]) -> dict[str, int]:
    """The ordinals of those of these names that have one."""
    series, _ = _latest(connection, account_id, folder)
    mine = _mine(account_id, folder) & (ordinal_table.c.series == series)
    found: dict[str, int] = {}
    for some in chunks([name.encode() for name in names], _AT_ONCE):
        statement = select(ordinal_table.c.name, ordinal_table.c.ordinal).where(mine, ordinal_table.c.name.in_(some))
        found.update((row.name.decode(), row.ordinal) for row in connection.execute(statement))
    return found


def names(connection: Connection, account_id: int, folder: bytes, ordinals: Sequence[int]) -> dict[int, str]:
    """The names that have these ordinals."""
    found: dict[int, str] = {}
    for some in chunks(ordinals, _AT_ONCE):
        mine = _mine(account_id, folder) & ordinal_table.c.ordinal.in_(some)
        statement = select(ordinal_table.c.ordinal, ordinal_table.c.name).where(mine)
        found.update((row.ordinal, row.name.decode()) for row in connection.execute(statement))
    return found


def series_of(connection: Connection, account_id: int, folder: bytes) -> int:
    """The series that the names of a folder belong to, as far as anybody has seen them."""
    return _latest(connection, account_id, folder)[0]


def foresee(connection: Connection, account_id: int, folder: bytes, names: Sequence[str]) -> tuple[int, list[int]]:
    """What `give` would say now. Nothing is written: new names may have got other ordinals by the next time."""
    series, known, new = _sorted(connection, account_id, folder, names)
    known |= new
    return series, [known[name] for name in names]


def _sorted(
    connection: Connection, account_id: int, folder: bytes, names: Sequence[str]
) -> tuple[int, dict[str, int], dict[str, int]]:
    """The series, the ordinals of names that are known, and those that new names are to have."""
    series, last = _latest(connection, account_id, folder)
    mine = _mine(account_id, folder)
    statement = select(ordinal_table.c.name, ordinal_table.c.ordinal).where(mine, ordinal_table.c.series == series)
    known: dict[str, int] = {row.name.decode(): row.ordinal for row in connection.execute(statement)}
    if names and known and known.keys().isdisjoint(names):
        series, known = series + 1, {}
    new = (name for name in names if name not in known)
    return series, known, {name: last + number for number, name in enumerate(new, 1)}


def _mine(account_id: int, folder: bytes) -> ColumnElement[bool]:
    return (ordinal_table.c.account_id == account_id) & (ordinal_table.c.folder == folder)


def _latest(connection: Connection, account_id: int, folder: bytes) -> tuple[int, int]:
    """The latest series of a folder, and the highest ordinal in it."""
    mine = _mine(account_id, folder)
    highest = [  # each by itself: then it is found in an index
        select(func.max(column)).where(mine).scalar_subquery().label(column.name)
        for column in (ordinal_table.c.series, ordinal_table.c.ordinal)
    ]
    series, last = connection.execute(select(*highest)).one()
    return series or 1, last or 0
