"""Statements that are made once and go to the database's driver as they are.

SQLAlchemy takes some 200 µs to make a common statement anew, to find what it was compiled to, and to wrap what it
returns; 40 µs where it was made before. The driver takes 4.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Delete, Insert, Select, Update, bindparam, literal
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

OF: BindParameter[Any] = bindparam("of")
"""The id of what a statement is about."""


class _Form(NamedTuple):
    """A statement as a database's driver takes it."""

    text: str
    order: Sequence[str]
    """The names of its values, in the order in which the driver takes them."""
    fixed: Mapping[str, object]
    """The values that are part of the statement."""


class Statement:
    """A statement in SQLAlchemy's expressions with the names of values (`bindparam`), compiled once for each kind of
    database.

    A value that is called as a column that the statement inserts or updates is put there, as
    `Connection.execute(statement, values)` does it. Values go to the driver, and come back from it, as they are: as
    all types of the schema do. The values of an `IN` are part of it, as `literals`. The driver's parameters are
    positional.
    """

    def __init__(self, make: Callable[[], Select[Any] | Insert | Update | Delete]) -> None:
        """`make` is called at the first use: most starts of the program use few of its statements."""
        self._make = make
        self._forms: dict[tuple[str, ...], _Form] = {}

    @cached_property
    def _statement(self) -> Select[Any] | Insert | Update | Delete:
        return self._make()

    @cached_property
    def _row(self) -> Callable[[Iterable[Any]], Any]:
        """Makes a row of which the values can be asked for by the names of their columns."""
        assert isinstance(self._statement, Select)
        row: Any = namedtuple("Row", self._statement.selected_columns.keys())  # type: ignore[misc]
        return row._make

    def run(self, connection: Connection, **values: object) -> int:
        """Carry it out. Returns how many rows it has changed."""
        return self._executed(connection, values).rowcount

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Carry it out with each of these values, of the same names."""
        if rows:
            form = self._form(connection, rows[0])
            connection.connection.cursor().executemany(form.text, [_parameters(form, values) for values in rows])

    def insert(self, connection: Connection, **values: object) -> int:
        """Insert a row. Returns the id that the database has given to it."""
        cursor = self._executed(connection, values)
        told = cursor.fetchone() if cursor.description else None  # by the database, where its driver does not tell
        return int(told[0] if told else cursor.lastrowid)

    def rows(self, connection: Connection, **values: object) -> list[tuple[Any, ...]]:
        """What it selects."""
        return list(self._executed(connection, values).fetchall())

    def named(self, connection: Connection, **values: object) -> Iterator[Any]:
        """What it selects, read row by row, each value by the name of its column."""
        return map(self._row, iter(self._executed(connection, values).fetchone, None))

    def column(self, connection: Connection, **values: object) -> list[Any]:
        """The first value of each row that it selects."""
        return [row[0] for row in self._executed(connection, values).fetchall()]

    def _executed(self, connection: Connection, values: Mapping[str, object]) -> DBAPICursor:
        form = self._form(connection, values)
        cursor = connection.connection.cursor()
        cursor.execute(form.text, _parameters(form, values))
        return cursor

    def _form(self, connection: Connection, values: Mapping[str, object]) -> _Form:
        key = (connection.dialect.name, *values)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = self._compiled(connection, values)
        return form

    def _compiled(self, connection: Connection, values: Mapping[str, object]) -> _Form:
        compiled = self._statement.compile(dialect=connection.dialect, column_keys=[*values])
        assert isinstance(compiled, SQLCompiler)
        assert compiled.positiontup is not None
        order = compiled.positiontup
        known = compiled.construct_params(dict(values))  # raises where one is missing
        assert values.keys() <= {*order}, f"nothing is called {values.keys() - {*order}} in {compiled}"
        return _Form(compiled.string, order, {name: known[name] for name in order if name not in values})


def literals(values: Iterable[object]) -> list[BindParameter[Any]]:
    """Values for `IN`: SQLAlchemy makes text of a plain list only when it is carried out."""
    return [literal(each) for each in values]


def _parameters(form: _Form, values: Mapping[str, object]) -> list[object]:
    every = {**form.fixed, **values} if form.fixed else values
    return [every[name] for name in form.order]
