"""Messages that the admin does not want: counted as excluded, listed no more, remembered while they are there."""

from __future__ import annotations

import pytest

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.model import Counts, Scope
from tui_migrate.model.failures import Place
from tui_migrate.model.progress import Tally
from tui_migrate.store import accounts, events, journal, progress
from tui_migrate.store.database import Database


@pytest.fixture
def failed(database: Database, account_id: int, folder_id: int) -> list[int]:
    """Ids of the failures of messages 7, 8 and 9, of the folder and of the account; two of ten messages arrived."""
    with database.write() as connection:
        for uid in (7, 8, 9):
            events.record_failure(connection, samples.failure(account_id, folder_id, uid))
        events.record_failure(connection, samples.failure(account_id, folder_id))
        events.record_failure(connection, samples.failure(account_id))
        tally = Tally(Counts(10, 6, 1, 0, 0, 3), 100, 60)
        progress.save_account(connection, account_id, tally, (0.0, 0.0))
        progress.save_folders(connection, {folder_id: tally})
        return [each.id for each in events.failures(connection)]


def skip(database: Database, ids: list[int]) -> dict[int, dict[str, list[int]]]:
    with database.write() as connection:
        return events.skip(connection, ids)


def counts(database: Database, account_id: int) -> list[Counts]:
    """Of the account and its folders."""
    with database.read() as connection:
        folders = progress.folder_progress(connection, account_id)
        return [accounts.get(connection, account_id).counts, *(each.counts for each in folders)]


def test_a_skipped_message_counts_as_excluded(
    database: Database, account_id: int, folder_id: int, failed: list[int]
) -> None:
    assert skip(database, failed[:2]) == {account_id: {"INBOX": [7, 8]}}
    assert counts(database, account_id) == [Counts(10, 6, 1, 2, 0, 1)] * 2
    with database.read() as connection:
        assert [each.uid for each in events.failures(connection)] == [9, None, None]
        assert events.skipped(connection, account_id) == {folder_id: {7, 8}}


def test_skipping_again_changes_nothing(database: Database, account_id: int, failed: list[int]) -> None:
    skip(database, failed[:1])
    assert skip(database, failed[:1]) == {}
    assert skip(database, [4711]) == {}
    assert counts(database, account_id) == [Counts(10, 6, 1, 1, 0, 2)] * 2


def test_only_messages_can_be_skipped(database: Database, account_id: int, failed: list[int]) -> None:
    assert skip(database, failed[3:]) == {}
    assert counts(database, account_id) == [Counts(10, 6, 1, 0, 0, 3)] * 2
    with database.read() as connection:
        assert len(events.failures(connection)) == 5


def test_a_message_that_failed_in_two_ways_is_one_message(
    database: Database, account_id: int, folder_id: int, failed: list[int]
) -> None:
    with database.write() as connection:
        events.record_failure(connection, samples.failure(account_id, folder_id, 7, kind="over quota"))
    assert skip(database, failed[:1]) == {account_id: {"INBOX": [7]}}
    assert counts(database, account_id) == [Counts(10, 6, 1, 1, 0, 2)] * 2
    with database.read() as connection:
        assert [each.uid for each in events.failures(connection)] == [8, 9, None, None]


def test_what_this_pass_has_not_tried_yet_leaves_no_number_below_zero(
    database: Database, account_id: int, folder_id: int, failed: list[int]
) -> None:
    with database.write() as connection:
        progress.begin_pass(connection, account_id, 0.0)
    skip(database, failed)
    assert counts(database, account_id) == [Counts()] * 2


def test_thousands_are_skipped_at_once(database: Database, account_id: int, folder_id: int) -> None:
    with database.write() as connection:
        samples.like_old_sqlite(connection)
        for uid in range(1, 1202):
            events.record_failure(connection, samples.failure(account_id, folder_id, uid))
        ids = [each.id for each in events.failures(connection)]
        assert events.skip(connection, ids) == {account_id: {"INBOX": list(range(1, 1202))}}
        assert events.failures(connection) == []


def test_a_skipped_message_is_remembered_while_it_is_there(
    database: Database, account_id: int, folder_id: int, failed: list[int]
) -> None:
    skip(database, failed[:2])
    with database.write() as connection:
        events.resolve_folder(connection, folder_id, {8})
        assert events.skipped(connection, account_id) == {folder_id: {8}}
        assert [each.scope for each in events.failures(connection)] == [Scope.ACCOUNT]


def test_where_failed_messages_lie(database: Database, account_id: int, folder_id: int, failed: list[int]) -> None:
    with database.write() as connection:
        sent = save_folder(connection, account_id, (b"Sent", b"Sent"), ("Sent", "Sent")).id
        journal.set_validity(connection, sent, 99, 1)
        events.record_failure(connection, samples.failure(account_id, sent, 3))
        newest = events.failures(connection)[-1].id
        assert events.places(connection, [newest, failed[1], *failed[3:]]) == [
            Place(failed[1], account_id, b"INBOX", 0, 8),
            Place(newest, account_id, b"Sent", 99, 3),
        ]
