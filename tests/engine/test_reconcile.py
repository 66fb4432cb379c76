"""After any end: what was in flight has arrived or it has not, whatever the server tells and whoever else writes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.engine.copying import recover
from tui_migrate.mail.looking import FolderStatus, Present
from tui_migrate.mail.message import Head
from tui_migrate.model import Fingerprint, Signs
from tui_migrate.model.journal import Claims, Entry, Window
from tui_migrate.timing import USUAL

LENGTHS = {b"b1": 100, b"b2": 100, b"b3": 250}
Stored = tuple[Fingerprint, frozenset[str]]


@dataclass
class Shelf:
    """A destination folder, as `Look` shows it. `changes` are messages that come one at each look at the numbers."""

    messages: dict[int, Stored] = field(default_factory=dict)
    changes: int = 0
    looks: int = 0

    def numbers(self, folders: Sequence[bytes]) -> dict[bytes, FolderStatus]:
        self.looks += 1
        number = min(self.looks, self.changes)
        return dict.fromkeys(folders, FolderStatus(number, number + 1, 1))

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        found = [(uid, *each) for uid, each in sorted(self.messages.items()) if uid >= low_uid]
        return [Present(uid, print_.length, print_.instant, flags) for uid, print_, flags in found]

    def headers(self, folder: bytes, uids: Sequence[int]) -> dict[int, bytes]:
        return {uid: self.messages[uid][0].header for uid in uids}

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        return {uid: Head(print_, b"of 0.1", Signs()) for uid, print_ in self.headers(folder, uids).items()}

    def fingerprints(self, folder: bytes, uids: Sequence[int]) -> dict[int, Fingerprint]:
        return {uid: self.messages[uid][0] for uid in uids}


fingerprints = st.builds(
    lambda header, body, instant: Fingerprint(LENGTHS[body], instant, header, body),
    st.sampled_from([b"h1", b"h2"]),
    st.sampled_from(sorted(LENGTHS)),
    st.sampled_from([1000, 2000]),
)

messages = st.tuples(fingerprints, st.sampled_from([frozenset(), frozenset({"\\Seen"})]))


@dataclass
class History:
    """Windows of one folder, and what became of them."""

    windows: list[Window]
    shelf: Shelf
    arrived: Counter[Hashable]
    """Of open windows."""


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Windows that have arrived and told UIDs, or have not told them, or are open and have arrived in part."""
    shelf, windows, arrived = Shelf(), [], Counter[Hashable]()
    uidplus = draw(st.booleans())
    source_uid = destination_uid = 0
    for number in range(draw(st.integers(1, 4))):
        low, done, entries = destination_uid + 1 if uidplus else 1, draw(st.booleans()), []
        for print_, flags in draw(st.lists(messages, min_size=1, max_size=6)):
            source_uid += 1
            there = done or draw(st.booleans())
            if there:
                destination_uid += draw(st.integers(1, 2))
                shelf.messages[destination_uid] = (print_, flags)
                arrived[print_, flags] += not done
            entries.append(Entry(source_uid, print_, flags, destination_uid if done and uidplus else None))
        if draw(st.booleans()):  # a stranger's message
            destination_uid += 1
            shelf.messages[destination_uid] = (Fingerprint(100, 1000, b"h9", b"b9"), frozenset())
        windows.append(Window(number, done, low, 0.0, tuple(entries)))
    return History(windows, shelf, +arrived)


@given(histories(), st.booleans())
def test_what_has_arrived_is_found_and_nothing_else(history: History, told: bool) -> None:
    uidnext = max(history.shelf.messages, default=0) + 1 if told else 1
    result = recover.reconcile(history.shelf, b"x", history.windows, uidnext)
    check(history, result)


@given(histories())
def test_a_new_uidvalidity_makes_no_difference(history: History) -> None:
    moved = Shelf({uid + 1000: each for uid, each in history.shelf.messages.items()})
    windows = [recover.unplaced(window) for window in history.windows]
    check(history, recover.reconcile(moved, b"x", windows, 0))


def check(history: History, result: dict[int, list[Entry]]) -> None:
    """Done windows stay whole; of the open ones exactly those have arrived that have."""
    claimed: list[int] = []
    found = Counter[Hashable]()
    for window in history.windows:
        entries = result.get(window.id, list(window.entries))
        assert {entry.uid for entry in entries} <= {entry.uid for entry in window.entries}
        assert len(entries) == len(window.entries) or not window.done
        claimed += [entry.destination_uid for entry in entries if entry.destination_uid is not None]
        if not window.done:
            found.update((entry.fingerprint, entry.flags) for entry in entries)
    assert found == history.arrived
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize(("low", "others_low", "there"), [(1, 4, 2), (4, 1, 8)])
@pytest.mark.parametrize("rewritten", [False, True])
def test_of_two_equal_messages_of_two_sources_none_is_taken_for_one_that_was_there_before_it_was_sent(
    low: int, others_low: int, there: int, rewritten: bool
) -> None:
    """Whichever of both asks, and whose was sent first: else one of them is sent once more."""
    print_ = Fingerprint(100, 1000, b"h1", b"b1", Signs(b"<id>", b"topic", b"trace", b"text"))
    shelf = Rewriting() if rewritten else Shelf()
    shelf.messages = {uid: (print_, frozenset[str]()) for uid in (2, 8)}
    mine = Window(1, False, low, 0.0, (Entry(5, print_, frozenset()),))
    others = Claims(waiting=(replace(mine, id=2, low_uid=others_low),))
    (entry,) = recover.reconcile(shelf, b"x", [mine], 9, others)[1]
    assert entry.destination_uid == there


class Rewriting(Shelf):
    """Its headers are other ones than they were."""

    def heads(self, folder: bytes, uids: Sequence[int]) -> dict[int, Head]:
        signs = {uid: self.messages[uid][0].signs for uid in uids}
        return {uid: Head(b"other", b"of 0.1", each or Signs()) for uid, each in signs.items()}


def test_a_folder_in_which_nothing_came_is_not_read() -> None:
    window = Window(1, False, 7, 0.0, (Entry(1, Fingerprint(1, 1, b"h", b"b"), frozenset()),))
    assert recover.reconcile(Unreadable(), b"x", [window], 7) == {1: []}


class Unreadable(Shelf):
    """Nobody may look."""

    def listing(self, folder: bytes, low_uid: int = 1) -> list[Present]:
        raise AssertionError


class Naps:
    """A clock that goes on in naps alone, in the place of the module `time`."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def nap(self, seconds: float) -> bool:
        self.now += seconds
        return False


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Naps:
    clock = Naps()
    monkeypatch.setattr(recover, "time", clock)
    return clock


def test_a_destination_that_still_works_is_waited_for(naps: Naps) -> None:
    shelf = Shelf(changes=20)
    assert recover.settle(shelf, [b"x"], naps.now, naps.nap, USUAL) == {b"x": FolderStatus(20, 21, 1)}


def test_a_busy_folder_is_not_waited_for_without_end(naps: Naps) -> None:
    shelf = Shelf(changes=1 << 60)
    assert recover.settle(shelf, [b"x"], naps.now, naps.nap, USUAL)[b"x"].messages == shelf.looks


def test_what_was_sent_long_ago_is_not_waited_for(naps: Naps) -> None:
    shelf = Shelf(changes=1 << 60)
    recover.settle(shelf, [b"x"], naps.now - 2 * USUAL.long_ago, naps.nap, USUAL)
    assert shelf.looks == 1


def test_a_stop_is_heard_while_waiting() -> None:
    with pytest.raises(recover.Interrupted):
        recover.settle(Shelf(), [b"x"], time.monotonic(), lambda _: True, USUAL)
