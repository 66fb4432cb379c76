"""How the walk over a folder stands, whatever several lanes meet with at once."""

from __future__ import annotations

from itertools import permutations

import pytest

from tui_migrate.engine.copying.folder_walk import FolderWalk, WalkState
from tui_migrate.errors import MailboxInUse
from tui_migrate.mail.protocols import Listed, Listing


def listed(uid: int) -> Listed:
    return Listed(uid, frozenset(), b"", None, 1)


def listing(messages: int, exists: int, *, last: bool = True) -> Listing:
    return Listing(b"a", 7, [listed(uid) for uid in range(1, messages + 1)], last, exists)


@pytest.fixture
def walk() -> FolderWalk:
    walk = FolderWalk()
    walk.begin(2, 1)
    return walk


def test_a_walk_is_over_when_all_portions_are_read_and_all_windows_known(walk: FolderWalk) -> None:
    walk.open_window()
    walk.end_portion()
    walk.end_portion()
    assert (walk.state, walk.over) == (WalkState.READ, False)
    walk.close_window()
    assert walk.over


def test_what_is_given_back_is_read_yet(walk: FolderWalk) -> None:
    walk.end_portion()
    walk.end_portion()
    walk.add_portion()
    assert walk.state is WalkState.READING
    walk.end_portion()
    assert walk.over


def test_what_is_held_back_is_not_over_until_it_is_let_go(walk: FolderWalk) -> None:
    walk.doubt({3, 5})
    for uid in (5, 3):
        walk.hold(listed(uid))
    walk.end_portion()
    walk.end_portion()
    assert (walk.over, len(walk.held)) == (False, 2)
    walk.release(walk.held[0])
    assert [each.uid for each in walk.let_go()] == [3]
    assert (walk.over, len(walk.doubtful)) == (True, 0)


ENDS = [*permutations((WalkState.AGAIN, WalkState.FAILED, WalkState.CUT, WalkState.POSTPONED))]


@pytest.mark.parametrize("ends", ENDS)
def test_of_several_ends_the_weightiest_holds_in_any_order(walk: FolderWalk, ends: tuple[WalkState, ...]) -> None:
    why = MailboxInUse("In use.")
    for end in ends:
        walk.end(end, why if end is WalkState.POSTPONED else None)
    walk.end_portion()
    walk.end_portion()
    assert (walk.state, walk.why, walk.over) == (WalkState.POSTPONED, why, False)


@pytest.mark.parametrize("end", [WalkState.FAILED, WalkState.CUT, WalkState.POSTPONED])
def test_what_has_ended_a_walk_outlasts_its_next_beginning(walk: FolderWalk, end: WalkState) -> None:
    walk.end(end)
    walk.begin(1, 1)
    walk.add_portion()
    walk.end_portion()
    walk.end_portion()
    assert walk.state is end


def test_parts_that_do_not_add_up_are_walked_over_again_as_a_whole(walk: FolderWalk) -> None:
    assert not walk.take_listing(listing(3, 10))
    assert walk.take_listing(listing(4, 9))
    assert (walk.state, walk.listed, walk.uidvalidity) == (WalkState.AGAIN, 7, 7)
    walk.begin(1, 1)
    assert walk.take_listing(listing(7, 9)), "a whole that is short is another's finding"
    assert walk.state is WalkState.READING


def test_no_message_is_sent_below_what_has_arrived_or_was_there(walk: FolderWalk) -> None:
    walk.note_arrival([4, 9, 5])
    walk.note_arrival([2])
    assert walk.low_uid == 10
    walk.begin(1, 40)
    assert walk.low_uid == 40
    walk.begin(1, 12)
    assert walk.low_uid == 40
