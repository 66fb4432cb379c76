"""What lanes take to read: every message of a folder is in exactly one portion, whoever takes it and gives it back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.copying.portions import Portions, portions, weight
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import Listed, ListedFolder
from tui_migrate.uidset import UIDS

MOST = 500


def folder(name: str, messages: int, uidnext: int | None) -> ListedFolder:
    return ListedFolder(name.encode(), (name,), status=FolderStatus(messages, uidnext, 1))


@given(st.integers(0, 50_000), st.none() | st.integers(1, 1 << 32), st.booleans())
def test_the_ranges_of_a_folder_hold_every_uid_once(messages: int, uidnext: int | None, newest_first: bool) -> None:
    parts = portions(folder("a", messages, uidnext), MOST, newest_first)
    if parts == [folder("a", messages, uidnext)]:
        return
    spans = [part.uids or range(0) for part in parts]
    spans = spans[::-1] if newest_first else spans
    assert (spans[0].start, spans[-1].stop) == (1, UIDS.stop)
    assert all(before.stop == after.start for before, after in pairwise(spans))
    assert all(len(span) for span in spans)


def test_small_folders_and_those_without_numbers_are_read_in_one_go() -> None:
    for each in (folder("a", 2 * MOST, 5000), folder("a", 90_000, None), ListedFolder(b"a", ("a",))):
        assert portions(each, MOST) == [each]
    assert len(portions(folder("a", 20 * MOST, 90_000), MOST)) == 20


def test_the_first_lane_keeps_the_order_of_folders_and_others_take_from_the_largest() -> None:
    queue = Portions([[folder("INBOX", 5, 6)], portions(folder("big", 4000, 4001), MOST), [folder("c", 900, 901)]])
    names = [each.name for largest in (False, True, True, False) if (each := queue.take(largest))]
    assert names == [b"INBOX", b"big", b"big", b"big"]


@given(st.lists(st.integers(0, 3000), max_size=6), st.data())
def test_what_is_taken_and_given_back_is_still_given_once(sizes: list[int], data: st.DataObject) -> None:
    made = [portions(folder(str(number), size, size + 1), MOST) for number, size in enumerate(sizes)]
    queue = Portions(made)
    total = queue.left
    held: list[ListedFolder] = []
    for take in data.draw(st.lists(st.booleans(), max_size=30)):
        if take and (portion := queue.take(data.draw(st.booleans()))):
            held.append(portion)
        elif held:
            queue.put_back([held.pop()])
        assert queue.left + sum(map(weight, held)) == total
    while portion := queue.take(False):
        held.append(portion)
    key = [(each.name, str(each.uids)) for each in held]
    assert sorted(key) == sorted((each.name, str(each.uids)) for part in made for each in part)


def test_a_refused_folder_is_given_to_nobody() -> None:
    queue = Portions([portions(folder("big", 4000, 4001), MOST), [folder("c", 9, 10)]])
    taken = queue.take(True)
    assert taken is not None
    queue.drop(b"big")
    queue.put_back([taken])
    assert queue.take(True) == folder("c", 9, 10)
    assert queue.take(True) is None


def test_the_rest_of_a_portion_comes_before_the_next_one() -> None:
    first, *others = portions(folder("big", 1500, 1501), MOST)
    queue = Portions([[first, *others]])
    assert queue.take(False) == first
    rest = replace(first, chosen=(Listed(7, frozenset(), b"", None, 1),))
    queue.put_back([rest])
    assert [queue.take(True), queue.take(True)] == [rest, others[0]]
