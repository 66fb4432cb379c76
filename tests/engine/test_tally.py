"""The numbers of a running pass add up, whatever the admin decides meanwhile."""

from __future__ import annotations

from tui_migrate.engine.copying.tally import PassTally
from tui_migrate.model import Counts

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
