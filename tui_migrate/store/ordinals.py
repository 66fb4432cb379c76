"""Messages that have names and no UIDs (UIDL of POP), each with an ordinal for good, in a series for each folder.

The journal knows them by these ordinals, which ascend in the order in which they were first seen and are never used
again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.sqlite import dialect

from tui_migrate.store.schema import ordinal as ordinal_table

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


def foresee(connection: Connection, account_id: int, folder: bytes, names: Sequence[str]) -> tuple[int, list[int]]:
    """What `give` would say now. Nothing is written: new names may have got other ordinals by the next time."""
    series, known, new = _sorted(connection, account_id, folder, names)
    known |= new
    return series, [known[name] for name in names]


def _sorted(
    connection: Connection, account_id: int, folder: bytes, names: Sequence[str]
) -> tuple[int, dict[str, int], dict[str, int]]:
    """The series, the ordinals of names that are known, and those that new names are to have."""
    mine = (ordinal_table.c.account_id == account_id) & (ordinal_table.c.folder == folder)
    columns = func.max(ordinal_table.c.series), func.max(ordinal_table.c.ordinal)
    series, last = connection.execute(select(*columns).where(mine)).one()
    statement = select(ordinal_table.c.name, ordinal_table.c.ordinal).where(mine, ordinal_table.c.series == series)
    known: dict[str, int] = {row.name.decode(): row.ordinal for row in connection.execute(statement)}
    series, last = series or 1, last or 0
    if names and known and known.keys().isdisjoint(names):
        series, known = series + 1, {}
    new = (name for name in names if name not in known)
    return series, known, {name: last + number for number, name in enumerate(new, 1)}
