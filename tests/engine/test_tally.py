"""The numbers of a running pass add up, whatever the admin decides meanwhile."""

from __future__ import annotations

from tui_migrate.engine.copying.tally import PassTally
from tui_migrate.model import Counts
from tui_migrate.model.progress import Tally

INBOX, SENT = 1, 2


def test_what_is_skipped_while_it_runs_counts_as_excluded_once() -> None:
    tally = PassTally()
    tally.put(INBOX, listed=10)
    tally.add(INBOX, copied=6, excluded=1)
    for uid in (7, 8, 9):
        tally.fail(INBOX, uid)
    for _ in range(2):
        tally.exclude({INBOX: {7, 8, 4711}, SENT: {9}})
        assert tally.total().counts == Counts(10, 6, 0, 3, 0, 1)
    assert tally.folders()[INBOX].counts == Counts(10, 6, 0, 3, 0, 1)


def test_what_fails_after_it_was_skipped_counts_as_excluded_too() -> None:
    tally = PassTally()
    tally.exclude({INBOX: {7}})
    tally.fail(INBOX, 7)
    tally.exclude({INBOX: {7}})
    assert tally.total().counts == Counts(excluded=1)


def test_a_new_walk_begins_from_nothing() -> None:
    tally = PassTally()
    tally.fail(INBOX, 7)
    tally.reset()
    tally.exclude({INBOX: {7}})
    assert tally.total().counts == Counts()


def test_what_an_interrupted_walk_had_found_stands_until_it_is_found_again() -> None:
    tally = PassTally()
    tally.put(INBOX, listed=230)
    tally.add(INBOX, copied=158, bytes_copied=9000)
    tally.again()
    tally.put(INBOX, listed=230)
    assert tally.total() == Tally(Counts(230, 158), 0, 9000)
    tally.add(INBOX, copied=100, bytes_copied=5000)
    assert tally.folders()[INBOX].counts == Counts(230, 158)
    tally.add(INBOX, copied=60, bytes_copied=4500)
    assert tally.total() == Tally(Counts(230, 160), 0, 9500)


def test_a_folder_that_was_listed_has_the_numbers_of_today() -> None:
    tally = PassTally()
    tally.again({INBOX: Tally(Counts(10, 8), 0, 0), SENT: Tally(Counts(5, 5), 0, 0)})
    tally.put(INBOX, listed=6)
    tally.add(INBOX, copied=6)
    tally.found(INBOX)
    tally.keep_only({INBOX})
    assert tally.total().counts == Counts(6, 6)


def test_what_stood_and_fails_now_adds_up() -> None:
    tally = PassTally()
    tally.again({INBOX: Tally(Counts(10, 8), 0, 0), SENT: Tally(Counts(5, 2), 0, 0)})
    tally.fail_rest(INBOX)
    assert tally.folders()[INBOX].counts == Counts(10, 8, failed=2)
    tally.fail_all()
    assert tally.total().counts == Counts(15, 10, failed=5)


def test_only_folders_that_have_changed_are_put_on_record() -> None:
    tally = PassTally()
    tally.put(INBOX, listed=10)
    tally.put(SENT, listed=5)
    changed, changes = tally.unsaved()
    assert changed == {INBOX: Tally(Counts(10), 0, 0), SENT: Tally(Counts(5), 0, 0)}
    tally.add(SENT, copied=1)  # while they are written
    tally.saved(changes)
    assert tally.unsaved()[0] == {SENT: Tally(Counts(5, 1), 0, 0)}


def test_what_was_not_written_is_put_on_record_the_next_time() -> None:
    tally = PassTally()
    tally.put(INBOX, listed=10)
    tally.unsaved()
    assert [*tally.unsaved()[0]] == [INBOX]
