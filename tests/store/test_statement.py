"""Statements that go to the driver: what is asked of them is what SQLAlchemy would do, and their errors are ours."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert, select, update

from tui_migrate.errors import NotFound, NotStorable, StoreUnusable
from tui_migrate.store.database import Database
from tui_migrate.store.schema import event
from tui_migrate.store.statement import OF, Statement, literals

ADD = Statement(lambda: insert(event))
SAY_MORE = Statement(lambda: update(event).where(event.c.id == OF).values(what=event.c.what + bindparam("more")))
SAID_BY = Statement(
    lambda: (
        select(event.c.id, event.c.who.label("by"))
        .where(event.c.who.in_(literals(["ann", "bob"])), event.c.at >= bindparam("since"))
        .order_by(event.c.id)
    )
)
ANN, BOB, CAS = ({"at": at, "who": who, "what": "hello"} for at, who in enumerate(("ann", "bob", "cas")))


def test_what_it_inserts_is_selected_with_the_values_that_are_part_of_it_and_those_of_each_use(
    database: Database,
) -> None:
    with database.write() as connection:
        assert ADD.insert(connection, **ANN) == 1
        ADD.run_each(connection, [CAS, BOB])
        ADD.run_each(connection, [])
        assert SAID_BY.rows(connection, since=0) == [(1, "ann"), (3, "bob")]
        assert SAID_BY.column(connection, since=1) == [3]
        assert [(row.id, row.by) for row in SAID_BY.named(connection, since=1)] == [(3, "bob")]


def test_columns_are_set_by_their_names_whichever_they_are(database: Database) -> None:
    with database.write() as connection:
        ADD.run(connection, **ANN)
        assert SAY_MORE.run(connection, of=1, more=", all") == 1
        assert SAY_MORE.run(connection, of=1, more=" of you", who="bob") == 1
        assert SAY_MORE.run(connection, of=2, more="") == 0
        row = connection.execute(select(event.c.who, event.c.what)).one()
    assert tuple(row) == ("bob", "hello, all of you")


def test_a_value_too_few_or_too_many_is_a_bug_that_is_seen(database: Database) -> None:
    with pytest.raises(StoreUnusable, match="value is required"), database.read() as connection:
        SAY_MORE.run(connection, of=1)
    with pytest.raises(AssertionError, match="colour"), database.read() as connection:
        SAY_MORE.run(connection, of=1, more="", colour="red")


def test_the_drivers_errors_are_told_as_any_other(database: Database) -> None:
    with pytest.raises(NotFound, match="has been deleted"), database.write() as connection:
        ADD.run(connection, **ANN, account_id=404)
    with pytest.raises(NotStorable, match="NOT NULL"), database.write() as connection:
        ADD.run(connection, at=1.0, who="ann", what=None)
    with database.read() as connection:
        assert SAID_BY.rows(connection, since=0) == []
