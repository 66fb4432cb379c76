"""The engine's writing thread: what it says is written is written, and nothing that it is given stops it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import NoReturn

import pytest
from sqlalchemy import Connection

from tui_migrate.errors import NotFound, StoreUnusable
from tui_migrate.store import accounts, events
from tui_migrate.store.database import GROUP, Database, Writer

Operation = Callable[[Connection], object]


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    opened = Writer(database)
    yield opened
    opened.close()


@contextmanager
def held_up(writer: Writer) -> Iterator[None]:
    """The writer is in the middle of a transaction until the block ends: what is submitted meanwhile waits together."""
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go_on.wait(120)

    held = writer.submit(hold)
    busy.wait(120)
    try:
        yield
    finally:
        go_on.set()
        held.result(30)


def say(what: str) -> Operation:
    return lambda connection: events.add(connection, "engine", what)


def said(database: Database) -> list[str]:
    """What a second connection sees, the oldest first."""
    with database.read() as connection:
        return [event.what for event in reversed(events.listing(connection))]


def unknown_account(connection: Connection) -> object:
    """An operation that fails after it has written something."""
    events.add(connection, "engine", "about to fail")
    return accounts.get(connection, 404)


def test_a_result_is_what_the_operation_returned(writer: Writer) -> None:
    assert writer.submit(lambda _: 42).result(30) == 42


def test_a_result_is_set_when_others_can_see_what_was_written(database: Database, writer: Writer) -> None:
    seen: list[list[str]] = []
    with held_up(writer):
        futures = [writer.submit(say(f"event {number}")) for number in range(3)]
        for future in futures:
            future.add_done_callback(lambda _: seen.append(said(database)))
    for future in futures:
        future.result(30)
    writer.close()
    assert seen == [["event 0", "event 1", "event 2"]] * 3


def test_what_is_done_survives_the_death_of_the_process(database: Database) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from tui_migrate.store import events\n"
        "from tui_migrate.store.database import Database, Writer; writer = Writer(Database(Path(sys.argv[1])))\n"
        "writer.submit(lambda connection: events.add(connection, 'engine', 'done')).result(30)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", code, database.path], capture_output=True, text=True, check=False)
    assert (died.returncode, died.stderr) == (-9, "")
    assert said(database) == ["done"]


def test_what_waits_together_is_one_transaction(database: Database, writer: Writer) -> None:
    def look(connection: Connection) -> tuple[int, int]:
        return len(events.listing(connection)), len(said(database))

    with held_up(writer):
        looks = []
        for number in range(3):
            writer.submit(say(f"event {number}"))
            looks.append(writer.submit(look))
    # Each sees what the others wrote before it, while nobody else sees any of it yet.
    assert [future.result(30) for future in looks] == [(1, 0), (2, 0), (3, 0)]
    assert said(database) == ["event 0", "event 1", "event 2"]


def test_more_than_a_group_is_written_in_order(database: Database, writer: Writer) -> None:
    with held_up(writer):
        futures = [writer.submit(say(str(number))) for number in range(2 * GROUP + 1)]
    for future in futures:
        future.result(30)
    with database.read() as connection:
        found = [int(event.what) for event in events.listing(connection, limit=10_000)]
    assert found == list(reversed(range(2 * GROUP + 1)))


def test_an_operation_that_fails_does_no_harm_to_its_neighbours(database: Database, writer: Writer) -> None:
    with held_up(writer):
        before = writer.submit(say("before"))
        bad = writer.submit(unknown_account)
        after = writer.submit(say("after"))
    before.result(30)
    after.result(30)
    with pytest.raises(NotFound, match="There is no account 404"):
        bad.result(30)
    assert said(database) == ["before", "after"]


def test_a_bug_in_an_operation_goes_to_the_one_who_asked(database: Database, writer: Writer) -> None:
    def bug(_: Connection) -> NoReturn:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        writer.submit(bug).result(30)
    writer.submit(say("still alive")).result(30)
    assert said(database) == ["still alive"]


def test_what_nobody_waits_for_any_more_is_not_written_and_does_not_stop_the_writer(
    database: Database, writer: Writer
) -> None:
    """An asyncio task that is cancelled cancels the future that it waits for."""
    with held_up(writer):
        first, second, third = (writer.submit(say(what)) for what in ("first", "second", "third"))
        assert second.cancel()
    first.result(30)
    third.result(30)
    with pytest.raises(CancelledError):
        second.result(30)
    assert said(database) == ["first", "third"]


def test_what_is_being_written_cannot_be_cancelled(database: Database, writer: Writer) -> None:
    mine: list[Future[bool]] = []

    def cancel_itself(connection: Connection) -> bool:
        events.add(connection, "engine", "written")
        return mine[0].cancel()

    with held_up(writer):
        mine.append(writer.submit(cancel_itself))
    assert mine[0].result(30) is False
    assert said(database) == ["written"]


def test_close_writes_what_waits_and_refuses_what_comes_later(database: Database, writer: Writer) -> None:
    with held_up(writer):
        futures = [writer.submit(say(f"event {number}")) for number in range(3)]
        closing = threading.Thread(target=writer.close)
        closing.start()
    closing.join(120)
    assert all(future.done() for future in futures)
    assert said(database) == ["event 0", "event 1", "event 2"]
    with pytest.raises(StoreUnusable, match="closed"):
        writer.submit(say("too late"))
    writer.close()


def test_many_threads_may_submit(database: Database, writer: Writer) -> None:
    def lane(number: int) -> None:
        for step in range(20):
            writer.submit(say(f"{number}.{step}")).result(30)

    lanes = [threading.Thread(target=lane, args=(number,)) for number in range(8)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join(120)
    assert sorted(said(database)) == sorted(f"{number}.{step}" for number in range(8) for step in range(20))
